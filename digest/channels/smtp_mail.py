"""One mail on the wire: its envelope, its content made safe, and what a server cannot take. Pure."""

from __future__ import annotations

import re

from digest.channels.mime import Lines, whole_lines
from digest.channels.smtp_session import Session
from digest.model import Message, Refused

LEADING_DOT = re.compile(rb"\n\.")
UNSAFE = re.compile(r"[\s<>\x00-\x1f\x7f]")


def content(body: bytes) -> bytes:
    """The body with CRLF line ends and doubled leading dots (RFC 5321 section 4.5.2)."""
    if not isinstance(body, Lines):
        body = whole_lines(body)
    if LEADING_DOT.search(body):  # looking first costs a third of replacing nothing
        body = body.replace(b"\r\n.", b"\r\n..")
    return b"." + body if body.startswith(b".") else body


def envelope(message: Message, envelope_from: str, session: Session) -> tuple[bytes, bytes, bytes]:
    """MAIL, RCPT and DATA for a message that suits the session."""
    options = ""
    if session.largest is not None:
        options += f" SIZE={len(message.body)}"
    if not message.body.isascii():
        options += " BODY=8BITMIME"
    recipient = _recipient(message.address)
    if not recipient.isascii():
        options += " SMTPUTF8"
    sender = message.bounce_address or envelope_from
    return (
        f"MAIL FROM:<{sender}>{options}\r\n".encode(),
        f"RCPT TO:<{recipient}>\r\n".encode(),
        b"DATA\r\n",
    )


def _recipient(address: str) -> str:
    """The address with its domain in ASCII where that is possible."""
    if address.isascii():
        return address
    name, _, domain = address.rpartition("@")
    try:
        return f"{name}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def unsuitable(message: Message, session: Session) -> Refused | None:
    """Why this server cannot take this message; another might, so the address is not at fault."""
    if UNSAFE.search(message.address) or "@" not in message.address:
        return Refused("this is not one plain address", "5.1.3", suspend=True)
    if session.largest is not None and len(message.body) > session.largest:
        return Refused(
            f"the server takes {session.largest} bytes, the message has {len(message.body)}", "5.3.4"
        )
    if not _recipient(message.address).isascii() and "SMTPUTF8" not in session.abilities:
        return Refused("the server takes no addresses outside ASCII", "5.6.7")
    if not message.body.isascii() and "8BITMIME" not in session.abilities:
        return Refused("the server takes no 8-bit mail", "5.6.3")
    return None
