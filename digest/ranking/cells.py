"""Units × papers, of which most are nothing: only what is something is kept, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.ranking.reasons import Ints, spans


class Cells:
    """A table of units × papers that grows by rows; ``dense`` gives some of them as they are.

    A tenth of the cells hold evidence, and a batch asks for a fifth of the units that are remembered.
    """

    def __init__(self, papers: int, kind: type[np.generic]) -> None:
        self.papers = papers
        self._bounds: Ints = np.zeros(1, dtype=np.intp)
        self._columns: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        self._values: NDArray[Any] = np.zeros(0, dtype=kind)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._bounds) - 1

    def add(self, rows: sparse.csr_matrix) -> None:
        """More rows (units × papers), below those there are."""
        self._bounds = np.concatenate([self._bounds, self._bounds[-1] + rows.indptr[1:]])
        self._columns = np.concatenate([self._columns, rows.indices.astype(np.int32)])
        self._values = np.concatenate([self._values, rows.data.astype(self._values.dtype)])

    def dense(self, units: Ints) -> NDArray[Any]:
        """The rows of these units."""
        found = np.zeros((len(units), self.papers), dtype=self._values.dtype)
        of, at = spans(self._bounds[units], self._bounds[units + 1] - self._bounds[units])
        found.ravel()[of * self.papers + self._columns.take(at)] = self._values.take(at)
        return found

    def at(self, units: Ints, papers: Ints) -> NDArray[Any]:
        """Cells, pair by pair."""
        used, places = np.unique(units, return_inverse=True)
        return np.asarray(self.dense(used)[places, papers])
