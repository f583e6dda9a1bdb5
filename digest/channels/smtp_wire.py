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

LONGEST_LINE = 4096
MOST_LINES = 200
ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:@]+(?=@[\w\[])")
"""The part before the @: what makes an address in a server's words a person's."""
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
    """A connection to a server, plain or encrypted."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = bytearray()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    @classmethod
    def connect(cls, host: str, port: int, seconds: float) -> Wire:
        """Raises ``WireError`` naming the reason."""
        try:
            return cls(socket.create_connection((host, port), seconds))
        except OSError as error:
            raise WireError(f"no connection to {host}:{port}: {_words(error)}") from error

    def encrypt(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Go on encrypted. Raises ``WireError``, also for words that came before the handshake."""
        if self._buffer:
            raise WireError("the server spoke between its answer to STARTTLS and the handshake")
        self._socket.settimeout(seconds)
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise WireError(f"the certificate of {host} is not valid: {error.verify_message}") from error
        except OSError as error:
            raise WireError(f"no encryption with {host}: {_words(error)}") from error

    def send(self, data: bytes, seconds: float) -> None:
        """Raises ``WireError``: then nobody knows how much of it went out."""
        self._socket.settimeout(seconds)
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise WireError(f"the connection broke: {_words(error)}") from error

    def reply(self, seconds: float) -> Reply:
        """The next whole reply. Raises ``WireError`` when none comes in time."""
        deadline = time.monotonic() + seconds
        lines: list[str] = []
        for _ in range(MOST_LINES):
            line = self._line(deadline)
            code, mark, text = line[:3], line[3:4], line[4:]
            if not code.isdigit() or mark not in {"", " ", "-"}:
                raise WireError("the server does not speak SMTP")
            lines.append(text)
            if mark != "-":
                return Reply(int(code), " ".join(lines) if int(code) != 250 else "\n".join(lines))
        raise WireError("the server's reply has no end")

    def _line(self, deadline: float) -> str:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise WireError("the server's reply has no end")
            self._receive(deadline)
        line = self._buffer[:end].decode("utf-8", "replace")
        del self._buffer[: end + 1]
        return line.rstrip("\r")

    def _receive(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise WireError("no answer in time")
        self._socket.settimeout(left)
        try:
            data = self._socket.recv(4096)
        except TimeoutError as error:
            raise WireError("no answer in time") from error
        except OSError as error:
            raise WireError(f"the connection broke: {_words(error)}") from error
        if not data:
            raise WireError("the server closed the connection")
        self._buffer += data

    def interrupted(self) -> bool:
        """Whether the server spoke or hung up unasked: the last look before the point of no return."""
        if self._buffer:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | select.POLLHUP | select.POLLERR)
        if not poll.poll(0):
            return False
        return self._heard()

    def _heard(self) -> bool:
        self._socket.settimeout(0)
        try:
            self._buffer += self._socket.recv(4096)
        except (BlockingIOError, ssl.SSLWantReadError):  # a TLS record of its own, such as a ticket
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        """Close without a word. Never raises."""
        self._socket.close()


def _words(error: OSError) -> str:
    """The reason without an address of a host: ``Connection refused``."""
    return error.strerror or type(error).__name__
