"""The rules of the days ledger: which days are worth reading now, and what a reading makes of one. Pure.

A day fills over its 24 UTC hours and changes for a while after: papers are added for a day or two,
votes move for two weeks. So today and yesterday are read at every run, older days ever more rarely.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from digest.model import Day, DayState, EmptyDay, Failed, NoElement, Outcome, Papers, Reading, Redirected

REREAD = ((1, timedelta(0)), (3, timedelta(hours=3)), (7, timedelta(hours=12)))
"""(age in days, least time between reads); older days wait ``REREAD_OLD``."""
REREAD_OLD = timedelta(hours=24)

SETTLES_AFTER = timedelta(days=2)
"""After its end a day is given this long for late papers before it counts as settled."""

FIRST_PAUSE = timedelta(minutes=20)
LONGEST_PAUSE = timedelta(hours=6)
MOST_NOTES = 8
WEEKEND = frozenset({5, 6})


# --- what to read ----------------------------------------------------------------------------


def days_to_read(ledger: Mapping[date, Day], *, now: datetime, look_back: int) -> list[date]:
    """The days worth reading now, newest first: today and ``look_back`` days before, thinning with age."""
    today = now.date()
    span = (today - timedelta(days=age) for age in range(look_back + 1))
    return [day for day in span if _is_due(ledger.get(day), (today - day).days, now)]


def _is_due(known: Day | None, age: int, now: datetime) -> bool:
    if known is None or known.tried_at is None:
        return True
    if known.failures:
        return now - known.tried_at >= pause_after(known.failures)
    if known.last_read_at is None or _ended(known.day) > known.last_read_at:
        return True  # never read since the day was over
    return now - known.last_read_at >= reread_after(age)


def reread_after(age: int) -> timedelta:
    """The least time between two reads of a day that is ``age`` days old."""
    return next((wait for limit, wait in REREAD if age <= limit), REREAD_OLD)


def pause_after(failures: int) -> timedelta:
    """How long a failing day is left alone: doubling, bounded. The first retry is the next run."""
    if failures < 2:
        return timedelta(0)
    doublings: int = min(failures - 2, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


# --- what a reading makes of a day -----------------------------------------------------------


def is_suspicious(outcome: Outcome, listed: int) -> bool:
    """Whether a day that had papers now seems to have none: then nothing is believed."""
    return listed > 0 and isinstance(outcome, (EmptyDay, Redirected))


def after_success(known: Day | None, reading: Reading, *, listed: int, added: int, now: datetime) -> Day:
    """The day's row after papers were stored or the source said that there are none."""
    before = known or Day(reading.day, DayState.OPEN)
    refused = reading.outcome.refused if isinstance(reading.outcome, Papers) else ()
    return replace(
        before,
        state=state_after(known, reading.day, added=added, now=now),
        listed=listed,
        refused=len(refused),
        tier=reading.tier,
        first_read_at=before.first_read_at or now,
        last_read_at=now,
        changed_at=now if added else before.changed_at,
        tried_at=now,
        failures=0,
        reason=_words(reading.outcome) if isinstance(reading.outcome, Redirected) else "",
        notes=(*reading.notes, *(f"refused {line}" for line in refused))[:MOST_NOTES],
    )


def state_after(known: Day | None, day: date, *, added: int, now: datetime) -> DayState:
    """open until the day is over, settling until late papers are unlikely, settled; revised if more come."""
    was = known.state if known else None
    if was in {DayState.SETTLED, DayState.REVISED}:
        return DayState.REVISED if added else was
    if now < _ended(day):
        return DayState.OPEN
    return DayState.SETTLED if now >= _ended(day) + SETTLES_AFTER else DayState.SETTLING


def after_failure(known: Day | None, reading: Reading, *, now: datetime) -> Day:
    """The day's row after a read that changes nothing: what is stored stays, the reason is told.

    A day that was never read with success is failed; another keeps its state. Being asked to wait is
    no failure.
    """
    before = known or Day(reading.day, DayState.FAILED)
    asked_to_wait = isinstance(reading.outcome, Failed) and reading.outcome.retry_at is not None
    return replace(
        before,
        state=DayState.FAILED if before.first_read_at is None else before.state,
        tried_at=now,
        failures=before.failures + (0 if asked_to_wait else 1),
        reason=_words(reading.outcome),
        notes=reading.notes[:MOST_NOTES],
    )


def _words(outcome: Outcome) -> str:
    match outcome:
        case Failed(reason) | NoElement(reason):
            return reason
        case Redirected(to):
            return f"no page of its own: it leads to {to}" if to else "no page of its own"
        case EmptyDay():
            return "said to be empty, although papers of it are stored"
        case Papers():
            return ""


def _ended(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


# --- what is missing -------------------------------------------------------------------------


def missing_days(ledger: Mapping[date, Day], since: date, until: date) -> list[date]:
    """Weekdays of the span that were never read with success."""
    span = (since + timedelta(days=number) for number in range((until - since).days + 1))
    return [
        day
        for day in span
        if day.weekday() not in WEEKEND and (day not in ledger or ledger[day].first_read_at is None)
    ]


def empty_weekdays(ledger: Mapping[date, Day], *, now: datetime) -> list[date]:
    """Weekdays that are over and on which the source lists nothing: worth a look by a person."""
    return sorted(
        day
        for day, known in ledger.items()
        if day.weekday() not in WEEKEND
        and known.first_read_at is not None
        and known.listed == 0
        and now >= _ended(day)
    )
