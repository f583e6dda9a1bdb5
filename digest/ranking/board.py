"""What a day's papers say of keywords, looked up once, whoever asks and however often."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Field, Paper, ReasonKind
from digest.ranking.corpus import Corpus
from digest.ranking.evidence import Lookup
from digest.ranking.extracts import extracts_of
from digest.ranking.reasons import Floats
from digest.ranking.relations import related
from digest.ranking.shares import FED, NEAR, Asked, Phrasebook, Said, What
from digest.ranking.space import Rows
from digest.ranking.terms import word_term
from digest.ranking.vocabulary import Mask, Vocabulary

NAMED_TERMS = 2
"""Terms a related share is named by."""
_PLACES = (Field.TITLE, Field.ABSTRACT, Field.ANY)
_KINDS = {Field.AUTHOR: ReasonKind.AUTHOR, Field.ORG: ReasonKind.ORGANISATION}


class Board:
    """The evidence of papers for all units of a vocabulary; ``read`` brings it up to date with them.

    ``evidence`` is [hits, related] × units × papers, ``presence`` units × papers. ``rows`` are the papers in
    the corpus's space of terms (None without).
    """

    def __init__(self, papers: Sequence[Paper], corpus: Corpus, vocabulary: Vocabulary) -> None:
        self.corpus = corpus
        self.vocabulary = vocabulary
        self.extracts = extracts_of(papers)
        self.rows: Rows | None = corpus.rows_of(self.extracts) if corpus.space else None
        self.evidence: Floats = np.zeros((2, 0, len(papers)))
        self.presence: Mask = np.zeros((0, len(papers)), dtype=np.bool_)
        self.book = Phrasebook()
        self._lookups: list[Lookup] = []
        self._starts: list[int] = []
        self._held: dict[int, dict[int, float]] = {}
        self._words: dict[int, frozenset[str]] = {}

    @property
    def cells(self) -> int:
        """Papers × units."""
        return self.presence.size

    def read(self) -> None:
        """Look the units that are new up in every paper."""
        start = len(self.presence)
        units = self.vocabulary.units[start:]
        if not units:
            return
        lookup = Lookup(units, self.corpus)
        lookup.read(self.extracts)
        frequencies = lookup.frequencies()
        hits = (frequencies @ lookup.weights).tocsr()
        presence = ((frequencies > 0) @ lookup.phrases).toarray() > 0
        near = self._related(start, hits)
        both = np.stack([hits.toarray().T, near.toarray().T.astype(np.float64)])
        self.evidence = np.concatenate([self.evidence, both], axis=1)
        self.presence = np.concatenate([self.presence, presence.T])
        self._lookups.append(lookup)
        self._starts.append(start)

    def _related(self, start: int, hits: Rows) -> Rows:
        if self.corpus.space is None or self.rows is None:
            return sparse.csr_matrix(hits.shape)
        return related(self.vocabulary.relations[start:], self.corpus.space, self.rows, hits)

    @cached_property
    def likeness(self) -> NDArray[np.floating]:
        """Latent cosines between the papers; the identity while the store is too small to tell."""
        space = self.corpus.space
        if space is None or self.rows is None:
            return np.eye(len(self.extracts))
        latent = space.project(space.weigh(self.rows))
        return np.asarray(latent @ latent.T)

    def said(self, asked: Asked) -> Said:
        """What a paper says of a unit, and how strongly; the same for every profile."""
        row, number, manner = asked
        unit = self.vocabulary.units[number]
        if manner == NEAR:
            terms = ", ".join(self._telling(row, number)) or "papers like it"
            return [(What(ReasonKind.LEARNT, terms, None, unit.text), float(self.evidence[1, number, row]))]
        kind = ReasonKind.FEEDBACK if manner == FED else _KINDS.get(unit.field, ReasonKind.KEYWORD)
        named = kind in (ReasonKind.AUTHOR, ReasonKind.ORGANISATION)
        portion = bisect_right(self._starts, number) - 1
        strengths = self._lookups[portion].by_place(row, number - self._starts[portion])
        return [
            (What(kind, unit.text, unit.field if named else where), strength)
            for where, strength in zip(_PLACES, strengths, strict=True)
            if strength
        ]

    def _telling(self, row: int, number: int) -> list[str]:
        relation, space = self.vocabulary.relations[number], self.corpus.space
        if relation is None or space is None:
            return []
        held = self._terms_of(row)
        shares = [
            (held[place] * float(space.idf[place]) * float(weight), place)
            for place, weight in zip(relation.places.tolist(), relation.weights.tolist(), strict=True)
            if place in held
        ]
        heaviest = (space.shown[place] for _, place in sorted(shares, reverse=True))
        return list(islice(_fresh(heaviest, set(self._words_of(number))), NAMED_TERMS))

    def _terms_of(self, row: int) -> dict[int, float]:
        """A paper's terms of the space; made when first asked for."""
        held = self._held.get(row)
        if held is None:
            rows = self.rows if self.rows is not None else sparse.csr_matrix((len(self.extracts), 0))
            span = slice(rows.indptr[row], rows.indptr[row + 1])
            held = dict(zip(rows.indices[span].tolist(), rows.data[span].tolist(), strict=True))
            self._held[row] = held
        return held

    def _words_of(self, number: int) -> frozenset[str]:
        if number not in self._words:
            self._words[number] = self.vocabulary.units[number].words
        return self._words[number]


def _fresh(terms: Iterable[str], said: set[str]) -> Iterator[str]:
    """The terms that say something beyond the words already ``said`` and each other."""
    for term in terms:
        words = {word_term(word) for word in term.split()}
        if not words & said:
            said |= words
            yield term
