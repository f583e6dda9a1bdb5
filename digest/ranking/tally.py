"""All words and pairs of many papers, counted at once: what a store is learnt from.

Words become numbers first and are counted as arrays; each distinct word and pair is joined and stemmed once,
however often it occurs. Cost is linear in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.ranking.saturation import FIELD_WEIGHTS, norms, saturated
from digest.ranking.terms import STEMMED, Text
from digest.ranking.text import BREAK, CLAUSE_END, singular, stems

Numbers = NDArray[np.int64]
_END = (CLAUSE_END,)
BITS = 20
"""Of one field's count of one term: a million times."""
MOST_COUNTED = 65_535
"""Of one term in one field of an extract: far more than an abstract has words."""


@dataclass(frozen=True)
class Tally:
    """Terms by number, how each was first written, and papers × terms as counts: those of title, abstract
    and the source's keywords in ``BITS`` bits each.
    """

    terms: tuple[str, ...]
    written: tuple[str, ...]
    counts: sparse.csr_matrix

    @property
    def papers(self) -> int:
        return int(self.counts.shape[0])

    @cached_property
    def pooled(self) -> sparse.csr_matrix:
        """Papers × terms: field-weighted frequencies."""
        data = np.array(FIELD_WEIGHTS) @ np.stack(_apart(self.counts.data))
        return sparse.csr_matrix((data, self.counts.indices, self.counts.indptr), shape=self.counts.shape)

    def of_papers(self) -> Iterator[tuple[NDArray[np.int32], NDArray[np.uint16]]]:
        """For each paper the places of its terms, and terms × fields: how often each stands there."""
        counts = np.minimum(np.stack(_apart(self.counts.data), axis=1), MOST_COUNTED).astype(np.uint16)
        for start, end in pairwise(self.counts.indptr.tolist()):
            yield self.counts.indices[start:end], counts[start:end]

    @cached_property
    def holding(self) -> NDArray[np.intp]:
        """How many papers hold each term."""
        return np.bincount(self.counts.indices, minlength=len(self.terms))

    def saturated(self, places: Sequence[int], lengths: NDArray[np.float64]) -> sparse.csr_matrix:
        """Papers × the terms at ``places``: saturated frequencies (``saturation.py``) in papers of these
        weighted lengths.
        """
        chosen = self.pooled[:, places].tocsr()
        of_papers = norms(lengths, max(float(lengths.mean()), 1.0))
        values = saturated(chosen.data, np.repeat(of_papers, np.diff(chosen.indptr))).astype(np.float32)
        return sparse.csr_matrix((values, chosen.indices, chosen.indptr), shape=chosen.shape)


def tally(texts: Sequence[Text]) -> tuple[Tally, NDArray[np.float64]]:
    """The tally of papers, and the weighted length of each."""
    words, vocabulary = _numbered(texts)
    paper, place = _places(texts)
    at = np.flatnonzero(words)
    lengths = np.bincount(paper[at], weights=np.array(FIELD_WEIGHTS)[place[at]], minlength=len(texts))
    ends = at[1:][np.diff(at) == 1]  # where a pair ends
    forms, first_words, of_words = _distinct(words[at])
    pairs, first_pairs, of_pairs = _distinct(words[ends - 1] * len(vocabulary) + words[ends])
    written = [vocabulary[number] for number in forms.tolist()]
    firsts, seconds = (pairs // len(vocabulary)).tolist(), (pairs % len(vocabulary)).tolist()
    written += [f"{vocabulary[one]} {vocabulary[two]}" for one, two in zip(firsts, seconds, strict=True)]
    singulars = [singular(word) for word in vocabulary]
    joined = [vocabulary[number] for number in forms.tolist()]
    joined += [singulars[one] + vocabulary[two] for one, two in zip(firsts, seconds, strict=True)]
    order = np.argsort(np.concatenate([2 * at[first_words], 2 * ends[first_pairs] + 1]), kind="stable")
    number, terms, shown = _terms(stems(joined), written, order.tolist())
    columns = np.concatenate([number[: len(forms)][of_words], number[len(forms) :][of_pairs]])
    rows = np.concatenate([paper[at], paper[ends]])
    ones = np.int64(1) << (BITS * np.concatenate([place[at], place[ends]]))
    counts = sparse.coo_matrix((ones, (rows, columns)), shape=(len(texts), len(terms))).tocsr()
    return Tally(terms, shown, counts), lengths.astype(np.float64)


def _apart(codes: Numbers) -> tuple[Numbers, ...]:
    mask = (1 << BITS) - 1
    return tuple((codes >> (BITS * place)) & mask for place in range(len(FIELD_WEIGHTS)))


def _numbered(texts: Sequence[Text]) -> tuple[Numbers, list[str]]:
    """Every word of every field as a number, a 0 after each field and between clauses."""
    numbers: dict[str, int] = {BREAK: 0}
    flat = [
        numbers.setdefault(word.folded, len(numbers))
        for text in texts
        for field in text.fields
        for word in chain(field, _END)
    ]
    return np.array(flat, dtype=np.int64), list(numbers)


def _places(texts: Sequence[Text]) -> tuple[Numbers, Numbers]:
    """The paper and the field of every number."""
    lengths = np.array([[len(field) + 1 for field in text.fields] for text in texts], dtype=np.int64)
    lengths = lengths.reshape(len(texts), len(FIELD_WEIGHTS))
    paper = np.repeat(np.arange(len(texts)), lengths.sum(axis=1))
    return paper, np.repeat(np.tile(np.arange(len(FIELD_WEIGHTS)), len(texts)), lengths.ravel())


def _distinct(codes: Numbers) -> tuple[Numbers, NDArray[np.intp], NDArray[np.intp]]:
    """Distinct codes, where each is first, and which of them each code is."""
    return np.unique(codes, return_index=True, return_inverse=True)


def _terms(
    stemmed: Sequence[str], written: Sequence[str], order: Sequence[int]
) -> tuple[NDArray[np.intp], tuple[str, ...], tuple[str, ...]]:
    """The term of each form: forms that stem alike are one, shown as the first of them was written."""
    numbers: dict[str, int] = {}
    shown: list[str] = []
    of_form = np.empty(len(stemmed), dtype=np.intp)
    for form in order:
        number = numbers.setdefault(stemmed[form], len(numbers))
        of_form[form] = number
        if number == len(shown):
            shown.append(written[form])
    return of_form, tuple(STEMMED + term for term in numbers), tuple(shown)
