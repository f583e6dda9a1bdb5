"""What a related share is named by: the terms of a paper that make it related to a keyword."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from digest.ranking.reasons import Floats, Ints, spans
from digest.ranking.relations import Relation
from digest.ranking.space import Rows, Space
from digest.ranking.terms import words_of_term

NAMED_TERMS = 2
"""Terms a related share is named by."""
AT_ONCE = 4_096
"""Pairs of paper and keyword looked at together: each has some sixty terms."""


class Names:
    """The heaviest terms that papers share with what keywords are related to.

    ``rows`` are the papers in the space.
    """

    def __init__(self, rows: Rows, space: Space) -> None:
        self.space = space
        papers, self._terms = rows.shape
        keys = np.repeat(np.arange(papers), np.diff(rows.indptr)) * self._terms + rows.indices
        order = np.argsort(keys)
        self._keys: Ints = keys[order]
        self._held: Floats = rows.data[order].astype(np.float64)

    def of(
        self,
        papers: Ints,
        numbers: Ints,
        relations: Sequence[Relation | None],
        own: Mapping[int, frozenset[str]],
    ) -> Iterator[tuple[str, ...]]:
        """Of pairs of paper and keyword, the terms that name what relates the two, the heaviest first.

        ``numbers`` are the keywords' places in ``relations``; ``own`` are their own words, which no term
        repeats.
        """
        for start in range(0, len(papers), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            used, places = np.unique(numbers[some], return_inverse=True)
            kin = [relations[number] for number in used.tolist()]
            words = [own[number] for number in numbers[some].tolist()]
            yield from self._named(papers[some], places, kin, words)

    def _named(
        self, papers: Ints, places: Ints, relations: Sequence[Relation | None], own: Sequence[frozenset[str]]
    ) -> Iterator[tuple[str, ...]]:
        pair, terms, shares = self._shared(papers, places, relations)
        order = np.lexsort((-terms, -shares, pair))
        ends = np.cumsum(np.bincount(pair, minlength=len(papers))).tolist()
        heaviest, shown, start = terms[order].tolist(), self.space.shown, 0
        for end, said in zip(ends, own, strict=True):
            yield tuple(_fresh((shown[term] for term in heaviest[start:end]), said))
            start = end

    def _shared(
        self, papers: Ints, places: Ints, relations: Sequence[Relation | None]
    ) -> tuple[Ints, Ints, Floats]:
        """Every term that a paper shares with its keyword's relation: of which pair, which, how heavy."""
        kin = [(one.places, one.weights) if one else _NOTHING for one in relations]
        counts = np.array([len(terms) for terms, _ in kin], dtype=np.intp)
        pair, at = spans((np.cumsum(counts) - counts)[places], counts[places])
        terms, weights = (np.concatenate(parts) for parts in zip(*kin, strict=True))
        sought = papers[pair] * self._terms + terms[at]
        found = np.minimum(np.searchsorted(self._keys, sought), len(self._keys) - 1)
        held = np.flatnonzero(self._keys[found] == sought) if len(self._keys) else np.empty(0, np.intp)
        pair, at = pair[held], at[held]
        shares = self._held[found[held]] * self.space.idf[terms[at]].astype(np.float64)
        return pair, terms[at].astype(np.intp), shares * weights[at].astype(np.float64)


_NOTHING: tuple[NDArray[np.int32], NDArray[np.float32]] = (np.empty(0, np.int32), np.empty(0, np.float32))


def _fresh(terms: Iterable[str], said: frozenset[str]) -> list[str]:
    """The first ``NAMED_TERMS`` that say something beyond the words already ``said`` and each other."""
    fresh: list[str] = []
    for term in terms:
        words = words_of_term(term)
        if words.isdisjoint(said):
            fresh.append(term)
            if len(fresh) == NAMED_TERMS:
                break
            said |= words
    return fresh
