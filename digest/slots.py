"""Slots: which local date a digest belongs to, and when the next one is due. Pure.

A slot is the subscriber's local calendar date, never an instant, so summer time, clock steps,
restarts and replicas cannot double or skip it. The moment of a slot is the chosen wall time on
that date: where the clock jumps over it, the first instant after the jump; where it comes twice,
the first.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.model import Subscriber

Rhythm = tuple[frozenset[int], time, str]
"""Weekdays, wall time, timezone."""
DAY = timedelta(days=1)
WEEK = 7


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def slot_of(moment: datetime, timezone: str) -> date:
    """The local calendar date of an instant."""
    return moment.astimezone(_zone(timezone)).date()


def moment_of(day: date, send_at: time, timezone: str) -> datetime | None:
    """The instant (UTC) of a wall time on a local date; ``None`` for a date the zone left out."""
    zone = _zone(timezone)
    early = datetime.combine(day, send_at, zone).astimezone(UTC)
    late = datetime.combine(day, send_at.replace(fold=1), zone).astimezone(UTC)
    if early <= late:  # as usual, or twice: the first
        return early if slot_of(early, timezone) == day else None
    found = _end_of_jump(late, early, zone)
    return found if slot_of(found, timezone) == day else None


def _end_of_jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant between two at which the zone's offset changes, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def first_due(subscriber: Subscriber, now: datetime) -> datetime:
    """When the next digest is due: the first chosen moment at or after ``now``.

    On a chosen weekday, on a local date after ``last_slot`` (a date has one digest, whatever zone
    or hour is chosen later) and, while paused, not before ``paused_until``.
    """
    return _first_due(_rhythm(subscriber), subscriber.last_slot, subscriber.paused_until, now)


def next_due(subscriber: Subscriber, slot: date, now: datetime) -> datetime:
    """When the next digest is due after the one of ``slot``: the first chosen moment on a later date."""
    return _first_due(_rhythm(subscriber), slot, None, now)


def due_slot(subscriber: Subscriber, now: datetime) -> date:
    """The slot to prepare at ``now``: the newest chosen date whose moment has come.

    A digest due at 23:50 and prepared after midnight still belongs to the day it was due on. After
    downtime the newest of the missed slots is prepared and covers the older ones.
    """
    return _due_slot(_rhythm(subscriber), now)


# Thousands share a rhythm, so each is reckoned once.


def _rhythm(subscriber: Subscriber) -> Rhythm:
    return subscriber.weekdays, subscriber.send_at, subscriber.timezone


@lru_cache(maxsize=4096)
def _first_due(rhythm: Rhythm, last_slot: date | None, paused_until: date | None, now: datetime) -> datetime:
    weekdays, send_at, timezone = rhythm
    day = slot_of(now, timezone)
    if last_slot is not None:
        day = max(day, last_slot + DAY)
    if paused_until is not None:
        day = max(day, paused_until)
    for _ in range(3 * WEEK):  # a chosen weekday comes within one; dates a zone leaves out may cost another
        if day.weekday() in weekdays:
            moment = moment_of(day, send_at, timezone)
            if moment is not None and moment >= now:
                return moment
        day += DAY
    raise ValueError("a subscriber without weekdays is never due")


@lru_cache(maxsize=4096)
def _due_slot(rhythm: Rhythm, now: datetime) -> date:
    weekdays, send_at, timezone = rhythm
    day = slot_of(now, timezone)
    for _ in range(3 * WEEK):
        if day.weekday() in weekdays:
            moment = moment_of(day, send_at, timezone)
            if moment is not None and moment <= now:
                return day
        day -= DAY
    raise ValueError("a subscriber without weekdays is never due")
