"""The space of the stored papers: which terms keep company, learnt from the store alone.

Each stored paper is a row of BM25-weighted terms (words and pairs that at least three papers hold, and at
most a fifth of them), scaled to length 1. Latent semantic analysis (Deerwester et al. 1990) finds the
``DIMENSIONS`` directions that explain these rows best, by a randomised singular value decomposition (Halko,
Martinsson and Tropp 2011). A paper that comes later is folded in, without computing the directions anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.ranking.evidence import saturated
from digest.ranking.frequencies import idf_of
from digest.ranking.stopwords import STOPWORDS
from digest.ranking.terms import Counts

DIMENSIONS = 150
"""Of the latent space. 200 to 300 are common; 150 is what was measured here, and a third smaller."""
FEWEST_PAPERS = 30
"""A smaller store teaches nothing about the company of terms."""
FEWEST_HOLDING = 3
LARGEST_SHARE = 0.2
"""A term in more than a fifth of the papers says little about any."""
MOST_TERMS = 50_000
MOST_PAPERS = 20_000
"""The latest papers kept as examples: memory and the build stay bounded (about four years of Daily Papers).
"""
OVERSAMPLING, POWER_ITERATIONS = 20, 2

Floats = NDArray[np.float32]
Rows = sparse.csr_matrix


@dataclass(frozen=True)
class Space:
    """``terms`` of the vocabulary as shown to people, ``keys`` as counted; ``basis`` terms × dimensions."""

    keys: tuple[str, ...]
    shown: tuple[str, ...]
    idf: Floats
    basis: Floats
    saturated: Rows
    """Stored papers × terms: saturated frequencies, the examples relations are learnt from."""

    @cached_property
    def index(self) -> dict[str, int]:
        return {key: place for place, key in enumerate(self.keys)}

    @cached_property
    def weighted(self) -> Rows:
        """Stored papers × terms, rows of length 1."""
        return self.weigh(self.saturated)

    @cached_property
    def by_term(self) -> sparse.csc_matrix:
        return self.saturated.tocsc()

    @cached_property
    def latent(self) -> Floats:
        """Stored papers × dimensions, rows of length 1."""
        return self.project(self.weighted)

    def rows(self, papers: Sequence[dict[str, float]]) -> Rows:
        """Papers × terms from saturated frequencies by key; terms outside the vocabulary are left out."""
        return rows_of(papers, self.index)

    def weigh(self, saturated: Rows) -> Rows:
        return unit_rows((saturated @ sparse.diags(self.idf)).tocsr())

    def project(self, weighted: Rows) -> Floats:
        """The latent coordinates of weighted rows, scaled to length 1."""
        dense = np.asarray(weighted @ self.basis, dtype=np.float32)
        return np.asarray(dense / np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-9))

    def with_examples(self, papers: Sequence[dict[str, float]]) -> Space:
        """Later papers folded in as examples; the oldest leave when there are too many."""
        stacked = sparse.vstack([self.saturated, self.rows(papers)]).tocsr()[-MOST_PAPERS:]
        return Space(self.keys, self.shown, self.idf, self.basis, stacked)


def rows_of(papers: Sequence[dict[str, float]], index: dict[str, int]) -> Rows:
    pointers, columns, values = [0], [], []
    for paper in papers:
        for key, value in paper.items():
            place = index.get(key)
            if place is not None:
                columns.append(place)
                values.append(value)
        pointers.append(len(columns))
    shape = (len(papers), len(index))
    kept = as_kept(np.array(values, dtype=np.float32))
    return sparse.csr_matrix((kept, np.array(columns, dtype=np.int32), pointers), shape=shape)


def unit_rows(rows: Rows) -> Rows:
    """Rows scaled to length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    scaled: Rows = (sparse.diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ rows).tocsr()
    return scaled


