"""Units × papers, of which most are nothing: only what is something is kept, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.ranking.reasons import Ints


class Cells:
    """A table of units × papers that grows by rows; ``dense`` gives some of them as they are.

    A tenth of the cells hold evidence, and a batch asks for a fifth of the units that are remembered.
    """

    def __init__(self, papers: int, kind: type[np.generic]) -> None:
        self._rows: sparse.csr_matrix[Any] = sparse.csr_matrix(np.zeros((0, papers), dtype=kind))

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self._rows.shape[0])

    def add(self, rows: sparse.csr_matrix) -> None:
        """More rows (units × papers), below those there are."""
        self._rows = sparse.vstack([self._rows, rows.astype(self._rows.dtype)], format="csr")

    def dense(self, units: Ints) -> NDArray[Any]:
        """The rows of these units."""
        return self._rows[units].toarray()

    def at(self, units: Ints, papers: Ints) -> NDArray[Any]:
        """Cells, pair by pair."""
        used, places = np.unique(units, return_inverse=True)
        return np.asarray(self.dense(used)[places, papers])
