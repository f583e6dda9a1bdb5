"""Text for Slack: cleaned, cut, escaped exactly once, so that content can neither mention nor link.

Limits are Slack's (facts of Block Kit), counted in UTF-16 units as its own clients count. Every
mrkdwn object is ``verbatim``: bare addresses and names in content stay plain text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

Block = dict[str, Any]

MAX_BLOCKS = 50
MAX_SECTION = 3000
MAX_HEADER = 150
MAX_LABEL = 75
MAX_VALUE = 2000
MAX_BLOCK_ID = 255
MAX_MESSAGE = 10_000
"""Characters of one message's blocks as JSON. Slack documents none but refuses at about 13,000
(``msg_blocks_too_long``); a margin is kept."""

_BIDI = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF))
_STYLE = frozenset("*_~`")


def clean(text: str) -> str:
    """One line: control characters and line breaks are blanks, direction overrides are gone."""
    kept = (_shown(character) for character in text.translate(_BIDI))
    return " ".join("".join(kept).split())


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "�" if category == "Cs" else character


def escape(text: str) -> str:
    """The three characters Slack asks for, and only those."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def width(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, room: int) -> str:
    """The text escaped, cut at a character so that it takes at most ``room`` units, no entity broken."""
    return _within(text, room, escape)


def _within(text: str, room: int, form: Callable[[str], str]) -> str:
    """The form of as many characters as have room, an ellipsis after them if they are not all."""
    kept: list[str] = []
    left = room
    for character in text:
        piece = form(character)
        left -= width(piece)
        if left < 0:
            return _shortened(kept, room)
        kept.append(piece)
    return "".join(kept)


def _shortened(kept: list[str], room: int) -> str:
    used = sum(map(width, kept))
    while kept and used > room - 1:
        used -= width(kept.pop())
    return "".join(kept).rstrip() + "…"


def link(url: str, label: str, room: int = MAX_SECTION) -> str:
    """A link in mrkdwn; the label alone where the address is no plain http(s) one.

    What would end the address or the link (``<``, ``>``, ``|``, blanks) is percent-encoded.
    """
    safe = quote(url, safe="/:?#[]@!$&'()*+,;=%~-._")
    if urlsplit(safe).scheme not in ("http", "https"):
        return cut(label, room)
    safe = escape(safe)
    return f"<{safe}|{cut(label.replace('|', '¦'), max(1, room - width(safe) - 3))}>"


def bold(text: str) -> str:
    """Bold, unless the text holds marks of its own that would break the style."""
    shown = text.partition("|")[2] or text
    return text if _STYLE & set(shown) else f"*{text}*"


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain(text: str, room: int) -> Block:
    """A plain text object: nothing in it is parsed, so nothing is escaped."""
    shown = _within(clean(text) or "–", room, str)
    return {"type": "plain_text", "text": shown, "emoji": False}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text, MAX_HEADER)}


def section(text: str) -> Block:
    """``text`` is mrkdwn, already escaped and within ``MAX_SECTION``."""
    return {"type": "section", "text": mrkdwn(text)}


def context(text: str) -> Block:
    """``text`` is mrkdwn, already escaped and within ``MAX_SECTION``."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def button(label: str, action: str, value: str, *, style: str = "") -> Block:
    """A button; ``value`` comes back with the press."""
    made: Block = {
        "type": "button",
        "text": plain(label, MAX_LABEL),
        "action_id": action,
        "value": value[:MAX_VALUE],
    }
    return made | ({"style": style} if style else {})


def actions(name: str, *buttons: Block) -> Block:
    return {"type": "actions", "block_id": name[:MAX_BLOCK_ID], "elements": list(buttons)}
