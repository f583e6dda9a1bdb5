"""A real SMTP server for tests: it pipelines, encrypts, logs in, and fails exactly where it is told to.

Every accepted message is logged with the moment of acceptance, before the answer goes out.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

CUT = "cut"
"""Close the connection without an answer."""
STALL = "stall"
"""Say nothing any more, until the relay ends."""

Fault = Callable[[str, str], str | None]
"""Given a phase (``greeting``, ``EHLO``, ``STARTTLS``, ``AUTH``, ``MAIL``, ``RCPT``, ``DATA``, ``content``,
``dot``, ``QUIT``) and its argument, returns a reply to give instead of consent, ``CUT``, ``STALL``, or
``None``. At ``content`` only ``CUT`` counts: in the middle of the message. ``dot:after`` is asked once
the message is accepted: what it says becomes of the answer only."""


def no_fault(_phase: str, _argument: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message as it was accepted, and when (``time.monotonic``, the same clock for all processes)."""

    at: float
    recipient: str
    sender: str
    body: bytes
    hello: str = ""


@dataclass
class Relay:
    """An SMTP server on loopback. ``slow`` seconds pass between each acceptance and its answer."""

    fault: Fault = no_fault
    abilities: tuple[str, ...] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")
    slow: float = 0.0
    keep_bodies: bool = True
    log: Path | None = None
    tls: ssl.SSLContext | None = None
    accepted: list[Accepted] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    logins: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    inject: bytes = b""
    heard: set[str] = field(default_factory=set)
    address: str = "127.0.0.1"

    def __enter__(self) -> Self:
        self._socket = socket.create_server((self.address, 0))
        self.port: int = self._socket.getsockname()[1]
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            for peer in self._open:
                with contextlib.suppress(OSError):
                    peer.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def bodies(self, recipient: str) -> list[bytes]:
        return [one.body for one in self.accepted if one.recipient == recipient]

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(peer)
                self.most_at_once = max(self.most_at_once, len(self._open))
            thread = threading.Thread(target=self._talk, args=(peer,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, peer: socket.socket) -> None:
        try:
            Conversation(self, peer).hold()
        except (OSError, EOFError):
            pass
        finally:
            with self._lock:
                self._open.discard(peer)
            peer.close()

    def take(self, message: Accepted) -> None:
        with self._lock:
            self.accepted.append(message if self.keep_bodies else replace(message, body=b""))
            self.heard.add(message.hello)
            if self.log:
                line = [message.at, message.recipient, message.body.decode("latin-1")]
                with self.log.open("a") as file:
                    file.write(json.dumps(line) + "\n")


class Conversation:
    """One connection."""

    def __init__(self, relay: Relay, peer: socket.socket) -> None:
        self.relay = relay
        self.peer = peer
        self.file = peer.makefile("rb")
        self.sender = ""
        self.recipient = ""
        self.hello = ""
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def hold(self) -> None:
        self.answer("greeting", "", "220 relay.test ESMTP")
        while line := self.file.readline():
            text = line.decode("utf-8", "replace").strip()
            with self.relay._lock:
                self.relay.lines.append(text)
            word, _, rest = text.partition(" ")
            handler = getattr(self, f"on_{word.lower()}", None)
            if handler is None:
                self.say("502 5.5.1 what?")
            else:
                handler(rest)

    def say(self, reply: str) -> None:
        self.peer.sendall(f"{reply}\r\n".encode())

    def answer(self, phase: str, argument: str, consent: str) -> bool:
        """Answer a phase; whether it was consent."""
        what = self.relay.fault(phase, argument)
        if what == CUT:
            with contextlib.suppress(OSError):
                self.peer.shutdown(socket.SHUT_RDWR)
            raise EOFError
        if what == STALL:
            self.relay._stop.wait()
            raise EOFError
        self.say(what or consent)
        if what and what.startswith("421"):
            with contextlib.suppress(OSError):
                self.peer.shutdown(socket.SHUT_RDWR)
            raise EOFError
        return what is None

    def on_ehlo(self, rest: str) -> None:
        self.hello = rest
        lines = ["relay.test", *self.relay.abilities]
        text = "\r\n".join(f"250{'-' if n < len(lines) - 1 else ' '}{line}" for n, line in enumerate(lines))
        self.answer("EHLO", rest, text)

    def on_helo(self, rest: str) -> None:
        self.answer("HELO", rest, "250 relay.test")

    def on_starttls(self, rest: str) -> None:
        if self.answer("STARTTLS", rest, "220 2.0.0 go on"):
            assert self.relay.tls is not None
            if self.relay.inject:
                self.peer.sendall(self.relay.inject)
                time.sleep(0.05)
            self.peer = self.relay.tls.wrap_socket(self.peer, server_side=True)
            self.file = self.peer.makefile("rb")

    def on_auth(self, rest: str) -> None:
        if rest.upper() == "LOGIN":
            self.say("334 VXNlcm5hbWU6")
            name = base64.b64decode(self.file.readline())
            self.say("334 UGFzc3dvcmQ6")
            secret = base64.b64decode(self.file.readline())
            given = (name + b":" + secret).decode()
        else:
            given = base64.b64decode(rest.partition(" ")[2]).decode().strip("\0").replace("\0", ":")
        if self.answer("AUTH", given, "235 2.7.0 welcome"):
            self.relay.logins.append(given)

    def on_mail(self, rest: str) -> None:
        if self.sender:
            self.say("503 5.5.1 nested MAIL")
        elif self.answer("MAIL", rest, "250 2.1.0 ok"):
            self.sender = rest.partition("<")[2].partition(">")[0]

    def on_rcpt(self, rest: str) -> None:
        recipient = rest.partition("<")[2].partition(">")[0]
        if not self.sender:
            self.say("503 5.5.1 MAIL first")
        elif self.answer("RCPT", recipient, "250 2.1.5 ok"):
            self.recipient = recipient

    def on_data(self, _rest: str) -> None:
        if not self.recipient and self.relay.fault("lenient", "") is None:
            self.say("554 5.5.1 no valid recipients")
        elif self.answer("DATA", self.recipient, "354 go on"):
            self.take_content()

    def take_content(self) -> None:
        if self.relay.fault("content", self.recipient) == CUT:
            self.file.readline()
            with contextlib.suppress(OSError):
                self.peer.shutdown(socket.SHUT_RDWR)
            raise EOFError
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                raise EOFError  # cut before the dot: nothing is accepted
            lines.append(line[1:] if line.startswith(b".") else line)
        recipient, sender, self.recipient, self.sender = self.recipient, self.sender, "", ""
        what = self.relay.fault("dot", recipient)
        if what is not None:
            self.relay_answer(what)
            return
        self.relay.take(Accepted(time.monotonic(), recipient, sender, b"".join(lines), self.hello))
        if self.relay.slow:
            time.sleep(self.relay.slow)
        self.answer("dot:after", recipient, "250 2.0.0 Ok: queued as ABC123")

    def relay_answer(self, what: str) -> None:
        if what in {CUT, STALL}:
            self.answer("dot", "", "")
        self.say(what)
        if what.startswith("421"):
            raise EOFError

    def on_rset(self, rest: str) -> None:
        self.sender = self.recipient = ""
        self.answer("RSET", rest, "250 2.0.0 ok")

    def on_quit(self, rest: str) -> None:
        self.answer("QUIT", rest, "221 2.0.0 bye")
        raise EOFError
