"""Reasons and scores as encoded pieces of a mail, each remembered: many readers share a ground. Pure."""

from __future__ import annotations

from functools import lru_cache

from digest.channels.lines import MAX_REASON
from digest.channels.quoted import quoted
from digest.channels.stationery import hang, html_words, plain_words
from digest.readable import clean, clip
from digest.wording import Group, group_of

KEPT = 65_536
"""Grounds remembered as encoded: what a day of a hundred thousand readers uses, in some 25 MB."""

GUTTER = 6
"""Columns of the plain part for the score; the rest of an entry stands right of it."""

LABEL = 7
"""Columns of ``Why``, ``Paper`` and their like."""

POINTS = 6
"""Columns of the points before a reason."""

_INDENT = " " * (GUTTER + LABEL)
_WHY = (" " * GUTTER + "Why".ljust(LABEL)).encode()
_BETWEEN = quoted(" · ")


class Pieces(dict[str, tuple[bytes, bytes]]):
    """Grounds encoded for HTML and for text, when first asked for; all are forgotten at ``KEPT``."""

    def __missing__(self, ground: str) -> tuple[bytes, bytes]:
        group = group_of(ground)
        made = quoted(html_group(group).replace("\xa0", "&nbsp;")), quoted(text_group(group))
        if len(self) >= KEPT:
            self.clear()
        self[ground] = made
        return made


_PIECES = Pieces()


def reasons(grounds: tuple[str, ...], also: str) -> tuple[bytes, bytes]:
    """Why, encoded for both parts.

    HTML: ``diffusion policy 5.3 (title, abstract) · votes 0.8 · also in agents``. Text: a line for each
    reason, its points in a column, the first one labelled.
    """
    pieces = [_PIECES[ground] for ground in grounds]
    html = _BETWEEN.join([piece[0] for piece in pieces])
    text = b"".join([piece[1] for piece in pieces])
    if text:
        text = _WHY + text[len(_WHY) :]
    if also:
        html = _BETWEEN.join([html, html_words(also)] if html else [html_words(also)])
        text += plain_words(also, _INDENT + " " * POINTS) + b"\r\n"
    return html, text


def html_group(group: Group) -> str:
    """One reason as HTML: keyword and points strong, the places after them."""
    subject, note = _escaped(group.subject), _escaped(group.note)
    name = f"<b>{subject}\xa0{group.points}</b>"
    return f"{name} ({note})" if note else name


def text_group(group: Group) -> str:
    """One reason as lines of the plain part, under those before it."""
    subject, note = _readable(group.subject), _readable(group.note)
    shown = f"{subject} ({note})" if note else subject
    lead = _INDENT + group.points.rjust(POINTS - 2) + "  "
    return f"{lead}{hang(shown, len(lead))}\n"


@lru_cache(maxsize=1024)
def figures(score: str) -> tuple[bytes, bytes]:
    """A score as it stands in the HTML, and in the gutter of the plain part."""
    return quoted(score), gutter(score)


def gutter(score: str) -> bytes:
    """The score before a title of the plain part, ``" 6.1  "``."""
    return quoted(f"{score:>4}".ljust(GUTTER))


@lru_cache(maxsize=4_096)
def _readable(text: str) -> str:
    return clip(clean(text, 2_000), MAX_REASON)


@lru_cache(maxsize=4_096)
def _escaped(text: str) -> str:
    return _readable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
