"""A session with an SMTP server: greeting, encryption, login; what the server can do.

Never a downgrade: where encryption is asked for and cannot be had, or a login would go in clear,
the session does not come about.
"""

from __future__ import annotations

import base64
import re
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from digest.channels.smtp_wire import Reply, Wire, WireError
from digest.config import LOOPBACK
from digest.model import Faulty

SIZE = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes our mail, and how long each phase may take, in seconds.

    ``hello`` is the name we greet with. ``final_dot_seconds`` is long: a server may be slow to
    answer after it has taken a message, and giving up there makes copies (RFC 5321: 10 minutes).
    """

    host: str
    port: int = 25
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    hello: str = "localhost"
    messages_per_connection: int = 500
    connect_seconds: float = 30
    command_seconds: float = 120
    final_dot_seconds: float = 600


class NoSession(Exception):
    """A session did not come about; ``outcome`` says so for everybody."""

    def __init__(self, outcome: Faulty) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(slots=True)
class Session:
    """An open session. ``abilities`` are the server's EHLO keywords with their parameters.

    ``used`` counts final dots; ``offered`` says that the next message's envelope is on its way.
    """

    relay: Relay
    wire: Wire
    abilities: dict[str, str]
    used: int = 0
    offered: bool = False

    @property
    def pipelining(self) -> bool:
        return "PIPELINING" in self.abilities

    @property
    def largest(self) -> int | None:
        """The largest message the server takes, in bytes, if it says so."""
        told = self.abilities.get("SIZE", "")
        return int(told) if SIZE.fullmatch(told) and int(told) > 0 else None

    def close(self) -> None:
        """Say goodbye; what the server answers changes nothing that was accepted."""
        try:
            self.wire.send(b"QUIT\r\n", 1.0)
            self.wire.reply(1.0)
        except WireError:
            pass
        self.wire.close()


def open_session(relay: Relay) -> Session:
    """Connect, greet, encrypt, log in. Raises ``NoSession``."""
    try:
        wire = Wire.connect(relay.host, relay.port, relay.connect_seconds)
    except WireError as error:
        raise NoSession(Faulty(str(error), "connect")) from error
    try:
        return _negotiate(relay, wire)
    except WireError as error:
        wire.close()
        raise NoSession(Faulty(str(error), "connect")) from error
    except NoSession:
        wire.close()
        raise


def _negotiate(relay: Relay, wire: Wire) -> Session:
    if relay.security == "tls":
        wire.encrypt(_context(relay.ca_file), relay.host, relay.connect_seconds)
    _expect(wire.reply(relay.command_seconds), 2, "the greeting")
    abilities = _greet(relay, wire)
    if relay.security == "starttls":
        if "STARTTLS" not in abilities:
            raise NoSession(Faulty("the server offers no STARTTLS; nothing is sent in clear", "starttls"))
        _expect(_command(relay, wire, "STARTTLS"), 2, "STARTTLS")
        wire.encrypt(_context(relay.ca_file), relay.host, relay.connect_seconds)
        abilities = _greet(relay, wire)
    if relay.username:
        _log_in(relay, wire, abilities)
    return Session(relay, wire, abilities)


@lru_cache(maxsize=8)
def _context(ca_file: Path | None) -> ssl.SSLContext:
    """Made once: reading the system's authorities takes 30 ms."""
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:
        raise NoSession(Faulty(f"email.ca_file cannot be read: {error.strerror}", "starttls")) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _command(relay: Relay, wire: Wire, line: str) -> Reply:
    wire.send(f"{line}\r\n".encode("ascii"), relay.command_seconds)
    return wire.reply(relay.command_seconds)


def _expect(reply: Reply, kind: int, what: str) -> Reply:
    if reply.kind != kind:
        raise NoSession(Faulty(f"{what} was refused: {reply}", reply.enhanced or str(reply.code)))
    return reply


def _greet(relay: Relay, wire: Wire) -> dict[str, str]:
    reply = _command(relay, wire, f"EHLO {relay.hello}")
    if reply.kind == 5:  # a server from before 2001: no abilities
        _expect(_command(relay, wire, f"HELO {relay.hello}"), 2, "HELO")
        return {}
    _expect(reply, 2, "EHLO")
    words = [line.split(None, 1) for line in reply.text.split("\n")[1:] if line.strip()]
    return {word[0].upper(): word[1] if len(word) > 1 else "" for word in words}


def _log_in(relay: Relay, wire: Wire, abilities: dict[str, str]) -> None:
    """PLAIN, else LOGIN; both only inside encryption. The secret is in no error."""
    if relay.security == "none" and relay.host not in LOOPBACK:
        raise NoSession(Faulty("a login would go in clear; set email.security", "auth"))
    offered = abilities.get("AUTH", "").upper().split()
    if "PLAIN" in offered:
        plain = _b64(f"\0{relay.username}\0{relay.password}")
        steps = [(f"AUTH PLAIN {plain}", 2)]
    elif "LOGIN" in offered:
        steps = [("AUTH LOGIN", 3), (_b64(relay.username), 3), (_b64(relay.password), 2)]
    else:
        raise NoSession(Faulty("the server offers no login by PLAIN or LOGIN", "auth"))
    for line, wanted in steps:
        reply = _command(relay, wire, line)
        _expect(reply.without(line.split()[-1], relay.password, _b64(relay.password)), wanted, "the login")


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
