"""The wire of SMTP: whole replies and whole writes, each within a deadline of its phase.

A deadline covers the whole phase, so a server that sends one byte now and then cannot hold it.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache

LONGEST_LINE = 4096
MOST_LINES = 200
ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:@]+(?=@[\w\[])")
"""The part before the @: what makes an address in a server's words a person's."""
WOULD_WAIT = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
CODE = re.compile(r"[0-9]{3}")
ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")


class WireError(Exception):
    """The connection cannot be used any more: refused, cut, silent past its deadline, or no SMTP."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the server. ``enhanced`` is RFC 3463's code, empty where none is given."""

    code: int
    text: str

    @property
    def enhanced(self) -> str:
        found = ENHANCED.match(self.text)
        return found.group(1) if found else ""

    @property
    def kind(self) -> int:
        """The first digit: 2 and 3 are consent, 4 is not now, 5 is no."""
        return self.code // 100

    def without(self, *secrets: str) -> Reply:
        """The reply, with what a server repeats of our secrets left out."""
        text = self.text
        for secret in filter(None, secrets):
            text = text.replace(secret, "…")
        return Reply(self.code, text)

    def __str__(self) -> str:
        """As it may be logged and stored: servers name the addressee, we do not."""
        return ADDRESS.sub("…", f"{self.code} {self.text}".strip())


class Wire:
    """A connection to a server, plain or encrypted; it never waits but in ``_wait``."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._unread = b""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._watch()

    def _watch(self) -> None:
        """From now on nothing on the socket waits by itself: what must, asks these."""
        self._socket.settimeout(0)
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(self._socket, select.POLLIN)
        self._writable.register(self._socket, select.POLLOUT)

    @classmethod
    def connect(cls, host: str, port: int, seconds: float) -> Wire:
        """Raises ``WireError`` naming the reason."""
        try:
            return cls(socket.create_connection((host, port), seconds))
        except OSError as error:
            raise WireError(f"no connection to {host}:{port}: {_words(error)}") from error

    def encrypt(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Go on encrypted. Raises ``WireError``, also for words that came before the handshake."""
        if self._unread:
            raise WireError("the server spoke between its answer to STARTTLS and the handshake")
        self._socket.settimeout(seconds)
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise WireError(f"the certificate of {host} is not valid: {error.verify_message}") from error
        except OSError as error:
            raise WireError(f"no encryption with {host}: {_words(error)}") from error
        self._watch()

    def send(self, data: bytes | memoryview, seconds: float) -> None:
        """Raises ``WireError``: then nobody knows how much of it went out."""
        deadline = time.monotonic() + seconds
        rest = memoryview(data)
        while rest:
            rest = rest[self._send_some(rest, deadline) :]

    def _send_some(self, data: memoryview, deadline: float) -> int:
        try:
            return self._socket.send(data)
        except WOULD_WAIT as error:
            self._wait(
                self._readable if isinstance(error, ssl.SSLWantReadError) else self._writable, deadline
            )
            return 0
        except OSError as error:
            raise WireError(f"the connection broke: {_words(error)}") from error

    def take(self, *pieces: bytes) -> int:
        """Send what the connection takes at once, without waiting; return how many bytes that was.

        Raises ``WireError``: then it took none of them. Encrypted it takes none: of a record that went out
        in part nobody could say that.
        """
        if isinstance(self._socket, ssl.SSLSocket):
            return 0
        try:
            return self._socket.sendmsg(pieces)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise WireError(f"the connection broke: {_words(error)}") from error

    def reply(self, seconds: float) -> Reply:
        """The next whole reply. Raises ``WireError`` when none comes in time."""
        deadline = time.monotonic() + seconds
        spoken: list[str] = []
        for _ in range(MOST_LINES):
            reply, last = _understood(self._line(deadline))
            if last and not spoken:
                return reply
            spoken.append(reply.text)
            if last:
                return Reply(reply.code, (" " if reply.code != 250 else "\n").join(spoken))
        raise WireError("the server's reply has no end")

    def _line(self, deadline: float) -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > LONGEST_LINE:
                raise WireError("the server's reply has no end")
            self._receive(deadline)
        line, self._unread = self._unread[:end], self._unread[end + 1 :]
        return line

    def _receive(self, deadline: float) -> None:
        if not self._decrypted():
            self._wait(self._readable, deadline)
        try:
            data = self._socket.recv(4096)
        except WOULD_WAIT as error:
            if isinstance(error, ssl.SSLWantWriteError):
                self._wait(self._writable, deadline)
            return
        except OSError as error:
            raise WireError(f"the connection broke: {_words(error)}") from error
        if not data:
            raise WireError("the server closed the connection")
        self._unread += data

    def _decrypted(self) -> int:
        """How many bytes lie ready behind the encryption, of which the socket itself knows no more."""
        return self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0

    def _wait(self, until: select.poll, deadline: float) -> None:
        """Raises ``WireError`` when the deadline comes first.

        What lies there already counts even then: whoever was stopped for a while was not left unanswered.
        """
        left = max(deadline - time.monotonic(), 0.0)
        if not until.poll(left * 1000):
            raise WireError("no answer in time")

    def interrupted(self) -> bool:
        """Whether the server spoke or hung up unasked: the last look before the point of no return."""
        return bool(self._unread) or (bool(self._readable.poll(0)) and self._heard())

    def _heard(self) -> bool:
        try:
            self._unread += self._socket.recv(4096)
        except WOULD_WAIT:  # a TLS record of its own, such as a ticket
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        """Close without a word. Never raises."""
        self._socket.close()


@lru_cache(maxsize=256)
def _understood(line: bytes) -> tuple[Reply, bool]:
    """A line as a reply, and whether it is the reply's last. A server says the same things all day.

    Raises ``WireError`` for one that is no SMTP.
    """
    text = line.decode("utf-8", "replace").rstrip("\r")
    code, mark = text[:3], text[3:4]
    if not CODE.fullmatch(code) or mark not in {"", " ", "-"}:
        raise WireError("the server does not speak SMTP")
    return Reply(int(code), text[4:]), mark != "-"


def _words(error: OSError) -> str:
    """The reason without an address of a host: ``Connection refused``."""
    return error.strerror or type(error).__name__
