"""Reasons and scores as encoded pieces of a mail, each remembered: many readers share a ground. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from digest.channels.lines import MAX_REASON
from digest.channels.quoted import quoted
from digest.channels.stationery import hang, html_words, plain_words
from digest.readable import clean, clip
from digest.wording import Group, group_of

KEPT = 65_536
"""Pieces of each kind remembered: what a day of a hundred thousand readers uses, in some 20 MB."""

GUTTER = 6
"""Columns of the plain part for the score; the rest of an entry stands right of it."""

LABEL = 7
"""Columns of ``Why``, ``Paper`` and their like."""

POINTS = 6
"""Columns of the points before a reason."""

_INDENT = " " * (GUTTER + LABEL)
_WHY = (" " * GUTTER + "Why".ljust(LABEL)).encode()
_BETWEEN = quoted(" · ")


class Pieces(dict[str, bytes]):
    """Encoded pieces by ground, each made when first asked for; all forgotten when there are ``kept``."""

    def __init__(self, make: Callable[[Group], str], kept: int = KEPT) -> None:
        super().__init__()
        self._make, self._kept = make, kept

    def __missing__(self, ground: str) -> bytes:
        made = quoted(self._make(group_of(ground)))
        if len(self) >= self._kept:
            self.clear()
        self[ground] = made
        return made


def reasons(grounds: tuple[str, ...], also: str) -> tuple[bytes, bytes]:
    """Why, encoded for both parts.

    HTML: ``diffusion policy 5.3 (title, abstract) · votes 0.8 · also in agents``. Text: a line for each
    reason, its points in a column, the first one labelled.
    """
    html = _BETWEEN.join(map(_HTML.__getitem__, grounds))
    text = b"".join(map(_TEXT.__getitem__, grounds))
    if text:
        text = _WHY + text[len(_WHY) :]
    if also:
        html = _BETWEEN.join([html, html_words(also)] if html else [html_words(also)])
        text += plain_words(also, _INDENT + " " * POINTS) + b"\r\n"
    return html, text


def html_group(group: Group) -> str:
    """One reason as HTML: keyword and points strong, the places after them."""
    subject, points, note = _plain(group)
    name = _escaped(f"{subject}\xa0{points}")
    return f"<b>{name}</b> ({_escaped(note)})" if note else f"<b>{name}</b>"


def text_group(group: Group) -> str:
    """One reason as lines of the plain part, under those before it."""
    subject, points, note = _plain(group)
    shown = f"{subject} ({note})" if note else subject
    lead = _INDENT + points.rjust(POINTS - 2) + "  "
    return f"{lead}{hang(shown, len(lead))}\n"


@lru_cache(maxsize=1024)
def figures(score: str) -> tuple[bytes, bytes]:
    """A score as it stands in the HTML, and in the gutter of the plain part."""
    return quoted(score), gutter(score)


def gutter(score: str) -> bytes:
    """The score before a title of the plain part, ``" 6.1  "``."""
    return quoted(f"{score:>4}".ljust(GUTTER))


def _plain(group: Group) -> tuple[str, str, str]:
    subject, points, note = group
    return clip(clean(subject, 2_000), MAX_REASON), points, clip(clean(note, 2_000), MAX_REASON)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_HTML = Pieces(lambda group: html_group(group).replace("\xa0", "&nbsp;"))
_TEXT = Pieces(text_group)
