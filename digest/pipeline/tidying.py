"""What is kept only for a time: raw answers and the history of votes. The rest of the source stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from digest.store import observations, raw_answers
from digest.store.database import transaction


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many rows were removed."""

    raw_answers: int
    observations: int


def tidy_source(engine: Engine, *, now: datetime, keep_raw_days: int, observations_days: int) -> Tidied:
    """Remove raw answers and observations older than their retention; safe to repeat at any time."""
    with transaction(engine) as session:
        answers = raw_answers.forget(session, before=now - timedelta(days=keep_raw_days))
    with transaction(engine) as session:
        seen = observations.forget(session, before=now - timedelta(days=observations_days))
    return Tidied(answers, seen)
