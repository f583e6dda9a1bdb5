"""Grounds: the reasons of a score summed up by subject, each written as one text.

A ground is what a keyword gave, wherever it hit; or all that is learnt, all feedback, the votes. Its text
is what the store keeps and what thousands of readers share, so whoever has seen it once knows the rest by
one look-up. A line for each kind and term, the next one after a ``^``::

    kind | term | related to | share | share …

A kind is its first letter; a share is a letter for the field and the points: ``k|diffusion||t4.1|a1.2``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from digest.model.reasons import Reason, ReasonKind
from digest.model.separators import FIELDS, GROUNDS, LINES, escaped, unescaped
from digest.model.subscribers import Field

SUMMED_UP = (ReasonKind.LEARNT, ReasonKind.FEEDBACK, ReasonKind.VOTES)
"""What makes one ground of its own each, told after the keywords."""

KEPT = 16_384
"""Grounds remembered as read."""

_LETTERS = {kind: kind[0] for kind in ReasonKind}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_PLACES: dict[Field | None, str] = {
    None: "",
    Field.TITLE: "t",
    Field.ABSTRACT: "a",
    Field.ANY: "n",
    Field.AUTHOR: "u",
    Field.ORG: "o",
}
_FIELDS = {letter: field for field, letter in _PLACES.items()}


def grounds_of(reasons: Sequence[Reason]) -> tuple[str, ...]:
    """The grounds of a score: keywords first, the weightiest before the others; then ``SUMMED_UP``.

    Of keywords with equal sums the one that comes first in ``reasons`` is told first.
    """
    keywords: dict[str, list[Reason]] = {}
    others: dict[ReasonKind, list[Reason]] = {}
    for reason in reasons:
        if reason.kind in SUMMED_UP:
            others.setdefault(reason.kind, []).append(reason)
        else:
            keywords.setdefault(reason.term, []).append(reason)
    told = sorted(keywords.values(), key=tenths, reverse=True)
    told += [others[kind] for kind in SUMMED_UP if kind in others]
    return tuple([ground_of(some) for some in told])


def tenths(reasons: Iterable[Reason]) -> int:
    """The sum of points in the steps they are given in: sums that are equal must compare so."""
    return round(sum([reason.points for reason in reasons]) * 10)


def ground_of(reasons: Iterable[Reason]) -> str:
    """The text of one ground."""
    lines: dict[tuple[ReasonKind, str, str], list[str]] = {}
    for reason in reasons:
        shares = lines.setdefault((reason.kind, reason.term, reason.related_to), [])
        shares.append(f"{place_of(reason.field)}{reason.points!r}")
    return LINES.join(FIELDS.join((head_of(*line), *shares)) for line, shares in lines.items())


def split_grounds(text: str) -> tuple[str, ...]:
    """The grounds of a text in which a ``~`` stands before each."""
    return tuple(text.split(GROUNDS)[1:])


def head_of(kind: ReasonKind, term: str, related_to: str) -> str:
    """What a line begins with, before its shares."""
    return FIELDS.join((letter_of(kind), escaped(term), escaped(related_to)))


def letter_of(kind: ReasonKind) -> str:
    """What stands for a kind."""
    return _LETTERS[kind]


def place_of(field: Field | None) -> str:
    """What a share begins with, before its points."""
    return _PLACES[field]


Shares = tuple[tuple[Field | None, float], ...]
"""Where, and how many points."""


class Line(NamedTuple):
    """A line of a ground: what one kind and term gave; ``shares`` is read by ``shares_in``."""

    letter: str
    term: str
    related_to: str
    shares: str


def lines_of(ground: str) -> list[Line]:
    """A ground read. Raises ``ValueError`` for a text that is none."""
    return [_line(*line.split(FIELDS, 3)) for line in ground.split(LINES)]


def _line(letter: str, term: str, related_to: str, shares: str) -> Line:
    return Line(letter, unescaped(term), unescaped(related_to), shares)


def shares_in(text: str) -> Shares:
    """Shares read, of one line or of several joined. Raises ``ValueError`` for a text that is none."""
    return tuple(_share(share) for share in text.split(FIELDS))


def _share(text: str) -> tuple[Field | None, float]:
    place = text[:1] if text[:1] in _FIELDS else ""
    return _FIELDS[place], float(text.removeprefix(place))


@lru_cache(maxsize=KEPT)
def reasons_in(ground: str) -> tuple[Reason, ...]:
    """The reasons of a ground. Raises ``KeyError`` or ``ValueError`` for a text that is none."""
    return tuple(
        Reason(_KINDS[letter], term, points, field, related_to)
        for letter, term, related_to, shares in lines_of(ground)
        for field, points in shares_in(shares)
    )
