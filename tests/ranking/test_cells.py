"""What is kept of a table of which most is nothing gives the same rows back."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from digest.ranking.cells import Cells


def test_rows_added_portion_by_portion_come_back_in_any_order() -> None:
    dice = np.random.default_rng(1)
    table = np.where(dice.random((40, 7)) < 0.2, dice.random((40, 7)), 0.0)
    cells = Cells(7, np.float64)
    for start, end in ((0, 15), (15, 15), (15, 40)):
        cells.add(sparse.csr_matrix(table[start:end]))
    units = np.array([39, 0, 16, 16, 3])
    assert len(cells) == 40
    assert np.array_equal(cells.dense(units), table[units])
    papers = np.array([6, 0, 2, 3, 2])
    assert np.array_equal(cells.at(units, papers), table[units, papers])


def test_nothing_was_added_and_nothing_is_asked_for() -> None:
    assert Cells(3, np.bool_).dense(np.zeros(0, dtype=np.intp)).shape == (0, 3)
