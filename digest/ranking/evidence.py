"""Papers × units: how strongly each paper speaks of each keyword.

BM25F (Robertson, Zaragoza and Taylor 2004) on keywords as units. For a term t and a paper d the counts of
the fields are weighted and pooled *before* saturation,

    tf(t, d) = Σ_f w_f · n(t, f) / (1 − b + b · len(d) / mean len),        sat = tf · (k1 + 1) / (k1 + tf)

and a unit's strength is the sum of idf(t) · sat over its phrase in full and its scattered words at half.
``w_title`` = 2, ``k1`` = 2 and ``b`` = 0.5 are where the measured curves are flat, so that nothing hangs on
their exact value; with k1 = 2 ten repetitions count less than three times one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Field
from digest.ranking.terms import Counts, Text, Wanted, count
from digest.ranking.units import LOOSE, Unit

K1 = 2.0
B = 0.5
FIELD_WEIGHTS = (2.0, 1.0, 1.0)
"""Title, abstract, the source's keywords."""
_SCOPES: dict[Field, tuple[int, ...]] = {Field.TITLE: (0,), Field.ABSTRACT: (1,)}
_EVERYWHERE = (0, 1, 2)

Column = tuple[str, Field]
Matrix = sparse.csr_matrix


class Statistics(Protocol):
    """What the evidence needs to know of the store."""

    @property
    def mean_length(self) -> float: ...

    def idf(self, terms: Sequence[str]) -> NDArray[np.float64]: ...

    def idf_of_grams(self, grams: Sequence[tuple[str, ...]]) -> NDArray[np.float64]: ...


def weighted_length(lengths: Counts) -> float:
    """Words of a paper, each field counted with its weight."""
    return sum(weight * length for weight, length in zip(FIELD_WEIGHTS, lengths, strict=True))


def saturated(counts: Sequence[int], norm: float, scope: Sequence[int] = _EVERYWHERE) -> float:
    """The saturated frequency of one term in one paper, at most ``K1 + 1``."""
    pooled = sum(FIELD_WEIGHTS[place] * counts[place] for place in scope) / norm
    return pooled * (K1 + 1) / (K1 + pooled)


def length_norm(text: Text, statistics: Statistics) -> float:
    return 1 - B + B * weighted_length(text.lengths) / statistics.mean_length


def scope_of(field: Field) -> tuple[int, ...]:
    return _SCOPES.get(field, _EVERYWHERE)


class Lookup:
    """All terms a set of units looks for, as columns, and the matrix columns × units of their weights."""

    def __init__(self, units: Sequence[Unit], statistics: Statistics) -> None:
        self.units = units
        self.statistics = statistics
        self.columns: dict[Column, int] = {}
        rows, places, weights = [], [], []
        for place, unit in enumerate(units):
            for (term, weight), _part in zip(
                unit_weights(unit, statistics), (*unit.parts, *unit.loose), strict=True
            ):
                rows.append(self.columns.setdefault((term, unit.field), len(self.columns)))
                places.append(place)
                weights.append(weight)
        self.weights = sparse.csr_matrix((weights, (rows, places)), shape=(len(self.columns), len(units)))
        longest = max((unit.longest for unit in units), default=1)
        self.wanted = Wanted.of((term for term, _ in self.columns), longest)
        self._by_term: dict[str, list[tuple[int, tuple[int, ...]]]] = {}
        for (term, field), column in self.columns.items():
            self._by_term.setdefault(term, []).append((column, scope_of(field)))

    def read(self, texts: Sequence[Text]) -> None:
        """Look every column up in every paper."""
        self.norms = [length_norm(text, self.statistics) for text in texts]
        self.counts = [
            {term: places for term, places in count(text, self.wanted).items() if term in self._by_term}
            for text in texts
        ]

    def frequencies(self) -> Matrix:
        """Papers × columns: saturated frequencies."""
        rows, columns, values = [], [], []
        for row, (counts, norm) in enumerate(zip(self.counts, self.norms, strict=True)):
            for term, places in counts.items():
                for column, scope in self._by_term[term]:
                    value = saturated(places, norm, scope)
                    if value:
                        rows.append(row)
                        columns.append(column)
                        values.append(value)
        return sparse.csr_matrix((values, (rows, columns)), shape=(len(self.counts), len(self.columns)))

    def hits(self) -> Matrix:
        """Papers × units: the strength of what was found word for word."""
        return (self.frequencies() @ self.weights).tocsr()

    def presence(self) -> Matrix:
        """Papers × units: 1 where the unit's phrase itself stands (scattered words do not exclude or
        satisfy).
        """
        rows, places = [], []
        for row, counts in enumerate(self.counts):
            for place, unit in enumerate(self.units):
                scope = scope_of(unit.field)
                if any(counts[part.term][s] for part in unit.parts if part.term in counts for s in scope):
                    rows.append(row)
                    places.append(place)
        return sparse.csr_matrix(
            (np.ones(len(rows)), (rows, places)), shape=(len(self.counts), len(self.units))
        )

    def by_place(self, row: int, place: int) -> list[float]:
        """The strength of one unit in one paper, divided over title, abstract and the source's keywords."""
        unit, shares = self.units[place], [0.0, 0.0, 0.0]
        scope = scope_of(unit.field)
        for term, weight in unit_weights(unit, self.statistics):
            counts = self.counts[row].get(term)
            pooled = [FIELD_WEIGHTS[s] * counts[s] if counts and s in scope else 0.0 for s in _EVERYWHERE]
            if counts and sum(pooled):
                strength = weight * saturated(counts, self.norms[row], scope) / sum(pooled)
                shares = [share + strength * part for share, part in zip(shares, pooled, strict=True)]
        return shares


def unit_weights(unit: Unit, statistics: Statistics) -> list[tuple[str, float]]:
    """The terms of a unit with their weights: idf, halved for scattered words."""
    parts = (*unit.parts, *unit.loose)
    shares = [part.share for part in unit.parts] + [LOOSE for _ in unit.loose]
    idf = statistics.idf_of_grams([part.grams for part in parts])
    return [
        (part.term, share * weight) for part, share, weight in zip(parts, shares, idf.tolist(), strict=True)
    ]
