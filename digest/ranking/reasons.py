"""Reasons whose points add up: a score is cut into tenths, and the tenths are shared out by largest
remainder.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

TENTHS = 10
"""Steps of a point: scores and reasons are shown with one decimal."""


def shown(value: float) -> float:
    """A score as shown and compared: to a tenth of a point."""
    return round(value * TENTHS) / TENTHS


def spans(starts: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """``counts[n]`` numbers from ``starts[n]`` on, for all n in a row: the n, and the numbers."""
    owners = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return owners, np.arange(len(owners)) - before[owners] + starts[owners]


def share_out(values: Floats, entry: Ints, raw: Floats) -> Ints:
    """The tenths of each share of many scores: in proportion to ``raw``, their sum exactly the score.

    ``values`` are the scores, in tenths; ``entry`` says whose each share is (ascending, each at least once).
    Hamilton's method of largest remainders; equal remainders go to the earlier one. Negative shares keep
    their sign.
    """
    starts = np.searchsorted(entry, np.arange(len(values)))
    total = np.add.reduceat(raw, starts)
    whole = np.where(total > 0, np.rint(values * TENTHS), 0.0)
    exact = whole[entry] * raw / np.where(total > 0, total, 1.0)[entry]
    floors = np.floor(exact)
    missing = whole - np.add.reduceat(floors, starts)
    by_remainder = np.lexsort((floors - exact, entry))
    turn = np.empty(len(entry), dtype=np.intp)
    turn[by_remainder] = np.arange(len(entry)) - starts[entry]
    return np.asarray(floors + (turn < missing[entry]), dtype=np.intp)
