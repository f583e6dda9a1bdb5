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
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.ranking.background import shares
from digest.ranking.extracts import Stack
from digest.ranking.frequencies import fingerprints, idf_of
from digest.ranking.saturation import FIELD_WEIGHTS, saturated
from digest.ranking.stopwords import STOPWORDS
from digest.ranking.tally import Tally

DIMENSIONS = 150
"""Of the latent space. 200 to 300 are common; 150 is what was measured here, and a third smaller."""
FEWEST_PAPERS = 30
"""A smaller store teaches nothing about the company of terms."""
FEWEST_HOLDING = 3
"""Papers that hold a term of the space: with fewer its company is chance."""
LARGEST_SHARE = 0.2
"""A term in more than a fifth of the papers says little about any."""
MOST_TERMS = 50_000
"""The commonest of them, so that memory and the build stay bounded."""
MOST_PAPERS = 20_000
"""The latest papers kept as examples: memory and the build stay bounded. About two years of Daily
Papers, at the 2,300 of spring 2026 in three months."""
OVERSAMPLING, POWER_ITERATIONS = 20, 2
"""Directions sampled beyond those wanted, and passes that sharpen them: two passes are what Halko et al.
advise where singular values fall slowly, as those of words do."""

Floats = NDArray[np.float32]
Rows = sparse.csr_matrix
Row = tuple[NDArray[np.int32], Floats]
"""Places in the vocabulary, and their values."""


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
    def marks(self) -> NDArray[np.uint64]:
        """The fingerprints of the terms."""
        return fingerprints(self.keys)

    @cached_property
    def mark(self) -> str:
        """Of this space and no other: what is learnt in it holds in every process that reads it."""
        hashed = blake2b("\n".join(self.keys).encode(), digest_size=16)
        for values in (self.idf, self.basis, self.saturated.data, self.saturated.indices):
            hashed.update(values.tobytes())
        return hashed.hexdigest()

    @cached_property
    def weighted(self) -> Rows:
        """Stored papers × terms, rows of length 1."""
        return self.weigh(self.saturated)

    @cached_property
    def latent(self) -> Floats:
        """Stored papers × dimensions, rows of length 1."""
        return self.project(self.weighted)

    def rows(self, stack: Stack, norms: NDArray[np.float64]) -> list[Row]:
        """The papers' terms of the vocabulary with their saturated frequencies, in papers of these norms."""
        at, places = stack.find(self.marks)
        rows = stack.rows[at]
        values = as_kept(
            saturated(stack.counts[at] @ np.array(FIELD_WEIGHTS), norms[rows]).astype(np.float32)
        )
        ends = np.searchsorted(rows, np.arange(stack.papers + 1)).tolist()
        return [(places[a:b].astype(np.int32), values[a:b].copy()) for a, b in pairwise(ends)]

    def weigh(self, saturated: Rows) -> Rows:
        return unit_rows((saturated @ sparse.diags(self.idf)).tocsr())

    def project(self, weighted: Rows) -> Floats:
        """The latent coordinates of weighted rows, scaled to length 1."""
        dense = np.asarray(weighted @ self.basis, dtype=np.float32)
        return np.asarray(dense / np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-9))


def stacked(rows: Sequence[Row], terms: int) -> Rows:
    """Rows one above the other."""
    if not rows:
        return sparse.csr_matrix(np.zeros((0, terms), dtype=np.float32))
    columns, values = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    pointers = np.cumsum([0, *(len(places) for places, _ in rows)])
    return sparse.csr_matrix((values, columns, pointers), shape=(len(rows), terms))


def unit_rows(rows: Rows) -> Rows:
    """Rows scaled to length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    scaled: Rows = (sparse.diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ rows).tocsr()
    return scaled


def build_space(tally: Tally, lengths: NDArray[np.float64]) -> Space | None:
    """The space of tallied papers of these weighted lengths; None while there are too few, or no term that
    tells papers apart.
    """
    if tally.papers < FEWEST_PAPERS:
        return None
    places = _vocabulary(tally)
    if not places:
        return None
    background = shares([tally.terms[place] for place in places])
    idf = idf_of(tally.papers, tally.holding[places].astype(np.float64), background).astype(np.float32)
    rows = tally.saturated(places, lengths)
    rows.data = as_kept(rows.data)
    weighted = unit_rows((rows @ sparse.diags(idf)).tocsr())
    basis = _directions(weighted, min(DIMENSIONS, tally.papers // 2, max(len(places) // 2, 1)))
    keys, shown = (tuple(names[place] for place in places) for names in (tally.terms, tally.written))
    return Space(keys, shown, idf, as_kept(basis), rows[-MOST_PAPERS:])


def as_kept(values: Floats) -> Floats:
    """Rounded to what is stored (16 bits), so that a space read back gives the same scores."""
    return values.astype(np.float16).astype(np.float32)


def _vocabulary(tally: Tally) -> list[int]:
    """The places of the terms of the space, those that most papers hold first."""
    most = max(LARGEST_SHARE * tally.papers, FEWEST_HOLDING)
    held = tally.holding
    fitting = np.flatnonzero((held >= FEWEST_HOLDING) & (held <= most)).tolist()
    telling = [place for place in fitting if _tells(tally.written[place])]
    return sorted(telling, key=lambda place: (-held[place], tally.terms[place]))[:MOST_TERMS]


def _tells(shown: str) -> bool:
    """No stop words in it, and not a number (*2.0*, too) or a single letter."""
    words = shown.split()
    return not any(word in STOPWORDS or len(word) < 2 or word.replace(".", "").isdigit() for word in words)


def _directions(weighted: Rows, dimensions: int) -> Floats:
    """The leading right singular vectors (terms × dimensions), the same for the same papers."""
    width = min(dimensions + OVERSAMPLING, min(weighted.shape))
    random = np.random.default_rng(0).standard_normal((weighted.shape[1], width)).astype(np.float32)
    turned = weighted.T.tocsr()
    sketch = _orthonormal(weighted @ random)
    for _ in range(POWER_ITERATIONS):
        sketch = _orthonormal(weighted @ _orthonormal(turned @ sketch))
    small = np.asarray(turned @ sketch)
    squares, turns = np.linalg.eigh((small.T @ small).astype(np.float64))
    leading = np.argsort(-squares, kind="stable")[:dimensions]
    scale = turns[:, leading] / np.sqrt(np.maximum(squares[leading], 1e-12))
    return np.ascontiguousarray(small @ scale.astype(np.float32))


def _orthonormal(columns: Floats) -> Floats:
    """Orthonormal columns of the same span, by way of their small Gram matrix: one product, where the
    Householder decomposition of a tall matrix takes many times as long. Directions of no extent become 0.
    """
    columns = np.asarray(columns)
    squares, turns = np.linalg.eigh((columns.T @ columns).astype(np.float64))
    kept = squares > squares[-1] * 1e-7
    scale = np.where(kept, 1 / np.sqrt(np.where(kept, squares, 1.0)), 0.0)
    return np.asarray(columns @ (turns * scale).astype(np.float32))
