"""Diversity: when more papers pass the bar than fit, near-duplicates give way.

Maximal marginal relevance (Carbonell and Goldstein 1998): the next paper is the one with the greatest ``λ ·
score − (1 − λ) · likeness`` to those taken. Only likeness beyond ``DISTINCT`` counts, so that papers of one
topic do not push each other out, but two of one benchmark do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from digest.ranking.reasons import Floats, Ints, used
from digest.ranking.vocabulary import Mask

RELEVANCE = 0.7
"""λ: a full likeness costs as much as 4 points of score."""
DISTINCT = 0.7
"""Latent cosine up to which two papers count as different."""
AT_ONCE = 1_000
"""Profiles handled at once: bounds memory to this × papers."""


def spread(
    places: Ints, rows: Ints, values: Floats, limits: Ints, likeness: Callable[[Ints], NDArray[np.floating]]
) -> Mask:
    """Which papers are taken, at most its limit of each profile.

    ``places`` (ascending) are profiles, ``rows`` papers, best first, ``values`` their scores on the scale 0
    to 10; ``likeness`` gives the cosines between papers, and is asked only where something has to give way,
    for those alone that somebody may be given.
    """
    counts = np.bincount(places, minlength=len(limits))
    turn = np.arange(len(places)) - (np.cumsum(counts) - counts)[places]
    taken = turn < limits[places]
    crowded = counts > limits
    if crowded.any():
        papers, rows = used(rows, int(rows.max()) + 1)
        excess = np.clip((likeness(papers) - DISTINCT) / (1 - DISTINCT), 0, 1)
        crowded &= _repeats(places[taken], rows[taken], excess, len(limits))
    for start in range(0, np.count_nonzero(crowded), AT_ONCE):
        some = np.flatnonzero(crowded)[start : start + AT_ONCE]
        members = np.isin(places, some)
        owners = np.searchsorted(some, places[members])
        taken[members] = _spread(owners, turn[members], rows[members], values[members], limits[some], excess)
    return taken


def _repeats(places: Ints, rows: Ints, excess: Floats, profiles: int) -> Mask:
    """Which profiles have two papers that are too much alike; the others' best need not give way."""
    alike = excess > 0
    np.fill_diagonal(alike, val=False)
    some = np.flatnonzero(alike.any(axis=1))  # most papers are like no other
    held = np.zeros((profiles, len(excess)), dtype=np.bool_)
    held[places, rows] = True
    held = held[:, some]
    near = held.astype(np.float32) @ alike[np.ix_(some, some)].astype(np.float32)
    return np.asarray((held & (near > 0)).any(axis=1))


def _spread(owners: Ints, turn: Ints, papers: Ints, values: Floats, limits: Ints, excess: Floats) -> Mask:
    """All profiles take their next paper at the same time."""
    shape = len(limits), turn.max() + 1
    filled = np.zeros(shape, dtype=np.bool_)
    filled[owners, turn] = True
    rows = np.zeros(shape, dtype=np.intp)
    rows[filled] = papers
    worth = np.full(shape, -np.inf)
    worth[filled] = RELEVANCE * values / 10
    nearest = np.zeros(shape)
    taken = np.zeros(shape, dtype=np.bool_)
    profiles = np.arange(len(limits))
    for step in range(limits.max()):
        gain = np.where(taken, -np.inf, worth - (1 - RELEVANCE) * nearest)
        best = gain.argmax(axis=1)
        taken[profiles, best] |= step < limits
        nearest = np.maximum(nearest, excess[rows[profiles, best][:, None], rows])
    return np.asarray(taken[filled])
