"""What speaks for papers, and for how many points: many papers and profiles at once, as arrays.

What a paper says of a keyword does not depend on who asks, so it is looked up once and kept as a number;
a score's reasons are then such numbers with weights, which ``reasons.share_out`` cuts into tenths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from digest.model import Field, ReasonKind
from digest.model.grounds import SUMMED_UP, head_of, place_of
from digest.ranking.reasons import Floats, Ints


class What(NamedTuple):
    """A reason without its points."""

    kind: ReasonKind
    term: str
    field: Field | None = None
    related_to: str = ""


Said = Sequence[tuple[What, float]]
"""What a paper says of one unit, each with its strength."""
Asked = tuple[int, int, int]
"""A paper, a unit, and the manner in which the one may speak of the other."""
HITS, FED, NEAR = range(3)
"""Manners: the unit's words, the same as fed back, and what is related to it."""


class Phrasebook:
    """Numbers for what papers say of units; each is asked for once. ``votes`` is the number of the votes.

    Beside each stands how it is told (``model/grounds.py``): in which turn, whatever it weighs; of which
    subject, which makes a ground; and in which line of it.
    """

    votes = 0

    def __init__(self) -> None:
        self.whats: list[What] = []
        self.heads: list[str] = []
        self.places: list[str] = []
        """By number, what a line of a ground and a share in it begin with."""
        self._known: dict[Asked, tuple[list[int], list[float]]] = {}
        self._names: dict[tuple[str, ...], int] = {}
        self._told: list[tuple[int, int, int]] = []
        self._number([What(ReasonKind.VOTES, "votes")])

    def __len__(self) -> int:
        return len(self.whats)

    def look_up(
        self, asked: Sequence[Asked], ask: Callable[[Sequence[Asked]], Iterable[Said]]
    ) -> tuple[Ints, Ints, Floats]:
        """How many numbers each has; then all the numbers, and their strengths. What is not known yet is
        asked for at once.
        """
        new = [one for one in asked if one not in self._known]
        self._learn(new, list(ask(new)))
        found = [self._known[one] for one in asked]
        counts = np.array([len(numbers) for numbers, _ in found], dtype=np.intp)
        numbers = np.array([number for numbers, _ in found for number in numbers], dtype=np.intp)
        strengths = np.array([one for _, strengths in found for one in strengths], dtype=np.float64)
        return counts, numbers, strengths

    def order_of(self, numbers: Ints) -> tuple[Ints, Ints, Ints]:
        """The turns, subjects and lines of what has these numbers."""
        told = np.array(self._told, dtype=np.intp)[numbers]
        return told[:, 0], told[:, 1], told[:, 2]

    def _learn(self, asked: Sequence[Asked], said: Sequence[Said]) -> None:
        numbers = iter(self._number([what for one in said for what, _ in one]))
        for key, one in zip(asked, said, strict=True):
            self._known[key] = list(islice(numbers, len(one))), [strength for _, strength in one]

    def _number(self, whats: Sequence[What]) -> list[int]:
        start = len(self.whats)
        self.whats += whats
        self._told += [self._place(what) for what in whats]
        self.heads += [head_of(what.kind, what.term, what.related_to) for what in whats]
        self.places += [place_of(what.field) for what in whats]
        return list(range(start, len(self.whats)))

    def _place(self, what: What) -> tuple[int, int, int]:
        names = self._names
        line = names.setdefault((what.kind, what.term, what.related_to), len(names))
        if what.kind in SUMMED_UP:
            return 1 + SUMMED_UP.index(what.kind), 0, line
        return 0, names.setdefault((what.term,), len(names)), line
