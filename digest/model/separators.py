"""What stands between texts that are kept as one: printable signs, since JSON writes them as they are.

A tab is two bytes there and has to be looked for when it is read; a digest has hundreds of them.
"""

from __future__ import annotations

import re

FIELDS = "|"
LINES = "^"
GROUNDS = "~"

_LETTERS = {"\\": "s", FIELDS: "f", LINES: "l", GROUNDS: "g"}
_ESCAPES = str.maketrans({sign: f"\\{letter}" for sign, letter in _LETTERS.items()})
_SIGNS = {letter: sign for sign, letter in _LETTERS.items()}
_SEPARATOR = re.compile(r"[\\|^~]")
_ESCAPED = re.compile(r"\\([sflg])")


def escaped(text: str) -> str:
    """``text`` without separators. ``unescaped`` gives it back."""
    return text.translate(_ESCAPES) if _SEPARATOR.search(text) else text


def unescaped(text: str) -> str:
    """The text that was ``escaped``."""
    return _ESCAPED.sub(lambda found: _SIGNS[found[1]], text) if "\\" in text else text
