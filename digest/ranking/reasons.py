"""Reasons whose points add up: a score is cut into tenths, and the tenths are shared out by largest
remainder.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

TENTHS = 10
"""Steps of a point: scores and reasons are shown with one decimal."""
BY_DIGITS = 2
"""Bytes of whole numbers that numpy sorts by their digits."""
RAGGED = 8
"""Times as many places as numbers that rows may take."""


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


def by_owner(owners: Ints, *keys: NDArray[Any]) -> Ints:
    """The order by owner, then by the first key, then by the next; of equals the earlier comes first.

    ``np.lexsort`` of owners that ascend, quicker: small whole numbers are sorted by their digits, and each
    owner's greater or broken ones, given last, in a row of their own.
    """
    *others, last = map(_narrow, keys)
    order = np.argsort(last, kind="stable") if last.itemsize <= BY_DIGITS else _by_row(owners, last)
    if last.itemsize > BY_DIGITS and not others:
        return order
    for key in (*reversed(others), _narrow(owners)):
        order = order[np.argsort(key[order], kind="stable")]
    return order


def _narrow(key: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in as few bytes as hold them."""
    if key.dtype.kind != "i":
        return key
    bounds = int(key.min(initial=0)), int(key.max(initial=0))
    return key.astype(np.promote_types(*map(np.min_scalar_type, bounds)))


def _by_row(owners: Ints, key: NDArray[Any]) -> Ints:
    """Each owner's in a row of their own, unless one has far more than the others."""
    counts = np.bincount(owners)
    if _ragged(counts):
        return np.lexsort((key, owners))
    rows, cells = _in_rows(owners, counts, key)
    turns = np.argsort(rows, axis=1, kind="stable").ravel().take(cells)
    return turns + (np.cumsum(counts) - counts).take(owners)


def _ragged(counts: Ints) -> bool:
    return len(counts) * int(counts.max(initial=0)) > RAGGED * int(counts.sum())


def _in_rows(owners: Ints, counts: Ints, keys: NDArray[Any]) -> tuple[Floats, Ints]:
    """Each owner's keys in a row, what is left of it infinite; and in which cell each key is."""
    width = counts.max(initial=0)
    starts = np.cumsum(counts) - counts
    cells = np.arange(len(owners)) + (np.arange(len(counts)) * width - starts).take(owners)
    rows = np.full((len(counts), width), np.inf)
    rows.ravel()[cells] = keys
    return rows, cells


def share_out(values: Floats, entry: Ints, raw: Floats) -> Ints:
    """The tenths of each share of many scores: in proportion to ``raw``, their sum exactly the score.

    ``values`` are the scores, in tenths; ``entry`` says whose each share is (ascending, each at least once).
    Hamilton's method of largest remainders; equal remainders go to the earlier one. Negative shares keep
    their sign.
    """
    counts = np.bincount(entry, minlength=len(values))
    starts = np.cumsum(counts) - counts
    total = np.add.reduceat(raw, starts)
    whole = np.where(total > 0, np.rint(values * TENTHS), 0.0)
    exact = whole.take(entry) * raw / np.where(total > 0, total, 1.0).take(entry)
    tenths = np.floor(exact)
    missing = np.clip(whole - np.add.reduceat(tenths, starts), 0, counts).astype(np.intp)
    tenths += _least(entry, counts, tenths - exact, missing)
    return tenths.astype(np.intp)


def _least(owners: Ints, counts: Ints, keys: Floats, many: Ints) -> NDArray[np.bool_]:
    """The ``many`` least keys of each owner; of equals the earlier. Each owner has one at least."""
    last = np.where(many > 0, _nth(owners, counts, keys, np.maximum(many, 1) - 1), -np.inf).take(owners)
    among = keys < last
    equal = np.flatnonzero(keys == last)
    left = many - np.add.reduceat(among, np.cumsum(counts) - counts, dtype=np.intp)
    of = owners.take(equal)
    among[equal] = np.arange(len(of)) - np.searchsorted(of, of) < left.take(of)
    return among


def _nth(owners: Ints, counts: Ints, keys: Floats, turns: Ints) -> Floats:
    """Of each owner the key that has this turn. Keys alone are sorted in half the time of their places."""
    if _ragged(counts):
        return keys[np.lexsort((keys, owners))].take(np.cumsum(counts) - counts + turns)
    rows, _ = _in_rows(owners, counts, keys)
    rows.sort(axis=1)
    return np.asarray(rows[np.arange(len(rows)), turns])
