"""The form of a mail: one recipient, headers that cannot be broken into, two parts of equal content.

The standard library's ``EmailMessage`` would turn a header token longer than a line into encoded words,
which makes ``List-Unsubscribe`` unreadable (CPython issue 85725); headers are therefore written here,
and folded only where they hold words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache

from digest.errors import ConfigError, DeliveryError

CRLF = b"\r\n"
MAX_ADDRESS = 254
_ATOM = r"[^\s\x00-\x20\x7f-\xa0()<>\[\]:;@\\,.\"\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})*")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_MAILBOX = re.compile(r"([^<>]*)<([^<>]+)>")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def one_address(text: str) -> str:
    """``text`` if it is exactly one plain address, else ``DeliveryError``, which does not repeat it.

    Lists, groups, comments, quoted local parts, blanks and controls are refused: in a header a comma
    would add a recipient. A domain in another script is written in its ASCII form.
    """
    if len(text) > MAX_ADDRESS or _ADDRESS.fullmatch(text) is None:
        raise DeliveryError(
            "the address is not one plain mail address", remedy="correct or remove the subscriber"
        )
    if text.isascii():
        return text
    local, _, domain = text.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise DeliveryError(
            "the address has an impossible domain", remedy="correct the subscriber"
        ) from error


def mailbox(text: str, key: str) -> tuple[str, str]:
    """Name and address of a configured ``Name <address>``; ``ConfigError`` names the key."""
    found = _MAILBOX.fullmatch(text.strip())
    name, address = (found[1].strip().strip('"'), found[2]) if found else ("", text.strip())
    try:
        return name, one_address(address)
    except DeliveryError:
        raise ConfigError(
            f"{key}: {text!r} is no mail address", remedy="write it as Name <name@example.org>"
        ) from None


def phrase(name: str) -> str:
    """A display name for an address header."""
    if not name:
        return ""
    if _PLAIN_NAME.fullmatch(name):
        return name
    if name.isascii():
        return '"' + re.sub(r'(["\\])', r"\\\1", _BREAKS.sub(" ", name)) + '"'
    return words("", name)


@lru_cache(maxsize=4096)
def words(header: str, text: str) -> str:
    """Unstructured text for a header: as it is, or as encoded words folded one to a line.

    Neighbouring encoded words always have a blank between them; one large provider refuses mail
    without (CPython issue 144156).
    """
    text = _BREAKS.sub(" ", text)
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=74, header_name=header or "From").encode(linesep="\r\n")


def bracketed(message_id: str) -> str:
    """A Message-ID with its angle brackets, whoever made it."""
    return message_id if message_id.startswith("<") else f"<{message_id}>"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the mails are from: header values, made once from the settings."""

    sender: str
    address: str
    list_id: str
    reply_to: str = ""

    def headers(self) -> list[tuple[str, str]]:
        reply = [("Reply-To", self.reply_to)] if self.reply_to else []
        return [("From", self.sender), *reply]


@dataclass(frozen=True, slots=True)
class Heading:
    """The headers of one mail that are its own."""

    to: str
    subject: str
    message_id: str
    date: datetime
    extra: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=64)
def _date(moment: datetime) -> str:
    return format_datetime(moment)


def head(identity: Identity, heading: Heading) -> list[tuple[str, str]]:
    """The header fields of a mail, in order. Every mail says that no person wrote it (RFC 3834)."""
    return [
        ("Date", _date(heading.date)),
        *identity.headers(),
        ("To", one_address(heading.to)),
        ("Subject", words("Subject", heading.subject)),
        ("Message-ID", bracketed(heading.message_id)),
        *heading.extra,
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("MIME-Version", "1.0"),
    ]


def list_headers(identity: Identity, one_click: str, mailto: str, page: str) -> tuple[tuple[str, str], ...]:
    """The headers of RFC 2369, 2919 and 8058: one https address, one mailto, never folded."""
    return (
        ("List-Unsubscribe", f"<{one_click}>, <{mailto_url(mailto)}>" if mailto else f"<{one_click}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", identity.list_id),
        ("List-Archive", f"<{page}>"),
    )


def mailto_url(address: str) -> str:
    return address if address.startswith("mailto:") else f"mailto:{address}"


def boundary(message_id: str) -> bytes:
    """A boundary that no quoted-printable text can hold: ``=_`` is no encoding of anything."""
    return b"=_" + hashlib.sha256(message_id.encode()).hexdigest()[:24].encode()


class Lines(bytes):
    """A mail known to be made of whole lines: each ends with CRLF, and nowhere else is CR or LF.

    Looking for them in 40 kB costs as much as writing the mail; what is written here has none.
    """


def whole_lines(data: bytes) -> bytes:
    """``data`` with every line end as CRLF, the last one included."""
    if data.count(b"\n") != data.count(b"\r") or _LONE_RETURN.search(data):
        data = _LINE_END.sub(CRLF, data)
    return data if data.endswith(CRLF) else data + CRLF


def _part(kind: bytes) -> bytes:
    return (
        b"\r\nContent-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        % kind
    )


_PLAIN, _HTML = _part(b"plain"), _part(b"html")


def assemble(
    fields: list[tuple[str, str]], line: bytes, text: Iterable[bytes], html: Iterable[bytes]
) -> Lines:
    """A ``multipart/alternative`` mail, plain text first; each part in pieces encoded by ``quoted``."""
    content = ("Content-Type", f'multipart/alternative; boundary="{line.decode()}"')
    block = "".join([f"{name}: {value}\r\n" for name, value in [*fields, content]]).encode()
    pieces = (
        *(whole_lines(block), b"\r\n--", line, _PLAIN, *text),
        *(b"\r\n--", line, _HTML, *html, b"\r\n--", line, b"--\r\n"),
    )
    return Lines(b"".join(pieces))
