"""Where returned mails wait: a Maildir, a mailbox by IMAP. Each is marked seen once it is dealt with."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.config import LOOPBACK
from digest.errors import ConfigError, DeliveryError

SECONDS = 60
"""Longest wait for one answer of an IMAP server."""
LARGEST = 600_000
"""Bytes fetched of one mail; a report stands at its beginning."""


def maildir(path: Path) -> Iterator[bytes]:
    """Unseen mails of a Maildir, each marked seen when the next is asked for.

    A mail whose handling fails stays unseen. Raises ``ConfigError`` for a folder that is none.
    """
    if not (path / "new").is_dir() or not (path / "cur").is_dir():
        raise ConfigError(f"{path} is no Maildir", remedy="name the folder that holds new/ and cur/")
    for file in sorted([*(path / "new").iterdir(), *(path / "cur").iterdir()]):
        name, _, flags = file.name.partition(":2,")
        if "S" in flags or file.name.startswith("."):
            continue
        with file.open("rb") as opened:
            yield opened.read(LARGEST)
        file.rename(path / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}")


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """A mailbox at a server. ``security`` is ``tls``, ``starttls`` or, on loopback only, ``none``."""

    host: str
    port: int
    username: str
    password: str
    folder: str = "INBOX"
    security: str = "tls"

    def __repr__(self) -> str:
        return f"ImapAccount({self.host}:{self.port}, hidden)"


def imap(account: ImapAccount) -> Iterator[bytes]:
    """Unseen mails of a folder, each marked seen when the next is asked for.

    Raises ``DeliveryError`` when the server cannot be reached or refuses; never signs in without
    encryption except on loopback.
    """
    try:
        with _open(account) as server:
            server.login(account.username, account.password)
            _sound(server.select(_quoted(account.folder)), "select the folder")
            found = _sound(server.uid("SEARCH", "UNSEEN"), "search the folder")
            for number in (found[0] or b"").split():
                yield _fetch(server, number.decode())
                _sound(server.uid("STORE", number.decode(), "+FLAGS", "(\\Seen)"), "mark a mail")
    except (OSError, imaplib.IMAP4.error) as error:
        raise DeliveryError(
            f"the mailbox at {account.host} cannot be read: {type(error).__name__}",
            remedy="check the [bounces] settings and the server's log",
        ) from error


def _open(account: ImapAccount) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if account.security == "tls":
        return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=context, timeout=SECONDS)
    server = imaplib.IMAP4(account.host, account.port, timeout=SECONDS)
    if account.security == "starttls":
        server.starttls(context)
    elif account.host not in LOOPBACK:
        server.shutdown()
        raise ConfigError("bounces.imap_security: no password goes unencrypted", remedy="use tls or starttls")
    return server


def _fetch(server: imaplib.IMAP4, number: str) -> bytes:
    data = _sound(server.uid("FETCH", number, f"(BODY.PEEK[]<0.{LARGEST}>)"), "fetch a mail")
    return next((bytes(piece[1]) for piece in data if isinstance(piece, tuple)), b"")


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _sound(answer: tuple[str, list[Any]], what: str) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"could not {what}")
    return data
