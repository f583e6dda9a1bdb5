"""Cleans what came before it is stored: nothing past this door can break mail, Postgres or a page. Pure."""

from __future__ import annotations

import re
import unicodedata

_UNSTORABLE = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters but tab, line feed, carriage return
    "\u200b\u2060\ufeff"  # zero-width: invisible in a title, poison for matching
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the reading direction of what follows
    "\ud800-\udfff"  # lone surrogates
    "\ufdd0-\ufdef\ufffe\uffff"  # noncharacters
    "]"
)
_TEX_ESCAPES = re.compile(r"\\([%&$#_])")
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"\\^`{|}]+\Z", re.IGNORECASE)
_VERSION = re.compile(r"(\d{4}\.\d{4,5}|[a-z][a-z.-]*/\d{7})v\d+\Z", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+()@-]*\Z")

LONGEST_ID = 64
LONGEST_ADDRESS = 2_000


def storable(text: str) -> str:
    """``text`` as it came, without the characters that no store, mail or page can hold safely."""
    return (
        text if text.isprintable() else _UNSTORABLE.sub("", text)
    )  # nearly all is, and that is quick to see


def line(text: str) -> str:
    """One line: NFC, every run of blanks and breaks one space.

    >>> line(" Towards  Parity\\n  Translation ")
    'Towards Parity Translation'
    """
    plain = text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " "
    joined = text if plain else " ".join(storable(text).split())
    return joined if joined.isascii() else unicodedata.normalize("NFC", joined)


def prose(text: str) -> str:
    r"""A title or abstract: one line, with TeX's escapes of plain signs undone (``\%`` becomes ``%``).

    Half-stripped LaTeX stays as it came: it cannot be put right without guessing.
    """
    found = line(text)
    return _TEX_ESCAPES.sub(r"\1", found) if "\\" in found else found


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
    bare = text.strip()
    if bare[:6].lower() == "arxiv:":
        bare = bare[6:]
    versioned = _VERSION.match(bare)
    found = versioned.group(1) if versioned else bare
    fits = len(found) <= LONGEST_ID and _ID.match(found) and ".." not in found and "//" not in found
    return found if fits else None
