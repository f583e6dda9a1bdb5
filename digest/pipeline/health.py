"""Health: what is wrong, why, and what to do about it. One list for /readyz, doctor and alarms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from digest.delivery import lasts
from digest.model import Circuit, DayState
from digest.pipeline.ledger import empty_weekdays, missing_days
from digest.store import condition
from digest.store.condition import Condition
from digest.store.database import reading

LOOK_BACK = timedelta(days=7)
"""A day that failed, is missing or was empty is told of while digests may still cover it."""
FIRST_FAILURES = 2
"""A circuit that opened by a passing fault has closed by its first probe; a refusal of us will not."""
MANY_NOTICES = 3
"""The servers of one or two addresses may keep their mails waiting; for more than that it is about us."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on it is a problem. ``waiting`` is how long a delivery may take."""

    stale: timedelta = timedelta(hours=6)
    overdue: timedelta = timedelta(hours=1)
    waiting: timedelta = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Problem:
    """``key`` is the same for as long as it is the same problem; ``remedy`` is one line."""

    key: str
    detail: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.detail}; {self.remedy}"


def look(engine: Engine, thresholds: Thresholds, *, now: datetime) -> list[Problem]:
    """Read the store and judge. Raises ``StoreError`` when the store cannot be used."""
    with reading(engine) as session:
        found = condition.read(
            session,
            since=(now - LOOK_BACK).date(),
            today=now.date(),
            overdue_by=now - min(thresholds.overdue, thresholds.waiting),
            now=now,
        )
    return problems(found, thresholds, now=now)


def problems(found: Condition, thresholds: Thresholds, *, now: datetime) -> list[Problem]:
    """Judge a condition. Pure."""
    return [
        *_source(found, thresholds, now),
        *_time(found, thresholds, now),
        *_deliveries(found),
        *(_circuit(one) for one in found.circuits if _lasts(one)),
    ]


def _source(found: Condition, thresholds: Thresholds, now: datetime) -> Iterator[Problem]:
    if found.read_at is None or now - found.read_at > thresholds.stale:
        last = f"since {found.read_at:%Y-%m-%d %H:%M} UTC" if found.read_at else "yet"
        yield Problem(
            "source.stale", f"the source was not read {last}", "see `digest days`, run `digest collect`"
        )
    yield from _days(found, now)


def _days(found: Condition, now: datetime) -> Iterator[Problem]:
    """Days that failed, weekdays never read since the store's first day, weekdays without any paper."""
    ledger = {day.day: day for day in found.ledger}
    for day in found.ledger:
        if day.state is DayState.FAILED:
            detail = f"{day.day} cannot be read: {day.reason}"
            yield Problem(
                f"source.day.{day.day}", detail, "it is retried by itself; `digest collect` does it now"
            )
    yesterday = now.date() - timedelta(days=1)
    for never in missing_days(ledger, min(ledger, default=now.date()), yesterday):
        if never not in ledger:
            yield Problem(f"source.day.{never}", f"{never} was never read", f"run `digest backfill {never}`")
    for empty in empty_weekdays(ledger, now=now):
        detail = f"{empty} is a weekday and lists no paper"
        yield Problem(f"source.empty.{empty}", detail, "look at the source's page of that day")


def _time(found: Condition, thresholds: Thresholds, now: datetime) -> Iterator[Problem]:
    if found.oldest_due and now - found.oldest_due > thresholds.overdue:
        yield Problem(
            "slots.overdue",
            f"{found.overdue} digests are overdue, the oldest since {found.oldest_due:%Y-%m-%d %H:%M} UTC",
            "is `digest run` (or a scheduler) running? `digest prepare` does it by hand",
        )
    if found.oldest_waiting and now - found.oldest_waiting > thresholds.waiting:
        yield Problem(
            "deliveries.waiting",
            f"{found.waiting} deliveries wait, the oldest since {found.oldest_waiting:%Y-%m-%d %H:%M} UTC",
            "does `digest run` (or a worker) run? See `digest deliveries list`",
        )
    if found.notices >= MANY_NOTICES:
        yield Problem(
            "notices.waiting",
            f"{found.notices} mails about subscriptions (please confirm) have waited too long",
            "does the mail server take mail? `digest doctor` asks it",
        )


def _deliveries(found: Condition) -> Iterator[Problem]:
    if found.held:
        yield Problem(
            "deliveries.held",
            f"{found.held} deliveries may have arrived and are held",
            "decide with `digest deliveries release` or `close`",
        )
    if found.poison:
        yield Problem(
            "deliveries.poison",
            f"{found.poison} deliveries are set aside",
            "see `digest deliveries list --state poison`",
        )


def _lasts(circuit: Circuit) -> bool:
    return circuit.failures >= FIRST_FAILURES or lasts(circuit.code)


def _circuit(one: Circuit) -> Problem:
    return Problem(
        f"circuit.{one.key}",
        f"{one.key} cannot be used since {one.opened_at:%Y-%m-%d %H:%M} UTC: {one.reason}",
        "correct the cause; it is probed by itself, and nobody is suspended for it",
    )
