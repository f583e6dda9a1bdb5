"""Scores of given reasons."""

from __future__ import annotations

from collections.abc import Sequence

from digest.model import Reason, Score
from digest.model.grounds import grounds_of


def score_of(value: float, reasons: Sequence[Reason]) -> Score:
    """The score that these reasons make."""
    return Score(value, grounds_of(reasons))
