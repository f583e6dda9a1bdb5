"""Slots: which local date a digest belongs to, and when the next one is due. Pure.

A slot is the subscriber's local calendar date, never an instant, so summer time, clock steps,
restarts and replicas cannot double or skip it. The moment of a slot is the chosen wall time on
that date: where the clock jumps over it, the first instant after the jump; where it comes twice,
the first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.model import Subscriber

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
    day = slot_of(now, subscriber.timezone)
    if subscriber.last_slot is not None:
        day = max(day, subscriber.last_slot + DAY)
    if subscriber.paused_until is not None:
        day = max(day, subscriber.paused_until)
    for _ in range(3 * WEEK):  # a chosen weekday comes within one; dates a zone leaves out may cost another
        if day.weekday() in subscriber.weekdays:
            moment = moment_of(day, subscriber.send_at, subscriber.timezone)
            if moment is not None and moment >= now:
                return moment
        day += DAY
    raise ValueError("a subscriber without weekdays is never due")


def next_due(subscriber: Subscriber, slot: date, now: datetime) -> datetime:
    """When the next digest is due after the one of ``slot``: the first chosen moment on a later date."""
    return first_due(replace(subscriber, last_slot=slot, paused_until=None), now)


def due_slot(subscriber: Subscriber, now: datetime) -> date:
    """The slot to prepare at ``now``: the newest chosen date whose moment has come.

    A digest due at 23:50 and prepared after midnight still belongs to the day it was due on. After
    downtime the newest of the missed slots is prepared and covers the older ones.
    """
    day = slot_of(now, subscriber.timezone)
    for _ in range(3 * WEEK):
        if day.weekday() in subscriber.weekdays:
            moment = moment_of(day, subscriber.send_at, subscriber.timezone)
            if moment is not None and moment <= now:
                return day
        day -= DAY
    raise ValueError("a subscriber without weekdays is never due")
