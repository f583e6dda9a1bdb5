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


def reasons(groups: list[Group], also: str) -> tuple[bytes, bytes]:
    """Why, encoded for both parts.

    HTML: ``diffusion policy 5.3 (title, abstract) · votes 0.8 · also in agents``. Text: a line for each
    reason, its points in a column.
    """
    pieces = [_piece(group) for group in groups]
    html = [piece[0] for piece in pieces]
    text = [piece[1] for piece in pieces]
    if pieces:
        text[0] = pieces[0][2]
    if also:
        html.append(html_words(also))
        text.append(plain_words(also, _INDENT + " " * POINTS) + b"\r\n")
    return _BETWEEN.join(html), b"".join(text)


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
def figures(score: str) -> tuple[bytes, bytes]:
    """A score as it stands in the HTML, and in the gutter of the plain part."""
    return quoted(score), gutter(score)


def gutter(score: str) -> bytes:
    """The score before a title of the plain part, ``" 6.1  "``."""
    return quoted(f"{score:>4}".ljust(GUTTER))


@lru_cache(maxsize=KEPT)
def _piece(group: Group) -> tuple[bytes, bytes, bytes]:
    """A reason for HTML, for a line of text, and for the first line, which is labelled."""
    return (
        quoted(html_group(group).replace("\xa0", "&nbsp;")),
        quoted(text_group(group, first=False)),
        quoted(text_group(group, first=True)),
    )


def _plain(group: Group) -> tuple[str, str, str]:
    subject, points, note = group
    return clip(clean(subject, 2_000), MAX_REASON), points, clip(clean(note, 2_000), MAX_REASON)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
