"""Grounds: the reasons of a score summed up by subject, each written as one text.

A ground is what a keyword gave, wherever it hit; or all that is learnt, all feedback, the votes. Its text
is what the store keeps and what thousands of readers share, so whoever has seen it once knows the rest by
one look-up. A line for each kind and term::

    kind ⇥ term ⇥ related to ⇥ share ⇥ share …

A kind is its first letter; a share is a letter for the field and the points: ``k⇥diffusion⇥⇥t4.1⇥a1.2``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from digest.model.reasons import Reason, ReasonKind
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
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})
_ESCAPED = re.compile(r"\\([\\tn])")
_READ = {"\\": "\\", "t": "\t", "n": "\n"}


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
        shares.append(f"{_PLACES[reason.field]}{reason.points!r}")
    return "\n".join(
        "\t".join((_LETTERS[kind], _written(term), _written(related_to), *shares))
        for (kind, term, related_to), shares in lines.items()
    )


@lru_cache(maxsize=KEPT)
def reasons_in(ground: str) -> tuple[Reason, ...]:
    """The reasons of a ground. Raises ``KeyError`` or ``ValueError`` for a text that is none."""
    return tuple([reason for line in ground.split("\n") for reason in _reasons(line)])


def _reasons(line: str) -> Iterable[Reason]:
    letter, term, related_to, *shares = line.split("\t")
    for share in shares:
        place = share[:1] if share[:1] in _FIELDS else ""
        points = float(share.removeprefix(place))
        yield Reason(_KINDS[letter], _read(term), points, _FIELDS[place], _read(related_to))


def _written(term: str) -> str:
    return term.translate(_ESCAPES) if "\t" in term or "\n" in term or "\\" in term else term


def _read(term: str) -> str:
    return _ESCAPED.sub(lambda found: _READ[found[1]], term) if "\\" in term else term
