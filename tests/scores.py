"""Scores of given reasons, and of given papers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from digest.model import Candidate, Profile, Reason, Score
from digest.model.grounds import grounds_of
from digest.ranking.corpus import Corpus
from digest.ranking.memory import Memory
from digest.ranking.scoring import Scored, score_on


def score_of(value: float, reasons: Sequence[Reason]) -> Score:
    """The score that these reasons make."""
    return Score(value, grounds_of(reasons))


def score_all(
    candidates: Sequence[Candidate], profiles: Sequence[Profile], corpus: Corpus, *, now: datetime
) -> Scored:
    """Every candidate for every profile, nothing known before."""
    board = Memory(corpus).board([candidate.paper for candidate in candidates])
    return score_on(board, candidates, profiles, now=now)
