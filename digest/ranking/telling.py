"""Shares of scores → the grounds of each (``model/grounds.py``), for thousands of scores at once.

What ``grounds_of`` makes of one score's reasons, by array operations: lines, and grounds of lines, are put in
order as numbers; their texts are then joined from the phrasebook's, a piece of all at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digest.model.separators import LINES
from digest.ranking.reasons import TENTHS, Ints, by_owner, spans
from digest.ranking.shares import Phrasebook

Texts = NDArray[np.object_]


def grounds_told(book: Phrasebook, scores: int, owners: Ints, numbers: Ints, tenths: Ints) -> list[list[str]]:
    """The grounds of so many scores. ``owners``, ascending, says whose each share is; of one score's the
    greatest comes first.
    """
    shares, lines, grounds = _arranged(book, owners, numbers)
    owners, numbers, tenths = owners[shares], numbers[shares], tenths[shares]
    texts = np.add.reduceat(_pieces(book, numbers, tenths, lines, grounds), grounds)
    turns, points = book.turns[numbers[grounds]], np.add.reduceat(tenths, grounds)
    order = by_owner(owners[grounds], turns, np.where(turns, 0, -points), shares[grounds])
    ends = np.cumsum(np.bincount(owners[grounds], minlength=scores)).tolist()
    told: list[str] = texts[order].tolist()
    return [told[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _arranged(book: Phrasebook, owners: Ints, numbers: Ints) -> tuple[Ints, Ints, Ints]:
    """The shares by score, ground and line; where each line begins among them; where each ground does.

    Of a ground the line with the greatest share comes first, and of a line that share.
    """
    lines = book.lines[numbers]
    by_line = by_owner(owners, lines)
    starts = _starts(owners[by_line], lines[by_line])
    first = by_line[starts]
    subjects = book.subjects[numbers[first]]
    order = by_owner(owners[first], subjects * len(owners) + first)
    line, place = spans(starts[order], np.diff(starts, append=len(owners))[order])
    lines, grounds = _starts(line), _starts(owners[first[order]], subjects[order])
    return by_line[place], lines, lines[grounds]


def _starts(*keys: Ints) -> Ints:
    """Where a run of equal keys begins."""
    differs = np.ones(len(keys[0]), dtype=np.bool_)
    if len(differs):
        differs[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return np.flatnonzero(differs)


def _pieces(book: Phrasebook, numbers: Ints, tenths: Ints, lines: Ints, grounds: Ints) -> Texts:
    """What each share adds to the text of its ground: ``|t4.1``; where a line begins, its head before it."""
    different = np.unique(tenths)
    points = np.array([repr(one / TENTHS) for one in different.tolist()], dtype=np.object_)
    pieces = book.places[numbers] + points[np.searchsorted(different, tenths)]
    pieces[lines] = book.heads[numbers[lines]] + pieces[lines]
    inner = np.setdiff1d(lines, grounds, assume_unique=True)
    pieces[inner] = LINES + pieces[inner]
    return np.asarray(pieces)
