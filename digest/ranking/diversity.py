"""Diversity: when more papers pass the bar than fit, near-duplicates give way.

Maximal marginal relevance (Carbonell and Goldstein 1998): the next paper is the one with the greatest ``λ ·
score − (1 − λ) · likeness`` to those taken. Only likeness beyond ``DISTINCT`` counts, so that papers of one
topic do not push each other out, but two of one benchmark do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RELEVANCE = 0.7
"""λ: a full likeness costs as much as 4 points of score."""
DISTINCT = 0.7
"""Latent cosine up to which two papers count as different."""


def spread(
    values: Sequence[float] | NDArray[np.floating], likeness: NDArray[np.floating], limit: int
) -> list[int]:
    """The places taken, at most ``limit``, in the order of ``values`` (best first, on the scale 0 to 10).

    ``likeness`` are the cosines between the papers, in the same order.
    """
    if len(values) <= limit:
        return list(range(len(values)))
    excess = np.clip((np.asarray(likeness) - DISTINCT) / (1 - DISTINCT), 0, 1)
    worth = RELEVANCE * np.asarray(values, dtype=np.float64) / 10
    nearest = np.zeros(len(values))
    taken: list[int] = []
    for _ in range(limit):
        gain = worth - (1 - RELEVANCE) * nearest
        gain[taken] = -np.inf
        best = int(np.argmax(gain))
        taken.append(best)
        nearest = np.maximum(nearest, excess[best])
    return sorted(taken)
