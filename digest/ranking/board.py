"""What a day's papers say of keywords, looked up once, whoever asks and however often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Field, Paper, ReasonKind
from digest.ranking.cells import Cells
from digest.ranking.corpus import Corpus
from digest.ranking.evidence import Lookup, Told
from digest.ranking.extracts import extracts_of
from digest.ranking.naming import Names
from digest.ranking.reasons import Floats, Ints
from digest.ranking.relations import related
from digest.ranking.shares import Phrasebook, Said, What, is_fed, tell_related
from digest.ranking.space import Rows
from digest.ranking.vocabulary import Mask, Vocabulary

BITS = 12
"""Behind the point of what is related and of likeness: products of single precision differ by a few
millionths with the number of papers beside."""
_PLACES = (Field.TITLE, Field.ABSTRACT, Field.ANY)
_KINDS = {Field.AUTHOR: ReasonKind.AUTHOR, Field.ORG: ReasonKind.ORGANISATION}
_NAMES = frozenset(_KINDS.values())
"""What names the field of its keyword instead of the place where it stands."""


def rounded(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """To so many bits that the same papers give the same, wherever they stand in a matrix."""
    return np.asarray(np.ldexp(np.rint(np.ldexp(values, BITS)), -BITS))


class Board:
    """The evidence of papers for all units of a vocabulary; ``read`` brings it up to date with them.

    ``rows`` are the papers in the corpus's space of terms (None without).
    """

    def __init__(self, papers: Sequence[Paper], corpus: Corpus, vocabulary: Vocabulary) -> None:
        self.corpus = corpus
        self.vocabulary = vocabulary
        self.extracts = extracts_of(papers)
        self.rows: Rows | None = corpus.rows_of(self.extracts) if corpus.space else None
        self._hits = Cells(len(papers), np.float64)
        self._near = Cells(len(papers), np.float32)
        self._present = Cells(len(papers), np.bool_)
        self.book = Phrasebook(len(papers))
        self._told: list[Told] = []
        self._starts: list[int] = []

    @property
    def cells(self) -> int:
        """Papers × units."""
        return len(self._hits) * len(self.extracts)

    def strengths(self, units: Ints, manners: Ints) -> Floats:
        """Voices × papers: how strongly the papers speak of these units, in these manners."""
        found = self._hits.dense(units)
        related = np.flatnonzero(tell_related(manners))
        found[related] += self._near.dense(units[related])
        return np.asarray(found)

    def presence(self, units: Ints) -> Mask:
        """Units × papers: which papers hold these units."""
        return self._present.dense(units)

    def read(self) -> None:
        """Look the units that are new up in every paper."""
        start = len(self._hits)
        units = self.vocabulary.units[start:]
        if not units:
            return
        lookup = Lookup(units, self.corpus)
        lookup.read(self.extracts)
        frequencies = lookup.frequencies()
        hits = (frequencies @ lookup.weights).tocsr()
        near = self._related(start, hits).T.tocsr()
        near.data = rounded(near.data)
        self._near.add(near)
        self._hits.add(hits.T.tocsr())
        self._present.add(((frequencies > 0) @ lookup.phrases > 0).T.tocsr())
        self._told.append(lookup.told())
        self._starts.append(start)

    def _related(self, start: int, hits: Rows) -> Rows:
        if self.corpus.space is None or self.rows is None:
            return sparse.csr_matrix(hits.shape)
        return related(self.vocabulary.relations[start:], self.corpus.space, self.rows, hits)

    def likeness(self, papers: Ints) -> NDArray[np.floating]:
        """Latent cosines between these papers; the identity while the store is too small to tell."""
        if self._latent is None:
            return np.eye(len(papers))
        latent = self._latent[papers]
        return rounded(latent @ latent.T)

    @cached_property
    def _latent(self) -> NDArray[np.float32] | None:
        """Papers × dimensions, rows of length 1."""
        space = self.corpus.space
        return None if space is None or self.rows is None else space.project(space.weigh(self.rows))

    def said(self, rows: Ints, units: Ints, manners: Ints) -> Sequence[Said]:
        """What papers say of units, pair by pair, and how strongly; the same for every profile."""
        said: list[list[tuple[What, float]]] = [[] for _ in range(len(rows))]
        held = np.flatnonzero(self._hits.at(units, rows))
        own = self._said_here(rows[held], units[held], manners[held])
        for place, whats in zip(held.tolist(), own, strict=True):
            said[place] += whats
        strengths = np.where(tell_related(manners), self._near.at(units, rows), 0)
        near = np.flatnonzero(strengths)
        related = self._said_near(rows[near], units[near], strengths[near])
        for place, what in zip(near.tolist(), related, strict=True):
            said[place].append(what)
        return said

    def _said_near(
        self, rows: Ints, numbers: Ints, strengths: NDArray[np.float32]
    ) -> Iterator[tuple[What, float]]:
        """What papers say that is related to a unit."""
        units = self.vocabulary.units
        for number, strength, terms in zip(
            numbers.tolist(), strengths.tolist(), self._named(rows, numbers), strict=True
        ):
            name = ", ".join(terms) or "papers like it"
            yield What(ReasonKind.LEARNT, name, None, units[number].text), strength

    def _named(self, rows: Ints, numbers: Ints) -> Iterator[tuple[str, ...]]:
        if self._names is None:
            return iter([()] * len(rows))
        own = {number: self.vocabulary.units[number].words for number in np.unique(numbers).tolist()}
        return self._names.of(rows, numbers, self.vocabulary.relations, own)

    @cached_property
    def _names(self) -> Names | None:
        space = self.corpus.space
        return None if space is None or self.rows is None else Names(self.rows, space)

    def _said_here(self, rows: Ints, numbers: Ints, manners: Ints) -> Iterator[list[tuple[What, float]]]:
        """What papers say of a unit in its own words, by place."""
        shares = self._by_place(rows, numbers).tolist()
        for number, manner, strengths in zip(numbers.tolist(), manners.tolist(), shares, strict=True):
            unit = self.vocabulary.units[number]
            kind = ReasonKind.FEEDBACK if is_fed(manner) else _KINDS.get(unit.field, ReasonKind.KEYWORD)
            named = unit.field if kind in _NAMES else None
            yield [
                (What(kind, unit.text, named or where), strength)
                for where, strength in zip(_PLACES, strengths, strict=True)
                if strength
            ]

    def _by_place(self, rows: Ints, numbers: Ints) -> Floats:
        """Pairs of paper and unit × ``_PLACES``: the strengths of the unit's own words."""
        shares = np.zeros((len(rows), len(_PLACES)))
        portions = np.searchsorted(self._starts, numbers, side="right") - 1
        for portion in np.unique(portions).tolist():
            of = np.flatnonzero(portions == portion)
            shares[of] = self._told[portion].by_place(rows[of], numbers[of] - self._starts[portion])
        return shares
