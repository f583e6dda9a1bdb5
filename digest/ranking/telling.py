"""Shares of scores → the grounds of each (``model/grounds.py``), for thousands of scores at once.

What ``grounds_of`` makes of one score's reasons, by array operations: shares, lines of shares and grounds of
lines are put in order as numbers; then each score's text is joined from pieces of the phrasebook.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.model.separators import GROUNDS, LINES
from digest.ranking.reasons import TENTHS, Ints, by_owner, runs, spans
from digest.ranking.shares import FIELDS_TOLD, Phrasebook

Texts = NDArray[np.object_]
_BEGINS: Texts = np.array([LINES, GROUNDS], dtype=np.object_)
"""The sign before a line inside a ground, and where one begins."""


class Lines(NamedTuple):
    """The lines of grounds, in the order in which they are told.

    ``owners`` says of whose score each is; ``heads`` in which ground it stands, by the place of the ground's
    greatest share; its own shares are ``shares[starts]`` and the next, ``counts`` of them.
    """

    owners: Ints
    heads: Ints
    starts: Ints
    counts: Ints
    shares: Ints


def grounds_told(
    book: Phrasebook, scores: int, owners: Ints, numbers: NDArray[np.int32], tenths: Ints
) -> list[str]:
    """The grounds of so many scores, each score's as one text: ``~ground~ground``.

    ``owners``, ascending, says whose each share is; of one score's the greatest comes first.
    """
    of = book.lines[numbers].astype(np.intp)
    lines = _lines(book, owners, of, tenths)
    _, places = spans(lines.starts, lines.counts)
    shares = lines.shares[places]
    pieces = np.insert(
        _shares_told(book, numbers[shares], tenths[shares]),
        np.repeat(np.cumsum(lines.counts) - lines.counts, len(_BEGINS)),
        _heads_told(book, of[lines.shares[lines.starts]], lines),
    ).tolist()
    many = np.bincount(owners, minlength=scores) + len(_BEGINS) * np.bincount(lines.owners, minlength=scores)
    bounds = [0, *np.cumsum(many).tolist()]
    return ["".join(pieces[start:end]) for start, end in pairwise(bounds)]


def _lines(book: Phrasebook, owners: Ints, of: Ints, tenths: Ints) -> Lines:
    """Keywords come first, the weightiest of them before; in a ground the line with the greatest share.

    ``of`` says in which of the book's lines each share is told.
    """
    shares = by_owner(owners, of)
    starts = runs(owners[shares], of[shares])
    counts = np.diff(starts, append=len(shares))
    points = np.add.reduceat(tenths[shares], starts)
    first = shares[starts]
    owner, subject, turn = owners[first], book.subjects[of[first]], book.turns[of[first]]
    order = by_owner(owner, subject * len(shares) + first)
    begins = runs(owner[order], subject[order])
    ground = np.empty(len(order), dtype=np.intp)
    ground[order] = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(order)))
    heads = first[order[begins]][ground]
    weights = np.where(turn, 0, np.add.reduceat(points[order], begins)[ground])
    order = by_owner(owner, turn, -weights, heads * len(shares) + first)
    return Lines(owner[order], heads[order], starts[order], counts[order], shares)


def _shares_told(book: Phrasebook, numbers: NDArray[np.int32], tenths: Ints) -> Texts:
    """What each share adds to its line: ``|t4.1``."""
    different = np.unique(tenths)
    points = [repr(one / TENTHS) for one in different.tolist()]
    texts = np.array([[field + told for told in points] for field in FIELDS_TOLD], dtype=np.object_)
    return np.asarray(texts[book.fields[numbers], np.searchsorted(different, tenths)])


def _heads_told(book: Phrasebook, of: Ints, lines: Lines) -> Texts:
    """What each line begins with, in two pieces: the sign before it, and its head."""
    begins = np.zeros(len(of), dtype=np.intp)
    begins[runs(lines.owners, lines.heads)] = 1
    return np.stack([_BEGINS[begins], book.heads[of]], axis=1).ravel()
