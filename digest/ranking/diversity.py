"""Diversity: when more papers pass the bar than fit, near-duplicates give way.

Maximal marginal relevance (Carbonell and Goldstein 1998): the next paper is the one with the greatest ``λ ·
score − (1 − λ) · likeness`` to those taken. Only likeness beyond ``DISTINCT`` counts, so that papers of one
topic do not push each other out, but two of one benchmark do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

RELEVANCE = 0.7
"""λ: a full likeness costs as much as 4 points of score."""
DISTINCT = 0.7
"""Latent cosine up to which two papers count as different."""
AT_ONCE = 1_000
"""Profiles handled at once: bounds memory to this × papers."""


def spread_all(
    values: NDArray[np.floating],
    ordered: Sequence[list[int]],
    limits: Sequence[int],
    likeness: Callable[[], NDArray[np.floating]],
) -> list[list[int]]:
    """For each profile the papers taken, at most its limit, in the order given.

    ``values`` are profiles × papers on the scale 0 to 10; ``ordered`` each profile's papers, best first;
    ``likeness`` gives the cosines between papers, which are asked for only where something has to give way.
    """
    taken = list(ordered)
    crowded = [place for place, rows in enumerate(ordered) if len(rows) > limits[place]]
    if crowded:
        excess = np.clip((likeness() - DISTINCT) / (1 - DISTINCT), 0, 1)
        for start in range(0, len(crowded), AT_ONCE):
            some = crowded[start : start + AT_ONCE]
            kept = _spread(
                values[some], [ordered[place] for place in some], [limits[place] for place in some], excess
            )
            for place, rows in zip(some, kept, strict=True):
                taken[place] = rows
    return taken


def _spread(
    values: NDArray[np.floating],
    ordered: Sequence[list[int]],
    limits: Sequence[int],
    excess: NDArray[np.floating],
) -> list[list[int]]:
    """All profiles take their next paper at the same time."""
    counts = np.array([len(rows) for rows in ordered])
    filled = np.arange(counts.max()) < counts[:, None]
    rows = np.zeros(filled.shape, dtype=np.intp)
    rows[filled] = [row for of_profile in ordered for row in of_profile]
    worth = np.where(filled, RELEVANCE * np.take_along_axis(values, rows, axis=1) / 10, -np.inf)
    nearest = np.zeros(filled.shape)
    taken = np.zeros(filled.shape, dtype=np.bool_)
    profiles, most = np.arange(len(ordered)), np.array(limits)
    for step in range(most.max()):
        gain = np.where(taken, -np.inf, worth - (1 - RELEVANCE) * nearest)
        best = gain.argmax(axis=1)
        taken[profiles, best] |= step < most
        nearest = np.maximum(nearest, excess[rows[profiles, best][:, None], rows])
    return [
        [row for row, one in zip(of_profile, marks, strict=False) if one]
        for of_profile, marks in zip(ordered, taken.tolist(), strict=True)
    ]
