"""Raw evidence → the scale 0 to 10, with the same meaning for every profile and day.

A score is ten times the expected precision: of papers scored 4, about four in ten are what the profile
asked for. The logistic law was fitted to our judgements (``docs/ranking.md``: 29 topics written in four
ways each, and mixtures of topics, 156,000 pairs of wording and paper); raw evidence means the same
everywhere because each keyword's background is taken off (``relations.py``) and synonyms share their weight
(``product.py``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOP = 10.0
EVEN_ODDS = 15.3
"""Raw evidence at which half of the papers are relevant; a title that names a keyword earns about 12 by
itself.
"""
STEEPNESS = 0.28
"""Log-odds gained by each further unit of evidence, measured between 10 and 25."""
DEFAULT_BAR = 4.0
"""Points; the least score of an entry unless the profile says otherwise. On our judgements F1 is 0.66 with
a bar of 3, 0.65 with 4 and 0.63 with 5; 4 gives little away for quieter days."""


def calibrated(raw: NDArray[np.floating]) -> NDArray[np.float64]:
    """The score of raw evidence: 0 without any, ever closer to 10."""
    odds = TOP / (1 + np.exp(-STEEPNESS * (np.asarray(raw, dtype=np.float64) - EVEN_ODDS)))
    return np.where(raw > 0, odds, 0.0)


def evidence_of(value: float) -> float:
    """The raw evidence that a score stands for: the inverse of ``calibrated`` between 0 and 10."""
    return float(EVEN_ODDS + np.log(value / (TOP - value)) / STEEPNESS)
