"""Quoted-printable in pieces: forms whose fixed text is encoded once and whose slots are filled many times.

Each encoded piece begins and ends in column 0, with a soft line break where the text has none, so that
pieces joined together are the encoding of the texts joined together (RFC 2045, section 6.7). Pure.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

SOFT = b"=\r\n"
LONGEST = 75
"""Characters before the soft break's ``=``, which is the 76th and last allowed."""

_LINE_END = re.compile("\r\n?")
_SLOT = re.compile("\ue000(\\w+)\ue001")


def quoted(text: str) -> bytes:
    """The encoding of ``text``, whole lines only; every line end becomes CRLF, and there is no other."""
    if len(text) <= 2 * LONGEST and text.isascii() and text.isprintable() and "=" not in text:
        if len(text) > LONGEST:
            return text[:LONGEST].encode() + SOFT + text[LONGEST:].encode() + SOFT
        return text.encode() + SOFT if text else b""
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    raw = b2a_qp(text.encode()).replace(b"\n", b"\r\n")
    if raw.endswith(b"\n") or not raw:
        return raw
    last = len(raw) - (raw.rfind(b"\n") + 1)
    if last <= LONGEST:
        return raw + SOFT
    keep = -3 if raw[-3:-2] == b"=" else -1
    return raw[:keep] + SOFT + raw[keep:] + SOFT


@lru_cache(maxsize=1024)
def quoted_often(text: str) -> bytes:
    """``quoted``, remembered: for the few texts that stand in every mail, such as a score."""
    return quoted(text)


def slot(name: str) -> str:
    """The place of a value in a form's text. Private characters: ``clean`` text never holds them."""
    return f"\ue000{name}\ue001"


@dataclass(frozen=True, slots=True)
class Form:
    """Encoded text with slots: ``pieces`` is the text around them, one more than there are slots.

    ``names`` are the slots in their order; one may stand there twice.
    """

    pieces: tuple[bytes, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Form:
        """Encode ``text`` around its slots."""
        split = _SLOT.split(text)
        return cls(tuple(quoted(piece) for piece in split[::2]), tuple(split[1::2]))

    def cut(self, name: str) -> tuple[Form, Form]:
        """What stands before a slot and what stands after it."""
        at = self.names.index(name)
        return (
            Form(self.pieces[: at + 1], self.names[:at]),
            Form(self.pieces[at + 1 :], self.names[at + 1 :]),
        )

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """The encoding with every slot filled by an encoded value."""
        filled = [b""] * (len(self.pieces) + len(self.names))
        filled[::2] = self.pieces
        filled[1::2] = map(values.__getitem__, self.names)
        return b"".join(filled)
