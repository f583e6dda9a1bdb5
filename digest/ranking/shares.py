"""What speaks for papers, and for how many points: many papers and profiles at once, as arrays.

What a paper says of a keyword does not depend on who asks, so it is looked up once and kept as a number;
a score's reasons are then such numbers with weights, which ``reasons.share_out`` cuts into tenths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from digest.model import Field, Reason, ReasonKind
from digest.ranking.reasons import TENTHS, Floats, Ints


class What:
    """A reason without its points. Those with points are made once: thousands of readers share them."""

    def __init__(self, kind: ReasonKind, term: str, field: Field | None = None, related_to: str = "") -> None:
        self.kind, self.term, self.field, self.related_to = kind, term, field, related_to
        self._made: dict[int, Reason] = {}

    def earning(self, tenths: int) -> Reason:
        """The reason with its points."""
        made = self._made.get(tenths)
        if made is None:
            points = tenths / TENTHS
            made = self._made[tenths] = Reason(self.kind, self.term, points, self.field, self.related_to)
        return made


Said = Sequence[tuple[What, float]]
"""What a paper says of one unit, each with its strength."""
Asked = tuple[int, int, int]
"""A paper, a unit, and the manner in which the one may speak of the other."""
HITS, FED, NEAR = range(3)
"""Manners: the unit's words, the same as fed back, and what is related to it."""


@dataclass(slots=True)
class Phrasebook:
    """Numbers for what papers say of units; each is asked for once."""

    whats: list[What]
    _known: dict[Asked, tuple[list[int], list[float]]] = field(default_factory=dict)

    def look_up(self, asked: Iterable[Asked], ask: Callable[[Asked], Said]) -> tuple[Ints, Ints, Floats]:
        """How many numbers each has; then all the numbers, and their strengths."""
        found = [self._known.get(one) or self._learn(one, ask(one)) for one in asked]
        counts = np.array([len(numbers) for numbers, _ in found], dtype=np.intp)
        numbers = np.array([number for numbers, _ in found for number in numbers], dtype=np.intp)
        strengths = np.array([one for _, strengths in found for one in strengths], dtype=np.float64)
        return counts, numbers, strengths

    def _learn(self, asked: Asked, said: Said) -> tuple[list[int], list[float]]:
        numbers = list(range(len(self.whats), len(self.whats) + len(said)))
        self.whats.extend(what for what, _ in said)
        known = self._known[asked] = numbers, [strength for _, strength in said]
        return known
