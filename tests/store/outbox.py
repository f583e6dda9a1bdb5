"""Fills an outbox for tests: confirmed subscribers, each with one small digest, planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

from sqlalchemy import Engine, insert, select, text, update

from digest.model import Account, ChannelName, Delivery, Digest, DigestKind, SubscriberState
from digest.store import deliveries, digests
from digest.store.database import reading, transaction
from digest.store.schema import DeliveryRow, SubscriberRow

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
SLOT = date(2026, 3, 2)
ACCOUNT = Account(NOW, (), 0, 0, 0, 0, 0, 0, 0)
DIGEST = Digest(0, SLOT, DigestKind.EMPTY, (), ACCOUNT, "UTC", time(7, 30))
COVERAGE = digests.Coverage(None, 0, None)


def address_of(number: int) -> str:
    return f"reader{number}@example.org"


def subscribe(engine: Engine, count: int, *, channel: ChannelName = ChannelName.EMAIL) -> list[int]:
    """Add confirmed subscribers; return their numbers."""
    with transaction(engine) as session:
        already = session.scalar(select(SubscriberRow.id).order_by(SubscriberRow.id.desc()).limit(1)) or 0
        rows = [_subscriber(already + 1 + step, channel) for step in range(count)]
        return list(session.scalars(insert(SubscriberRow).returning(SubscriberRow.id), rows))


def _subscriber(number: int, channel: ChannelName) -> dict[str, object]:
    return {
        "channel": channel.value,
        "address": address_of(number),
        "state": SubscriberState.CONFIRMED.value,
        "timezone": "UTC",
        "send_at": time(7, 30),
        "weekdays": 127,
        "empty_digests": "weekly",
        "rising": True,
        "created_at": NOW,
        "consent_source": "test",
        "suspended_reason": "",
        "bounce_score": 0.0,
    }


def plan(
    engine: Engine,
    subscriber_ids: Sequence[int],
    *,
    slot: date = SLOT,
    now: datetime = NOW,
    channel: ChannelName = ChannelName.EMAIL,
) -> None:
    """Give each subscriber a digest of a slot and plan its delivery."""
    with transaction(engine) as session:
        made = digests.add(
            session,
            [(replace(DIGEST, subscriber_id=number, slot=slot), COVERAGE) for number in subscriber_ids],
            now=now,
        )
        planned = [
            deliveries.Planned(one.id, one.subscriber_id, channel, address_of(one.subscriber_id), slot)
            for one in made
        ]
        deliveries.plan(session, planned, now=now)


def fill(engine: Engine, count: int, *, channel: ChannelName = ChannelName.EMAIL) -> list[int]:
    """Subscribers with one planned delivery each; return the deliveries' ids."""
    numbers = subscribe(engine, count, channel=channel)
    plan(engine, numbers, channel=channel)
    return [one.id for one in all_of(engine) if one.subscriber_id in set(numbers)]


def all_of(engine: Engine) -> list[Delivery]:
    """Every delivery, by id."""
    with reading(engine) as session:
        rows = session.execute(select(*deliveries.COLUMNS).order_by(deliveries.TABLE.c.id))
        return list(map(deliveries.value_of, rows))


def one_of(engine: Engine, number: int) -> Delivery:
    return next(one for one in all_of(engine) if one.id == number)


def set_state(engine: Engine, subscriber_id: int, state: SubscriberState) -> None:
    with transaction(engine) as session:
        session.execute(
            update(SubscriberRow).where(SubscriberRow.id == subscriber_id).values(state=state.value)
        )


def end_leases(engine: Engine) -> None:
    """As if the leases had run out."""
    with transaction(engine) as session:
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.lease_until.is_not(None))
            .values(lease_until=datetime(2000, 1, 1, tzinfo=UTC))
        )


def freeze(engine: Engine, *, frozen: bool) -> None:
    """Make every connection of the pool refuse to write (it has one: nothing else runs)."""
    with engine.connect().execution_options(read_only=True) as connection:
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if frozen else 'OFF'}")


def analyze(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("ANALYZE"))
