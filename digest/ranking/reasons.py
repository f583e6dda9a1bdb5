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
STEP_BITS = 20
"""A tenth is cut into so many bits of steps: remainders are told apart to a millionth of it."""
MOST_STEPS = 1 << 52
"""Of shares that nearly cancel out, which are greater than their score: so many a number tells apart."""
AT_ONCE = 4_096
"""Numbers sorted at once: in a third less time than a hundred thousand, since they stay in the cache."""
WHOLE_BITS = 63
"""Of a number that is not negative."""


def shown(value: float) -> float:
    """A score as shown and compared: to a tenth of a point."""
    return round(value * TENTHS) / TENTHS


def spans(starts: NDArray[np.integer], counts: NDArray[np.integer]) -> tuple[Ints, Ints]:
    """``counts[n]`` numbers from ``starts[n]`` on, for all n in a row: the n, and the numbers."""
    ends = np.cumsum(counts, dtype=np.intp)
    some = np.flatnonzero(counts != 0)
    steps = np.zeros(ends[-1] + 1 if len(ends) else 1, dtype=np.bool_)
    steps[ends.take(some)] = True  # np.repeat takes three times as long where counts are small
    owners = some.take(np.cumsum(steps[:-1], dtype=np.intp))
    return owners, np.arange(len(owners)) + (starts - ends + counts).take(owners)


def true_cells(mask: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Rows and columns of what is true; ``np.nonzero`` of a table takes four times as long."""
    rows, columns = np.divmod(np.flatnonzero(mask), max(mask.shape[1], 1))
    return rows, columns


def used(numbers: Ints, many: int) -> tuple[Ints, Ints]:
    """The different numbers, ascending, of so ``many``; and where each stands among them."""
    marks = np.zeros(many, dtype=np.bool_)
    marks[numbers] = True
    return np.flatnonzero(marks), (np.cumsum(marks) - 1).take(numbers)


def runs(*keys: Ints) -> Ints:
    """Where a run of equal keys begins."""
    differs = np.ones(len(keys[0]), dtype=np.bool_)
    if len(differs):
        differs[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return np.flatnonzero(differs)


def by_owner(owners: Ints, *keys: Ints) -> Ints:
    """The order by owner (they ascend), then by the first key, then by the next; of equals the earlier first.

    ``np.lexsort`` of whole numbers, several times quicker: all keys of one, and its place where there is
    room, stand in one number.
    """
    packed, bits = owners, int(owners.max(initial=0)).bit_length()
    for key in keys:
        least = key.min(initial=0)
        width = int(key.max(initial=0) - least).bit_length()
        packed, bits = packed << width | (key - least), bits + width
    places = len(owners).bit_length()
    if bits + places < WHOLE_BITS:
        packed = packed << places | np.arange(len(owners))
        for some in np.split(packed, np.searchsorted(owners, owners[AT_ONCE::AT_ONCE])):
            some.sort()
        return packed & ((1 << places) - 1)
    return np.argsort(packed, kind="stable") if bits < WHOLE_BITS else np.lexsort((*reversed(keys), owners))


def share_out(values: Floats, entry: Ints, raw: Floats) -> Ints:
    """The tenths of each share of many scores: in proportion to ``raw``, their sum exactly the score.

    ``values`` are the scores, in tenths; ``entry`` says whose each share is (ascending, each at least once).
    Hamilton's method of largest remainders; remainders that are equal to a millionth of a tenth go to the
    earlier one. Negative shares keep their sign.
    """
    starts = runs(entry)
    total = np.bincount(entry, weights=raw, minlength=len(values))
    whole = np.where(total > 0, np.rint(values * TENTHS), 0.0)
    scale = np.ldexp(whole, STEP_BITS) / np.where(total > 0, total, 1.0)
    steps = np.clip(np.rint(scale.take(entry) * raw), -MOST_STEPS, MOST_STEPS).astype(np.intp)
    tenths, remainders = steps >> STEP_BITS, steps & ((1 << STEP_BITS) - 1)
    given = np.append(0, np.cumsum(tenths)).take(np.append(starts, len(entry)))
    missing = whole.astype(np.intp) - np.diff(given)
    chosen = np.arange(len(entry)) < (starts + missing).take(entry)
    tenths[by_owner(entry, -remainders).compress(chosen)] += 1
    return tenths
