"""Cleans what came before it is stored: nothing past this door can break mail, Postgres or a page. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_UNSTORABLE = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tab, line feed, carriage return
    "\u200b\u2060\ufeff"  # zero-width: invisible in a title, poison for matching
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the reading direction of what follows
    "\ud800-\udfff"  # lone surrogates
    "\ufdd0-\ufdef\ufffe\uffff"  # noncharacters
    "]"
)
_ASCII_CONTROLS = bytes([*range(32), 127])
_TEX_ESCAPES = re.compile(r"\\([%&$#_])")
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"\\^`{|}]+\Z", re.IGNORECASE)
_VERSION = re.compile(r"(\d{4}\.\d{4,5}|[a-z][a-z.-]*/\d{7})v\d+\Z", re.IGNORECASE)
_USUAL_ID = re.compile(r"[0-9]{4}\.[0-9]{4,5}\Z")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+()@-]*\Z")

LONGEST_ID = 64
LONGEST_ADDRESS = 2_000


def storable(text: str) -> str:
    """``text`` as it came, without the characters that no store, mail or page can hold safely."""
    return text if _printable(text.replace("\n", " ")) else _UNSTORABLE.sub("", text)


def _printable(flat: str) -> bool:
    """``flat.isprintable()``; nearly every text is ASCII, of which the few others are struck out faster."""
    if not flat.isascii():
        return flat.isprintable()
    return len(flat.encode("ascii").translate(None, _ASCII_CONTROLS)) == len(flat)


def line(text: str) -> str:
    """One line: NFC, every run of blanks and breaks one space.

    >>> line(" Towards  Parity\\n  Translation ")
    'Towards Parity Translation'
    """
    flat = text.replace("\n", " ")
    return _collapsed(flat if _printable(flat) else " ".join(storable(text).split()))


def _collapsed(flat: str) -> str:
    """``line`` of a text whose only blanks are spaces."""
    while "  " in flat:
        flat = flat.replace("  ", " ")
    found = flat.strip(" ")
    return found if found.isascii() else unicodedata.normalize("NFC", found)


def lines(texts: Sequence[str]) -> Sequence[str]:
    """``line`` of each. Looked at together first: nearly always there is nothing to do.

    Raises ``TypeError`` for what is no text.
    """
    together = ", ".join(texts)
    plain = _printable(together) and " ," not in together and _collapsed(together) == together
    return texts if plain else [line(text) for text in texts]


def prose(text: str) -> str:
    r"""A title or abstract: one line, with TeX's escapes of plain signs undone (``\%`` becomes ``%``).

    Half-stripped LaTeX stays as it came: it cannot be put right without guessing.
    """
    return _without_escapes(line(text))


def storable_and_prose(text: str) -> tuple[str, str]:
    """Both forms of a title or abstract; looked at once, which is where the time of a page goes."""
    flat = text.replace("\n", " ")
    if _printable(flat):
        return text, _without_escapes(_collapsed(flat))
    return storable(text), prose(text)


def _without_escapes(text: str) -> str:
    return _TEX_ESCAPES.sub(r"\1", text) if "\\" in text else text


def web_address(text: str) -> str:
    """``text`` if it is an http(s) address fit for a link, else nothing."""
    stripped = text.strip()
    fits = len(stripped) <= LONGEST_ADDRESS and _WEB_ADDRESS.match(stripped) and stripped.isprintable()
    return stripped if fits else ""


def paper_id(text: str) -> str | None:
    """The id as text, without arXiv's prefix and version; ``None`` for what cannot be one.

    Old ids with a slash and ids of other archives are accepted.

    >>> paper_id("arXiv:2503.02130v2")
    '2503.02130'
    """
    if _USUAL_ID.match(text):
        return text
    bare = text.strip()
    if bare[:6].lower() == "arxiv:":
        bare = bare[6:]
    versioned = _VERSION.match(bare)
    found = versioned.group(1) if versioned else bare
    fits = len(found) <= LONGEST_ID and _ID.match(found) and ".." not in found and "//" not in found
    return found if fits else None
