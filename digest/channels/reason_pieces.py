"""Reasons and scores as encoded pieces of a mail, each remembered: many readers share a ground. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from digest.channels.entry_lines import MAX_REASON
from digest.channels.quoted import quoted
from digest.channels.stationery import hang, html_words, plain_words
from digest.readable import clean, clip
from digest.wording import Group, group_of, points

KEPT = 65_536
"""Grounds remembered as encoded, in 15 MB: of a mail's ninety three are made anew, five with half as many."""

AROUND_KEPT = 16_384
"""Keywords with their places, remembered as what stands around points, in 9 MB: misses one in seven of those
three, as four times as many do; half as many miss one in four."""

GUTTER = 6
"""Columns of the plain part for the score; the rest of an entry stands right of it."""

LABEL = 7
"""Columns of ``Why``, ``Paper`` and their like."""

POINTS = 6
"""Columns of the points before a reason."""

_MARGIN = " " * (GUTTER + LABEL)
_INDENT = _MARGIN.encode()
_WHY = (" " * GUTTER + "Why".ljust(LABEL)).encode()
_BETWEEN = quoted(" · ")
_USUAL = "0.0"
"""Stands for points of the usual width."""
_AT_POINTS = b"&nbsp;0.0</b>"


class Pair(NamedTuple):
    """A piece of a mail, encoded for each part."""

    html: bytes
    text: bytes


class Pieces(dict[str, Pair]):
    """Grounds encoded when first asked for; all are forgotten at ``KEPT``."""

    def __missing__(self, ground: str) -> Pair:
        made = encoded(group_of(ground))
        if len(self) >= KEPT:
            self.clear()
        self[ground] = made
        return made


_piece = Pieces().__getitem__


def reasons(grounds: tuple[str, ...], also: str) -> tuple[bytes, bytes]:
    """Why, encoded for both parts.

    HTML: ``diffusion policy 5.3 (title, abstract) · votes 0.8 · also in agents``. Text: a line for each
    reason, its points in a column, the first one labelled.
    """
    html, text = b"", b""
    if grounds:
        marked, plain = zip(*map(_piece, grounds), strict=True)
        html, text = _BETWEEN.join(marked), _WHY + _INDENT.join(plain)
    if also:
        html = _BETWEEN.join([html, html_words(also)] if html else [html_words(also)])
        text += plain_words(also, _MARGIN + " " * POINTS) + b"\r\n"
    return html, text


def encoded(group: Group) -> Pair:
    """One reason, encoded; the text without the margin before it.

    With other points it is the same piece, as long as they are as wide.
    """
    around = _around(group.subject, group.note) if len(group.points) == len(_USUAL) else None
    if around is None:
        return _encoded(group)
    figure = group.points.encode()
    return Pair(figure.join(around.html), figure.join(around.text))


class Around(NamedTuple):
    """What stands before and after the points of a reason, in each part."""

    html: tuple[bytes, bytes]
    text: tuple[bytes, bytes]


@lru_cache(maxsize=AROUND_KEPT)
def _around(subject: str, note: str) -> Around | None:
    """What stands around points of the usual width; nothing where a line breaks at them."""
    html, text = _encoded(Group(subject, _USUAL, note))
    before, found, after = html.partition(_AT_POINTS)
    if not found:
        return None
    mark, end = _AT_POINTS.split(_USUAL.encode())
    above, _, below = text.partition(_USUAL.encode())
    return Around((before + mark, end + after), (above, below))


def _encoded(group: Group) -> Pair:
    return Pair(quoted(html_group(group)), quoted(text_group(group)).removeprefix(_INDENT))


def html_group(group: Group) -> str:
    """One reason as HTML: keyword and points strong, the places after them."""
    subject, note = _escaped(group.subject), _escaped(group.note)
    name = f"<b>{subject}&nbsp;{group.points}</b>"
    return f"{name} ({note})" if note else name


def text_group(group: Group) -> str:
    """One reason as lines of the plain part, under those before it."""
    subject, note = _readable(group.subject), _readable(group.note)
    shown = f"{subject} ({note})" if note else subject
    lead = _MARGIN + group.points.rjust(POINTS - 2) + "  "
    return f"{lead}{hang(shown, len(lead))}\n"


@lru_cache(maxsize=1024)
def figures(score: float) -> Pair:
    """A score as it stands in the HTML, and in the gutter of the plain part."""
    figure = points(score)
    return Pair(quoted(figure), gutter(figure))


def gutter(score: str) -> bytes:
    """The score before a title of the plain part, ``" 6.1  "``."""
    return quoted(f"{score:>4}".ljust(GUTTER))


@lru_cache(maxsize=4_096)
def _readable(text: str) -> str:
    return clip(clean(text, 2_000), MAX_REASON)


@lru_cache(maxsize=4_096)
def _escaped(text: str) -> str:
    return _readable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
