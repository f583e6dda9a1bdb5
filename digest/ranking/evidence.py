"""Papers × units: how strongly each paper speaks of each keyword.

BM25F (``saturation.py``) on keywords as units: a unit's strength is the sum of idf(t) · sat(t, d) over its
phrase in full and its scattered words at half. In the title the phrase counts with an idf of ``TITLE_LEAST``
at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Field
from digest.ranking.extracts import Extract, Stack
from digest.ranking.frequencies import fingerprints
from digest.ranking.reasons import spans
from digest.ranking.saturation import FIELD_WEIGHTS, norms_of, saturated
from digest.ranking.terms import AUTHOR, ORG, Counts, Wanted, count_rare
from digest.ranking.units import LOOSE, Part, Unit

FOLLOW = 12.5
"""Evidence of a followed author or organisation: eight and a half points, enough for an entry by itself."""
TITLE_LEAST = 6.0
"""The idf that a keyword counts with at least where it stands in the title: what a title names the paper is
about, however common the word. In a paper of mean length that alone passes the default bar, also beside the
least ``commonness.evenness``. More (to 7 was tried) pleases judges who read titles only, which ours did."""
_SCOPES: dict[Field, tuple[int, ...]] = {Field.TITLE: (0,), Field.ABSTRACT: (1,)}
_EVERYWHERE = (0, 1, 2)

Column = tuple[str, Field]
Matrix = sparse.csr_matrix


class Statistics(Protocol):
    """What the evidence needs to know of the store."""

    @property
    def mean_length(self) -> float: ...

    def idf_of_grams(self, grams: Sequence[tuple[str, ...]]) -> NDArray[np.float64]: ...


def scope_of(field: Field) -> tuple[int, ...]:
    return _SCOPES.get(field, _EVERYWHERE)


@dataclass(frozen=True, slots=True)
class _Sought:
    """A term that the unit at ``place`` looks for, where, and for how much; ``decides`` on exclusion and
    requirement.
    """

    place: int
    part: Part
    field: Field
    weight: float
    decides: bool = False


class Lookup:
    """All terms a set of units looks for, as columns, and the matrices columns × units of their weights.

    ``phrases`` marks the terms whose presence decides exclusion and requirement.
    """

    def __init__(self, units: Sequence[Unit], statistics: Statistics) -> None:
        self.units = units
        self.statistics = statistics
        self.columns: dict[Column, int] = {}
        sought = _sought(units, statistics)
        rows = [self._column(one.part.term, one.field) for one in sought]
        places = [one.place for one in sought]
        shape = (len(self.columns), len(units))
        self.weights = sparse.csr_matrix(([one.weight for one in sought], (rows, places)), shape=shape)
        deciding = [(row, one.place) for row, one in zip(rows, sought, strict=True) if one.decides]
        phrases, of_units = zip(*deciding, strict=True) if deciding else ((), ())
        self.phrases: Matrix = sparse.csr_matrix((np.ones(len(phrases)), (phrases, of_units)), shape=shape)
        self.wanted = Wanted.of(one.part.term for one in sought)
        self.terms = {
            term: place for place, term in enumerate(dict.fromkeys(term for term, _ in self.columns))
        }
        self.sought = _Sorted.of(sought, rows, len(units))
        none = np.empty(0, dtype=np.intp)
        self.found = Found.of(1, none, none, np.empty((0, 3)))
        self.norms = np.empty(0)

    def _column(self, term: str, field: Field) -> int:
        return self.columns.setdefault((term, field), len(self.columns))

    def read(self, extracts: Sequence[Extract]) -> None:
        """Look every term up in every paper."""
        self.norms = norms_of([one.lengths for one in extracts], self.statistics.mean_length)
        stack, rare = Stack.of(extracts), self._rare(extracts)
        at, terms = stack.find(fingerprints(self.terms))
        self.found = Found.of(
            len(self.terms),
            np.concatenate([stack.rows[at], np.array([row for row, _, _ in rare], dtype=np.intp)]),
            np.concatenate([terms, np.array([term for _, term, _ in rare], dtype=np.intp)]),
            np.concatenate([stack.counts[at], np.array([counts for _, _, counts in rare]).reshape(-1, 3)]),
        )

    def _rare(self, extracts: Sequence[Extract]) -> list[tuple[int, int, Counts]]:
        """What is not counted for every profile, looked for in the words of papers that may hold it."""
        wanted = self.wanted
        return [
            (row, self.terms[term], counts)
            for row, extract in enumerate(extracts if wanted.clues else ())
            if (here := wanted.within(extract.joined)).clues
            for term, counts in count_rare(extract.fields, extract.openings, here).items()
        ]

    def frequencies(self) -> Matrix:
        """Papers × columns: saturated frequencies; 1 for an author or organisation."""
        at, columns = self._in_columns()
        rows = self.found.rows[at]
        pooled = (self.found.counts[at] * self.columns_told.scopes(columns)).sum(axis=1)
        values = np.where(self.columns_told.names[columns], 1.0, saturated(pooled, self.norms[rows]))
        held = pooled > 0
        shape = (len(self.norms), len(self.columns))
        return sparse.csr_matrix((values[held], (rows[held], columns[held])), shape=shape)

    def _in_columns(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Each finding for each column of its term: which finding, which column."""
        terms = self.columns_told.terms
        order = np.argsort(terms, kind="stable")
        sizes = np.bincount(terms, minlength=len(self.terms))
        at, places = spans((np.cumsum(sizes) - sizes)[self.found.terms], sizes[self.found.terms])
        return at, order[places]

    @cached_property
    def columns_told(self) -> _Columns:
        """The columns as arrays."""
        return _Columns(
            np.array([self.terms[term] for term, _ in self.columns], dtype=np.int32),
            np.array([_FIELDS.index(field) for _, field in self.columns], dtype=np.uint8),
            np.array([_is_name(term) for term, _ in self.columns], dtype=np.bool_),
        )

    def told(self) -> Told:
        """What says in which places units stand, without what was needed to find it."""
        return Told(self.sought, self.columns_told, self.found, self.norms)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Of each column its term, the place of its field in ``_FIELDS``, and whether it is a name."""

    terms: NDArray[np.int32]
    fields: NDArray[np.uint8]
    names: NDArray[np.bool_]

    def scopes(self, columns: NDArray[np.intp]) -> NDArray[np.float64]:
        """Columns × fields: the weights of those looked at."""
        return _WEIGHTS[self.fields[columns]]


@dataclass(frozen=True, slots=True)
class Told:
    """What units look for and what was found of it, kept for as long as somebody may ask why."""

    sought: _Sorted
    columns: _Columns
    found: Found
    norms: NDArray[np.float64]

    def by_place(self, rows: NDArray[np.intp], units: NDArray[np.intp]) -> NDArray[np.float64]:
        """Pairs of paper and unit × fields: the strength of the unit in the paper, divided over title,
        abstract and the source's keywords.
        """
        pair, one = self.sought.of_units(units)
        column = self.sought.columns[one].astype(np.intp)
        at = self.found.places(rows[pair], self.columns.terms[column].astype(np.intp))
        pooled = np.where(at[:, None] >= 0, self.found.counts[at], 0) * self.columns.scopes(column)
        sums = pooled.sum(axis=1)
        held = np.flatnonzero(sums)
        pair, column, sums = pair[held], column[held], sums[held]
        values = np.where(self.columns.names[column], 1.0, saturated(sums, self.norms[rows[pair]]))
        strengths = self.sought.weights[one[held]] * values / sums
        shares = np.zeros((len(rows), len(FIELD_WEIGHTS)))
        np.add.at(shares, pair, strengths[:, None] * pooled[held])
        return shares


@dataclass(frozen=True, slots=True)
class _Sorted:
    """What units look for as arrays, unit by unit: of each its column and weight; where a unit's begin."""

    columns: NDArray[np.int32]
    weights: NDArray[np.float64]
    bounds: NDArray[np.intp]

    @classmethod
    def of(cls, sought: Sequence[_Sought], columns: Sequence[int], units: int) -> _Sorted:
        places = np.array([one.place for one in sought], dtype=np.intp)
        order = np.argsort(places, kind="stable")
        return cls(
            np.array(columns, dtype=np.int32)[order],
            np.array([one.weight for one in sought], dtype=np.float64)[order],
            np.searchsorted(places[order], np.arange(units + 1)),
        )

    def of_units(self, units: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """What each of some units looks for: which of them, and the place here."""
        return spans(self.bounds[units], self.bounds[units + 1] - self.bounds[units])


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: in which of the papers which of so many ``terms``, how often in title, abstract and
    keywords; ``keys``, ascending, are paper × term.
    """

    width: int
    keys: NDArray[np.int64]
    counts: NDArray[np.int32]

    @classmethod
    def of(cls, width: int, rows: NDArray[np.intp], terms: NDArray[np.intp], counts: NDArray[Any]) -> Found:
        """Of counts pair by pair; those of the same term in the same paper are added."""
        keys, places = np.unique(rows * width + terms, return_inverse=True)
        sums = np.zeros((len(keys), 3), dtype=np.int32)
        np.add.at(sums, places, counts.astype(np.int32))
        return cls(width, keys, sums)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The paper of each."""
        return self.keys // self.width

    @property
    def terms(self) -> NDArray[np.int64]:
        """The term of each."""
        return self.keys % self.width

    def places(self, rows: NDArray[np.intp], terms: NDArray[np.intp]) -> NDArray[np.intp]:
        """Where it is found that a paper holds a term, for each pair of the two; -1 where it does not."""
        sought = rows * self.width + terms
        if not len(self.keys):
            return np.full(len(sought), -1)
        at = np.minimum(np.searchsorted(self.keys, sought), len(self.keys) - 1)
        return np.where(self.keys[at] == sought, at, -1)


def _weights_in(scope: Sequence[int]) -> tuple[float, ...]:
    return tuple(weight if place in scope else 0.0 for place, weight in enumerate(FIELD_WEIGHTS))


_FIELDS = tuple(Field)
_WEIGHTS = np.array([_weights_in(scope_of(field)) for field in _FIELDS])
"""Fields of keywords × fields of papers."""


def _is_name(term: str) -> bool:
    return term.startswith((AUTHOR, ORG))


def _sought(units: Sequence[Unit], statistics: Statistics) -> list[_Sought]:
    """What the units look for: phrases in full, words at half, and what their titles lack of the least."""
    parts = [(place, part, True) for place, unit in enumerate(units) for part in unit.parts]
    parts += [(place, part, False) for place, unit in enumerate(units) for part in unit.loose]
    idf = statistics.idf_of_grams([part.grams for _, part, _ in parts]).tolist()
    found = [
        _Sought(place, part, units[place].field, _weight(part, one, whole=whole), whole)
        for (place, part, whole), one in zip(parts, idf, strict=True)
    ]
    return found + [
        _Sought(place, part, Field.TITLE, TITLE_LEAST - one)
        for (place, part, whole), one in zip(parts, idf, strict=True)
        if whole and one < TITLE_LEAST and units[place].titled and 0 in scope_of(units[place].field)
    ]


def _weight(part: Part, idf: float, *, whole: bool) -> float:
    if _is_name(part.term):
        return FOLLOW
    return idf * (part.share if whole else LOOSE)
