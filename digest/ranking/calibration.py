"""Raw evidence → the scale 0 to 10, with the same meaning for every profile, day and size of store.

A score is ten times the expected precision: of papers scored 4, about four in ten are what the profile
asked for. The law is log-logistic, Platt's (1999) logistic of the logarithm of evidence,

    score = 10 / (1 + (EVEN_ODDS / evidence)^STEEPNESS)

so that twice the evidence always multiplies the odds by sixteen: the scale does not end where a keyword
stands in title and abstract. It was fitted to our judgements (``docs/ranking.md``: 29 topics written in four
ways each, 116,000 pairs of wording and paper for each of seven sizes of store, 5 to 2,400 papers). Evidence
means the same everywhere because what is common is known from the first paper on (``background.py``), each
keyword's background is taken off (``relations.py``) and synonyms share their weight (``dilution.py``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

TOP = 10.0
EVEN_ODDS = 8.0
"""Raw evidence at which half of the papers are relevant; a title that names a keyword earns about as much.
Between two readers: the first, who marked sparingly, says 9; the second, who marked generously, 7.8."""
STEEPNESS = 4.0
"""Log-odds by log-evidence: measured 3.9 to 4.3 between one and nine papers in ten."""
LEAST = 0.1
"""Points of whatever has any evidence: a score of nothing means that nothing was found."""
ALMOST = 0.051
"""Points that rounding to a tenth can add, and a little for the arithmetic."""
DEFAULT_BAR = 4.0
"""Points; the least score of an entry unless the profile says otherwise. F1 is within 0.03 of its greatest
here for the first reader and within 0.04 for the second, whose best bars lie above and below it."""


def calibrated(raw: NDArray[np.floating]) -> NDArray[np.float64]:
    """The score of raw evidence: 0 without any, ever closer to 10."""
    odds = (np.maximum(np.asarray(raw, dtype=np.float64), 0.0) / EVEN_ODDS) ** STEEPNESS
    return np.where(odds > 0, np.maximum(TOP * odds / (1 + odds), LEAST), 0.0)


def evidence_of(values: ArrayLike) -> NDArray[np.float64]:
    """The raw evidence that scores stand for: the inverse of ``calibrated`` from 0 to 10, which nothing
    reaches.
    """
    scores = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(EVEN_ODDS * (scores / (TOP - scores)) ** (1 / STEEPNESS))


def enough_for(bars: NDArray[np.float64]) -> NDArray[np.float64]:
    """A little less evidence than a score, rounded to a tenth, needs to reach each bar."""
    return evidence_of(np.where(bars > LEAST, np.clip(bars - ALMOST, 0.0, TOP), 0.0))
