"""How often a paper says a term, as it counts: fields weighted, long papers held back, repetition saturated.

BM25F (Robertson, Zaragoza and Taylor 2004): the counts of the fields are weighted and pooled *before*
saturation,

    tf(t, d) = Σ_f w_f · n(t, f) / (1 − b + b · len(d) / mean len),        sat = tf · (k1 + 1) / (k1 + tf)

``w_title`` = 2, ``k1`` = 2 and ``b`` = 0.5 are values measured to be good on Daily Papers archives before
this was written; they were not tuned again. With k1 = 2 ten repetitions count less than three times one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digest.ranking.terms import Counts

K1 = 2.0
B = 0.5
FIELD_WEIGHTS = (2.0, 1.0, 1.0)
"""Title, abstract, the source's keywords."""


def weighted_length(lengths: Counts) -> float:
    """Words of a paper, each field counted with its weight."""
    return sum(weight * length for weight, length in zip(FIELD_WEIGHTS, lengths, strict=True))


def saturated(pooled: NDArray[np.float64], norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """The saturated frequencies of field-weighted counts in papers of these norms, at most ``K1 + 1``."""
    frequency = pooled / norms
    return np.asarray(frequency * (K1 + 1) / (K1 + frequency))


def norms_of(lengths: Sequence[Counts], mean_length: float) -> NDArray[np.float64]:
    """How much longer papers of these words are than the mean one, softened by ``B``."""
    return norms(np.array([weighted_length(one) for one in lengths]), mean_length)


def norms(weighted: NDArray[np.float64], mean_length: float) -> NDArray[np.float64]:
    """``norms_of`` papers of these weighted lengths."""
    return np.asarray(1 - B + B * weighted / mean_length)
