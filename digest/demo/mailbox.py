"""A mail server on loopback that accepts everything and keeps it: the demo's receiving end.

SMTP as far as a careful client goes (RFC 5321, with PIPELINING, 8BITMIME, SIZE and SMTPUTF8), without
relaying, without authentication, on 127.0.0.1 only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from socketserver import StreamRequestHandler
from typing import cast

from digest.demo.loopback import Loopback

MOST_OCTETS = 10_000_000
LINE_OCTETS = 2048
MOST_RECIPIENTS = 100
ADDRESS = re.compile(r"^(FROM|TO):\s*<([^<>\s]*)>(.*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it came: the envelope, and the bytes with line ends CR LF."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


Keep = Callable[[Mail], None]
"""Keeps a mail before it is acknowledged; an ``OSError`` from it refuses the mail for now (452)."""


class Mailbox(Loopback):
    """The mail server, on a port of loopback while the ``with`` block runs.

    ``mails`` holds what was accepted, in order.
    """

    protocol = "SMTP"

    def __init__(self, keep: Keep | None = None, *, port: int = 0) -> None:
        self.mails: list[Mail] = []
        self._keep = keep
        super().__init__(Session, port=port)

    def accept(self, mail: Mail) -> int:
        """Keep a mail and return its number."""
        with self.lock:
            if self._keep:
                self._keep(mail)
            self.mails.append(mail)
            return len(self.mails)


class Session(StreamRequestHandler):
    """One SMTP session. Replies to pipelined commands one by one, in order."""

    timeout = 60
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.greeted = False
        self._reset()

    def _reset(self) -> None:
        self.sender: str | None = None
        self.recipients: list[str] = []

    def handle(self) -> None:
        try:
            self._reply("220 sample mailbox ESMTP")
            while line := self.rfile.readline(LINE_OCTETS + 1):
                if len(line) > LINE_OCTETS:
                    self._skip_line(line)
                    self._reply("500 5.5.2 line too long")
                elif not self._obey(line):
                    return
        except (ConnectionError, TimeoutError):
            return  # the client is gone; what was not acknowledged is the client's to send again

    def _skip_line(self, start: bytes) -> None:
        """Read on to the end of a line that is too long, so that its rest is not taken for a command."""
        while start and not start.endswith(b"\n"):
            start = self.rfile.readline(LINE_OCTETS)

    def _obey(self, line: bytes) -> bool:
        """Do one command; ``False`` ends the session."""
        verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
        commands: dict[str, Callable[[str], str]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": lambda _: "250 2.0.0 nothing done",
            "VRFY": lambda _: "252 2.5.0 send mail to find out",
            "QUIT": lambda _: "221 2.0.0 bye",
        }
        command = commands.get(verb.upper())
        self._reply(command(rest.strip()) if command else "500 5.5.2 unknown command")
        return verb.upper() != "QUIT"

    def _reply(self, text: str) -> None:
        self.wfile.write(text.replace("\n", "\r\n").encode() + b"\r\n")

    def _ehlo(self, _: str) -> str:
        self._helo(_)
        return (
            "250-sample mailbox\n250-PIPELINING\n250-8BITMIME\n250-SMTPUTF8\n250-ENHANCEDSTATUSCODES\n"
            f"250 SIZE {MOST_OCTETS}"
        )

    def _helo(self, _: str) -> str:
        self.greeted = True
        self._reset()
        return "250 sample mailbox"

    def _rset(self, _: str) -> str:
        self._reset()
        return "250 2.0.0 forgotten"

    def _mail(self, rest: str) -> str:
        match = ADDRESS.match(rest)
        if not self.greeted:
            return "503 5.5.1 EHLO first"
        if self.sender is not None:
            return "503 5.5.1 one MAIL at a time"
        if not match or match[1].upper() != "FROM":
            return "501 5.5.4 MAIL FROM:<address>"
        size = re.search(r"\bSIZE=(\d+)", match[3], re.IGNORECASE)
        if size and int(size[1]) > MOST_OCTETS:
            return "552 5.3.4 the mail is too large"
        self.sender = match[2]
        return "250 2.1.0 sender accepted"

    def _rcpt(self, rest: str) -> str:
        match = ADDRESS.match(rest)
        if self.sender is None:
            return "503 5.5.1 MAIL first"
        if not match or match[1].upper() != "TO" or not match[2]:
            return "501 5.5.4 RCPT TO:<address>"
        if len(self.recipients) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        self.recipients.append(match[2])
        return "250 2.1.5 recipient accepted"

    def _data(self, _: str) -> str:
        if not self.recipients or self.sender is None:
            return "503 5.5.1 RCPT first"
        self._reply("354 end with a line that holds one dot")
        content = self._content()
        mail = Mail(self.sender, tuple(self.recipients), content or b"")
        self._reset()
        if content is None:
            return "552 5.3.4 the mail is too large"
        try:
            number = cast("Mailbox", self.server).accept(mail)
        except OSError as error:
            return f"452 4.3.1 the mail cannot be kept: {error.strerror}"
        return f"250 2.0.0 kept as number {number}"

    def _content(self) -> bytes | None:
        """The mail up to the single dot, dots unstuffed; ``None`` when it is larger than allowed.

        Only CR LF ends a line, so that a dot between bare line feeds neither ends the mail nor is
        unstuffed. Raises ``ConnectionError`` when the connection ends before: such a mail is not kept.
        """
        pieces: list[bytes] = []
        octets, tail = 0, b"\r\n"
        while (piece := self.rfile.readline(LINE_OCTETS)) != b".\r\n" or tail != b"\r\n":
            if not piece:
                raise ConnectionError("the connection ended inside a mail")
            octets += len(piece)
            if octets <= MOST_OCTETS:
                pieces.append(piece.removeprefix(b".") if tail == b"\r\n" else piece)
            tail = (tail + piece)[-2:]
        return b"".join(pieces) if octets <= MOST_OCTETS else None


def html_of(mail: Mail) -> str:
    """The HTML part of a mail; empty when it has none."""
    part = message_from_bytes(mail.content, policy=policy.default).get_body(("html",))
    return str(part.get_content()) if part else ""


def write(mail: Mail, folder: Path, stem: str) -> tuple[Path, ...]:
    """Leave a mail as ``STEM.eml`` and, if it has an HTML part, ``STEM.html``. Returns the files."""
    files = {folder / f"{stem}.eml": mail.content}
    if html := html_of(mail):
        files[folder / f"{stem}.html"] = html.encode()
    for path, content in files.items():
        path.write_bytes(content)
    return tuple(files)
