"""How many papers hold a term: exact counts of all stemmed words and pairs, in two flat arrays.

A term is kept as a 64-bit fingerprint (BLAKE2b), so that a million pairs take twelve bytes each; that two
of them share one is a matter of 1 in 10⁷. Inverse document frequency is Robertson's and Spärck Jones's in
the form that is never negative, ``ln(1 + (N − n + ½) / (n + ½))``: a term no paper ever held weighs most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from digest.ranking.background import shares

PRIOR_PAPERS = 500
"""Papers as of the background (``background.py``) that a store is taken to have beside its own: they decide
what is common while it is young, and fade as it grows."""


@lru_cache(maxsize=50_000)
def fingerprint(term: str) -> int:
    """64 bits of BLAKE2b of a term; the same on every machine."""
    return int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "little")


def fingerprints(terms: Iterable[str]) -> NDArray[np.uint64]:
    return np.fromiter((fingerprint(term) for term in terms), dtype=np.uint64)


def _empty_keys() -> NDArray[np.uint64]:
    return np.empty(0, dtype=np.uint64)


def _empty_counts() -> NDArray[np.uint32]:
    return np.empty(0, dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Document frequencies of ``papers`` papers; ``keys`` ascending."""

    papers: int = 0
    keys: NDArray[np.uint64] = field(default_factory=_empty_keys)
    counts: NDArray[np.uint32] = field(default_factory=_empty_counts)

    def plus(self, papers: int, keys: NDArray[np.uint64], held_by: NDArray[np.intp]) -> Frequencies:
        """With ``papers`` more papers, so many of which hold each term; costs a merge, never a recount."""
        merged, places = np.unique(np.concatenate([self.keys, keys]), return_inverse=True)
        counts = np.concatenate([self.counts, held_by])
        sums = np.bincount(places, weights=counts, minlength=len(merged)).astype(np.uint32)
        return Frequencies(self.papers + papers, merged, sums)

    def of(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """In how many papers each term occurs; 0 for an unknown one."""
        if not len(self.keys) or not terms:
            return np.zeros(len(terms))
        wanted = fingerprints(terms)
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[places] == wanted, self.counts[places], 0).astype(np.float64)

    def idf(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """The weight of each term, in nats; highest for unknown ones."""
        return idf_of(self.papers, self.of(terms), shares(terms))


def idf_of(papers: int, held_by: NDArray[np.float64], background: NDArray[np.float64]) -> NDArray[np.float64]:
    """Robertson and Spärck Jones (1976), in Lucene's form that stays positive, over the store's papers and
    ``PRIOR_PAPERS`` more, of which the share ``background`` holds each term.
    """
    held = np.minimum(held_by, papers) + PRIOR_PAPERS * background
    return np.log1p((papers + PRIOR_PAPERS - held + 0.5) / (held + 0.5))
