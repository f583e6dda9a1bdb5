"""What is kept only for a time goes, portion by portion; the rest of the source stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.config import RetentionSettings
from digest.pipeline.extracting import kept_since
from digest.pipeline.pacing import SLACK
from digest.store import (
    extracts,
    limits,
    notices,
    observations,
    raw_answers,
    relations,
    retention,
    sign_ups,
    subscribers,
    wishes,
)
from digest.store.database import transaction


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many rows were removed."""

    raw_answers: int
    observations: int
    extracts: int
    relations: int


def tidy_source(engine: Engine, *, now: datetime, keep_raw_days: int, observations_days: int) -> Tidied:
    """Remove answers, observations and extracts older than their retention, and relations that no keyword
    has any more; safe to repeat at any time.
    """
    with transaction(engine) as session:
        answers = raw_answers.forget(session, before=now - timedelta(days=keep_raw_days))
    with transaction(engine) as session:
        seen = observations.forget(session, before=now - timedelta(days=observations_days))
    with transaction(engine) as session:
        read = extracts.forget(session, before=kept_since(session, now))
    with transaction(engine) as session:
        related = relations.forget(session)
    return Tidied(answers, seen, read, related)


SIGN_UPS = timedelta(days=30)
"""Longer than any bound on sign-ups looks back."""
NOTICES = timedelta(days=30)
WAITS = timedelta(days=1)


def tidy_deliveries(engine: Engine, keep: RetentionSettings, *, now: datetime) -> dict[str, int]:
    """Remove old attempts, digests, sign-ups, wishes, notices and waits; return how many, by kind.

    Safe to repeat.
    """
    attempts = now - timedelta(days=keep.attempts_days)
    digests = now - timedelta(days=keep.digests_days)
    unconfirmed = now - timedelta(days=keep.unconfirmed_days)
    wholes: dict[str, Callable[[Session], int]] = {
        "unconfirmed": lambda session: subscribers.expire_unconfirmed(session, unconfirmed),
        "wishes": lambda session: wishes.expire(session, unconfirmed),
        "sign-ups": lambda session: sign_ups.expire(session, now - SIGN_UPS),
        "waits": lambda session: limits.forget(session, SLACK, before=now - WAITS),
        "notices": lambda session: notices.expire(session, now - NOTICES),
    }
    gone = {
        "attempts": _portions(engine, lambda session: retention.forget_attempts(session, before=attempts)),
        "digests": _digests(engine, digests),
    }
    for name, forget in wholes.items():
        with transaction(engine) as session:
            gone[name] = forget(session)
    return gone


def _portions(engine: Engine, forget: Callable[[Session], int]) -> int:
    total = 0
    while True:
        with transaction(engine) as session:
            count = forget(session)
        total += count
        if count < retention.PORTION:
            return total


def _digests(engine: Engine, before: datetime) -> int:
    total, after = 0, None
    while True:
        with transaction(engine) as session:
            page = retention.forget_digests(session, before=before, after=after)
        total += page.gone
        if page.last is None:
            return total
        after = page.last
