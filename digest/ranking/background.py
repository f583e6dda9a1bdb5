"""How common words are in the papers of this field before a store has many of its own.

``background.txt`` gives, for common stemmed words and pairs (joined, as terms are), how many papers in a
thousand hold them: counted over the 1,587 Daily Papers of spring 2024 and of 1 March to 12 April 2026
(``benchmarks/ranking/background.py``). A store of any size takes it for so many papers of its own
(``frequencies.PRIOR_PAPERS``), so that *model* weighs little and *manipulation* much from the first day.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from digest.ranking.terms import STEMMED

FILE = "background.txt"
RARE = 0.001
"""Share of papers that hold a term which is not in the table: the table ends at five in a thousand."""


def shares(terms: Sequence[str]) -> NDArray[np.float64]:
    """The share of papers that hold each term, 0 to 1."""
    known = _table()
    return np.array([known.get(term, RARE) for term in terms], dtype=np.float64)


@cache
def _table() -> dict[str, float]:
    lines = files("digest.ranking").joinpath(FILE).read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines)
    return {STEMMED + term: int(share) / 1000 for share, *terms in rows for term in terms}
