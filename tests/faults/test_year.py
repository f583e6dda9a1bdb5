"""The year: replicas that restart at random, awkward hours and zones, and exactly one digest a local date."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from digest.model import ChannelName, Subscriber
from digest.pipeline import prepare as prepare_module
from digest.pipeline.editions import Limits
from digest.pipeline.prepare import prepare
from digest.pipeline.rankings import Rules
from digest.slots import first_due, slot_of
from digest.store import subscribers
from digest.store.database import reading, transaction
from digest.store.schema import DeliveryRow, DigestRow, SubscriberRow
from tests.store.outbox import subscribe

HARD = (
    ("Europe/Berlin", time(2, 30)),
    ("America/New_York", time(1, 30)),
    ("Australia/Lord_Howe", time(1, 45)),
    ("Europe/Dublin", time(1, 30)),
    ("Africa/Cairo", time(0, 0)),
    ("Asia/Beirut", time(0, 0)),
    ("America/Santiago", time(0, 0)),
    ("Asia/Kathmandu", time(23, 59)),
)
SPRING = datetime(2026, 3, 26, 12, tzinfo=UTC)  # Berlin, Dublin and Beirut change on the 29th
RULES = Rules(bar=5.0, limit=10, limits=Limits(catch_up=7, late=14))


def settle_in(engine: Engine, begins: datetime) -> list[int]:
    """A subscriber for each zone, who wants a digest every day, papers or not."""
    numbers = subscribe(engine, len(HARD), channel=ChannelName.FILE)
    with transaction(engine) as session:
        for number, (zone, hour) in zip(numbers, HARD, strict=True):
            row = update(SubscriberRow).where(SubscriberRow.id == number)
            session.execute(row.values(timezone=zone, send_at=hour, empty_digests="always"))
            due = first_due(subscribers.get(session, number), begins)
            session.execute(row.values(next_due_at=due))
    return numbers


def live(engine: Engine, begins: datetime, days: int, replicas: int) -> None:
    """Each replica wakes about every two hours, with a clock of its own; one in ten times it is down."""
    chance = random.Random(3)
    skew = [timedelta(seconds=chance.uniform(-5, 5)) for _ in range(replicas)]
    wakes = sorted(
        (begins + timedelta(hours=step, minutes=chance.uniform(0, 120)), replica)
        for step in range(0, days * 24, 2)
        for replica in range(replicas)
    )
    for moment, replica in wakes:
        if chance.random() > 0.1:
            prepare(engine, RULES, now=moment + skew[replica])


def wrong(engine: Engine, numbers: list[int], begins: datetime, days: int) -> list[str]:
    """What broke the promise: a date left out or doubled, too few or too many."""
    found = []
    with reading(engine) as session:
        for number, (zone, _) in zip(numbers, HARD, strict=True):
            mine = select(DigestRow.slot).where(DigestRow.subscriber_id == number).order_by(DigestRow.slot)
            slots = list(session.scalars(mine))
            in_turn = [slots[0] + timedelta(days=step) for step in range(len(slots))]
            started = slots[0] - slot_of(begins, zone) <= timedelta(days=1)
            if slots != in_turn or not days - 1 <= len(slots) <= days + 1 or not started:
                found.append(f"{zone}: {len(slots)} digests from {slots[0]} to {slots[-1]}")
        planned = session.scalar(select(func.count()).select_from(DeliveryRow))
        made = session.scalar(select(func.count()).select_from(DigestRow))
    return found if planned == made else [*found, f"{made} digests, {planned} deliveries"]


@pytest.mark.timeout(3600)
def test_every_local_date_has_exactly_one_digest(sqlite_engine: Engine, soak: bool) -> None:
    begins, days, replicas = (datetime(2026, 1, 1, 12, tzinfo=UTC), 365, 5) if soak else (SPRING, 6, 2)
    numbers = settle_in(sqlite_engine, begins)
    live(sqlite_engine, begins, days, replicas)
    assert wrong(sqlite_engine, numbers, begins, days) == []


def test_the_judge_sees_a_twin_whose_days_drift(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin counts hours from its last run, two of them too many: soon a date is left out."""

    def later(_subscriber: Subscriber, _slot: date, now: datetime) -> datetime:
        return now + timedelta(hours=26)

    monkeypatch.setattr(prepare_module, "next_due", later)
    numbers = settle_in(sqlite_engine, SPRING)
    live(sqlite_engine, SPRING, 9, 1)
    assert wrong(sqlite_engine, numbers, SPRING, 9)
