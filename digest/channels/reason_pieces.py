"""Reasons and scores as encoded pieces of a mail, each remembered: many readers share a keyword. Pure."""

from __future__ import annotations

from functools import lru_cache

from digest.channels.lines import MAX_REASON
from digest.channels.quoted import quoted
from digest.channels.stationery import hang, html_words, plain_words
from digest.readable import clean, clip
from digest.wording import Group

KEPT = 16_384
"""Pieces of each kind remembered; a day of a hundred thousand readers uses a part of them often."""

GUTTER = 6
"""Columns of the plain part for the score; the rest of an entry stands right of it."""

LABEL = 7
"""Columns of ``Why``, ``Paper`` and their like."""

POINTS = 6
"""Columns of the points before a reason."""

_INDENT = " " * (GUTTER + LABEL)
_WHY = " " * GUTTER + "Why".ljust(LABEL)
_BETWEEN = quoted(" · ")


def html_reasons(groups: list[Group], also: str) -> bytes:
    """``diffusion policy 5.3 (title, abstract) · votes 0.8 · also in agents``, encoded."""
    pieces = [_html(group) for group in groups]
    return _BETWEEN.join([*pieces, html_words(also)] if also else pieces)


def text_reasons(groups: list[Group], also: str) -> bytes:
    """A line for each reason, its points in a column; with its line ends, encoded."""
    pieces = [_text(group, place == 0) for place, group in enumerate(groups)]
    if also:
        pieces.append(plain_words(also, _INDENT + " " * POINTS) + b"\r\n")
    return b"".join(pieces)


def html_group(group: Group) -> str:
    """One reason as HTML: keyword and points strong, the places after them."""
    subject, points, note = _plain(group)
    name = _escaped(f"{subject}\xa0{points}")
    return f"<b>{name}</b> ({_escaped(note)})" if note else f"<b>{name}</b>"


def text_group(group: Group, *, first: bool) -> str:
    """One reason as lines of the plain part; the first one is labelled."""
    subject, points, note = _plain(group)
    shown = f"{subject} ({note})" if note else subject
    lead = (_WHY if first else _INDENT) + points.rjust(POINTS - 2) + "  "
    return f"{lead}{hang(shown, len(lead))}\n"


@lru_cache(maxsize=1024)
def gutter(score: str) -> bytes:
    """The score before a title of the plain part, ``" 6.1  "``."""
    return quoted(f"{score:>4}".ljust(GUTTER))


@lru_cache(maxsize=KEPT)
def _html(group: Group) -> bytes:
    return quoted(html_group(group).replace("\xa0", "&nbsp;"))


@lru_cache(maxsize=KEPT)
def _text(group: Group, first: bool) -> bytes:  # noqa: FBT001  a part of the key
    return quoted(text_group(group, first=first))


def _plain(group: Group) -> tuple[str, str, str]:
    subject, points, note = group
    return clip(clean(subject, 2_000), MAX_REASON), points, clip(clean(note, 2_000), MAX_REASON)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