class Tally:
    """Saturated frequencies of many papers, kept as flat arrays while a space is built."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.columns: list[NDArray[np.int32]] = []
        self.values: list[Floats] = []

    def add(self, counts: dict[str, Counts], norm: float) -> None:
        """Take in one paper's counts; names are left out."""
        ids = self.ids
        stemmed = [
            (ids.setdefault(term, len(ids)), places) for term, places in counts.items() if term[0] == "s"
        ]
        self.columns.append(np.array([column for column, _ in stemmed], dtype=np.int32))
        self.values.append(np.array([saturated(places, norm) for _, places in stemmed], dtype=np.float32))

    def held(self) -> dict[str, int]:
        """How many papers hold each term."""
        return dict(zip(self.ids, self._holding().tolist(), strict=True))

    def frequent(self) -> set[str]:
        """The terms that enough papers hold to enter a space."""
        return {term for term, number in self.held().items() if number >= FEWEST_HOLDING}

    def matrix(self, keys: Sequence[str]) -> Rows:
        """Papers × ``keys``."""
        places = np.full(len(self.ids), -1, dtype=np.int32)
        places[[self.ids[key] for key in keys]] = np.arange(len(keys), dtype=np.int32)
        kept = [places[columns] >= 0 for columns in self.columns]
        columns = [places[one][keep] for one, keep in zip(self.columns, kept, strict=True)]
        values = [one[keep] for one, keep in zip(self.values, kept, strict=True)]
        pointers = np.cumsum([0, *(len(one) for one in columns)])
        triple = (as_kept(np.concatenate(values)), np.concatenate(columns), pointers)
        return sparse.csr_matrix(triple, shape=(len(columns), len(keys)))

    def _holding(self) -> NDArray[np.intp]:
        if not self.columns:
            return np.zeros(0, dtype=np.intp)
        return np.bincount(np.concatenate(self.columns), minlength=len(self.ids))


def build_space(tally: Tally, shown: dict[str, str]) -> Space | None:
    """The space of tallied papers; None while there are too few. ``shown`` is how frequent terms were
    written.
    """
    papers = len(tally.columns)
    if papers < FEWEST_PAPERS:
        return None
    held = tally.held()
    keys = _vocabulary(held, shown, papers)
    idf = idf_of(papers, np.array([held[key] for key in keys], dtype=np.float64)).astype(np.float32)
    rows = tally.matrix(keys)
    weighted = unit_rows((rows @ sparse.diags(idf)).tocsr())
    basis = _directions(weighted, min(DIMENSIONS, papers // 2, max(len(keys) // 2, 1)))
    return Space(keys, tuple(shown[key] for key in keys), idf, as_kept(basis), rows[-MOST_PAPERS:])


def as_kept(values: Floats) -> Floats:
    """Rounded to what is stored (16 bits), so that a space read back gives the same scores."""
    return values.astype(np.float16).astype(np.float32)


def _vocabulary(held: dict[str, int], shown: dict[str, str], papers: int) -> tuple[str, ...]:
    most = max(LARGEST_SHARE * papers, FEWEST_HOLDING)
    fitting = [(-held[key], key) for key, written in shown.items() if held[key] <= most and _tells(written)]
    return tuple(key for _, key in sorted(fitting)[:MOST_TERMS])


def _tells(shown: str) -> bool:
    """No stop words in it, and not a number or a single letter."""
    return not any(word in STOPWORDS or len(word) < 2 or word.isdigit() for word in shown.split())


def _directions(weighted: Rows, dimensions: int) -> Floats:
    """The leading right singular vectors (terms × dimensions), the same for the same papers."""
    width = min(dimensions + OVERSAMPLING, min(weighted.shape))
    random = np.random.default_rng(0).standard_normal((weighted.shape[1], width)).astype(np.float32)
    sketch = np.linalg.qr(weighted @ random)[0]
    for _ in range(POWER_ITERATIONS):
        sketch = np.linalg.qr(weighted.T @ sketch)[0]
        sketch = np.linalg.qr(weighted @ sketch)[0]
    _, _, right = np.linalg.svd(np.asarray((weighted.T @ sketch).T), full_matrices=False)
    return np.ascontiguousarray(right[:dimensions].T, dtype=np.float32)
