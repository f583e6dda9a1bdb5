"""Shares of scores → the grounds of each (``model/grounds.py``), for thousands of scores at once.

What ``grounds_of`` makes of one score's reasons, by array operations. A line of a ground is the same text for
all readers to whom a paper says the same of a keyword, for as many points; it is written once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from digest.model.separators import FIELDS, LINES
from digest.ranking.reasons import TENTHS, Ints
from digest.ranking.shares import Phrasebook

WIDTH = 4_096
"""Tenths of a point that are told apart, as many below nothing as above."""


def grounds_told(
    book: Phrasebook, scores: int, owners: Ints, numbers: Ints, tenths: Ints
) -> list[tuple[str, ...]]:
    """The grounds of so many scores. ``owners``, ascending, says whose each share is; of one score's the
    greatest comes first.
    """
    turns, subjects, lines = book.order_of(numbers)
    order = np.lexsort((lines, owners))
    starts = _starts(owners[order], lines[order])
    first = order[starts]
    texts = _lines(book, numbers[order], tenths[order], starts)
    points = np.add.reduceat(tenths[order], starts) if len(starts) else tenths
    order = np.lexsort((first, subjects[first], turns[first], owners[first]))
    first, points, texts = first[order], points[order], [texts[place] for place in order.tolist()]
    starts = _starts(owners[first], turns[first], subjects[first])
    grounds = _joined(texts, [*starts.tolist(), len(texts)])
    points = np.add.reduceat(points, starts) if len(starts) else points
    first = first[starts]
    order = np.lexsort((first, np.where(turns[first], 0, -points), turns[first], owners[first]))
    ends = np.cumsum(np.bincount(owners[first], minlength=scores)).tolist()
    told = [grounds[place] for place in order.tolist()]
    return [tuple(told[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _starts(*keys: Ints) -> Ints:
    """Where a run of equal keys begins."""
    differs = np.ones(len(keys[0]), dtype=np.bool_)
    if len(differs):
        differs[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return np.flatnonzero(differs)


def _lines(book: Phrasebook, numbers: Ints, tenths: Ints, starts: Ints) -> list[str]:
    """The text of each line, which begins at its start; each that is the same is written once."""
    lengths = np.diff(starts, append=len(numbers))
    codes = numbers * WIDTH + tenths
    texts = np.empty(len(starts), dtype=np.object_)
    for length in np.unique(lengths).tolist():
        lines = np.flatnonzero(lengths == length)
        shares = codes[starts[lines, None] + np.arange(length)]
        different, places = _distinct(shares)
        written = np.empty(len(different), dtype=np.object_)
        written[:] = [_line(book, codes) for codes in different.tolist()]
        texts[lines] = written[places]
    found: list[str] = texts.tolist()
    return found


def _distinct(rows: Ints) -> tuple[Ints, Ints]:
    """The different rows, and which of them each is."""
    order = np.lexsort(rows.T[::-1])
    starts = _starts(*rows[order].T)
    places = np.empty(len(rows), dtype=np.intp)
    places[order] = np.cumsum(np.bincount(starts, minlength=len(rows))) - 1
    return rows[order[starts]], places


def _line(book: Phrasebook, codes: Sequence[int]) -> str:
    """``ground_of`` the reasons that share a line."""
    number, _ = _share(codes[0])
    return FIELDS.join((book.heads[number], *[_written(book, *_share(code)) for code in codes]))


def _share(code: int) -> tuple[int, int]:
    """The number and the tenths that make a code."""
    number, above = divmod(code + WIDTH // 2, WIDTH)
    return number, above - WIDTH // 2


def _written(book: Phrasebook, number: int, tenths: int) -> str:
    return f"{book.places[number]}{tenths / TENTHS!r}"


def _joined(texts: Sequence[str], bounds: Sequence[int]) -> list[str]:
    return [
        texts[start] if end == start + 1 else LINES.join(texts[start:end]) for start, end in pairwise(bounds)
    ]
