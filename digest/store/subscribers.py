"""Subscribers: one address on one channel, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from digest.errors import NoSubscriber, NotFound
from digest.model import ACTIVE, ChannelName, EmptyDigests, Subscriber, SubscriberState
from digest.store.given import table_of
from digest.store.schema import SubscriberRow
from digest.store.upserts import upsert

TABLE = SubscriberRow.__table__
COLUMNS = (
    SubscriberRow.id,
    SubscriberRow.channel,
    SubscriberRow.address,
    SubscriberRow.state,
    SubscriberRow.timezone,
    SubscriberRow.send_at,
    SubscriberRow.weekdays,
    SubscriberRow.empty_digests,
    SubscriberRow.rising,
    SubscriberRow.paused_until,
    SubscriberRow.next_due_at,
    SubscriberRow.covered_arrival,
    SubscriberRow.covered_at,
    SubscriberRow.last_slot,
    SubscriberRow.created_at,
    SubscriberRow.confirmed_at,
    SubscriberRow.consent_source,
    SubscriberRow.suspended_reason,
)
WEEKDAYS: tuple[frozenset[int], ...] = tuple(
    frozenset(day for day in range(7) if mask >> day & 1) for mask in range(128)
)
"""The set of weekdays for each bit mask; Monday is bit 0."""

# By the word that is stored: asking the type itself takes four times as long, for every subscriber due.
CHANNELS = {one.value: one for one in ChannelName}
STATES = {one.value: one for one in SubscriberState}
EMPTY_DIGESTS = {one.value: one for one in EmptyDigests}


def mask_of(weekdays: frozenset[int]) -> int:
    """The bit mask of a set of weekdays, Monday is bit 0."""
    return sum(1 << day for day in weekdays)


def _value(row: Any) -> Subscriber:
    number, channel, address, state, timezone, send_at, weekdays, empty, *others = row
    return Subscriber(
        number,
        CHANNELS[channel],
        address,
        STATES[state],
        timezone,
        send_at,
        WEEKDAYS[weekdays],
        EMPTY_DIGESTS[empty],
        *others,
    )


def add(session: Session, subscriber: Subscriber) -> Subscriber:
    """Store a new subscriber (its ``id`` is ignored) and return it with its number.

    The database refuses a second row for the same address on the same channel.
    """
    values = _row(subscriber) | {"bounce_score": 0.0, "bounced_on": None}
    del values["id"]
    number = session.execute(insert(SubscriberRow).values(values).returning(SubscriberRow.id)).scalar_one()
    return get(session, number)


def add_or_lock(session: Session, subscriber: Subscriber) -> Subscriber:
    """Store a new subscriber, or return the row another process stored at the same moment; locked.

    Raises ``NotFound`` when that row was erased in between.
    """
    values = _row(subscriber) | {"bounce_score": 0.0, "bounced_on": None}
    del values["id"]
    session.execute(upsert(session, SubscriberRow).values(values).on_conflict_do_nothing())
    found = find(session, subscriber.channel, subscriber.address, lock=True)
    if found is None:
        raise NotFound("the subscriber was erased at the same moment", remedy="try again")
    return found


def _row(subscriber: Subscriber) -> dict[str, Any]:
    values: dict[str, Any] = {column.key: getattr(subscriber, column.key) for column in COLUMNS}
    return values | {"weekdays": mask_of(subscriber.weekdays)}


def save(session: Session, subscriber: Subscriber) -> None:
    """Write all of a subscriber's values. Raises ``NoSubscriber`` if it is gone."""
    values = _row(subscriber)
    done: Any = session.execute(
        update(SubscriberRow).where(SubscriberRow.id == values.pop("id")).values(values)
    )
    if not done.rowcount:
        raise NoSubscriber(f"there is no subscriber {subscriber.id}")


def get(session: Session, number: int, *, lock: bool = False) -> Subscriber:
    """The subscriber with this number. Raises ``NoSubscriber``.

    ``lock`` keeps others from changing it until the transaction ends (Postgres; SQLite has one writer).
    """
    question = select(*COLUMNS).where(SubscriberRow.id == number)
    row = session.execute(question.with_for_update() if lock else question).one_or_none()
    if row is None:
        raise NoSubscriber(f"there is no subscriber {number}", remedy="run `digest subscribers list`")
    return _value(row)


def find(session: Session, channel: ChannelName, address: str, *, lock: bool = False) -> Subscriber | None:
    """The subscriber with this address, or ``None``. Addresses are compared as stored: normalised."""
    question = select(*COLUMNS).where(SubscriberRow.channel == channel, SubscriberRow.address == address)
    row = session.execute(question.with_for_update() if lock else question).one_or_none()
    return None if row is None else _value(row)


def named(session: Session, name: str) -> Subscriber:
    """The subscriber a person means: by number, or by address where one channel alone has it.

    Raises ``NotFound`` when nobody has it, or several have, with their numbers.
    """
    if name.isascii() and name.isdigit():
        return get(session, int(name))
    wanted = {name.strip(), name.strip().lower()}
    question = select(*COLUMNS).where(SubscriberRow.address.in_(wanted)).order_by(SubscriberRow.id)
    rows = session.execute(question).all()
    if not rows:
        raise NotFound("there is no subscriber with that address", remedy="run `digest subscribers list`")
    if len(rows) > 1:
        numbers = " or ".join(str(row.id) for row in rows)
        raise NotFound("that address subscribes on several channels", remedy=f"give the number: {numbers}")
    return _value(rows[0])


def listed(
    session: Session,
    *,
    states: Sequence[SubscriberState] = (),
    channel: ChannelName | None = None,
    after_id: int = 0,
    limit: int = 1000,
) -> list[Subscriber]:
    """A page of subscribers in the order of their numbers, those after ``after_id``."""
    question = select(*COLUMNS).where(SubscriberRow.id > after_id).order_by(SubscriberRow.id).limit(limit)
    if states:
        question = question.where(SubscriberRow.state.in_(states))
    if channel is not None:
        question = question.where(SubscriberRow.channel == channel)
    return [_value(row) for row in session.execute(question)]


def confirmed(session: Session) -> list[int]:
    """The numbers of all confirmed subscribers."""
    question = select(SubscriberRow.id).where(SubscriberRow.state == SubscriberState.CONFIRMED)
    return list(session.scalars(question.order_by(SubscriberRow.id)))


def counts(session: Session) -> dict[SubscriberState, int]:
    """How many subscribers are in each state; states without any are there with 0."""
    rows = session.execute(select(SubscriberRow.state, func.count()).group_by(SubscriberRow.state))
    return dict.fromkeys(SubscriberState, 0) | {SubscriberState(state): number for state, number in rows}


# --- who is due ------------------------------------------------------------------------------


def anybody_due(session: Session, now: datetime) -> bool:
    """Whether a digest is due, or a pause over: a look at the index on (state, next_due_at, id)."""
    question = select(SubscriberRow.id).where(SubscriberRow.state.in_(ACTIVE))
    return session.scalar(question.where(SubscriberRow.next_due_at <= now).limit(1)) is not None


def wake(session: Session, now: datetime) -> int:
    """End the pauses whose first digest afterwards is due; to be called before ``due``."""
    done: Any = session.execute(
        update(SubscriberRow)
        .where(SubscriberRow.state == SubscriberState.PAUSED, SubscriberRow.next_due_at <= now)
        .values(state=SubscriberState.CONFIRMED, paused_until=None)
    )
    return int(done.rowcount)


def due(
    session: Session, now: datetime, *, after: Subscriber | None = None, limit: int = 1000
) -> list[Subscriber]:
    """A batch of confirmed subscribers whose digest is due, longest due first.

    Pass the last subscriber of a batch as ``after`` to get the next one. Served by the index on
    (state, next_due_at, id): the cost is that of the batch, however many are due at the same moment. The
    rows stay locked until the transaction ends, and those another process has locked are left to it.
    """
    question = (
        select(*COLUMNS)
        .where(SubscriberRow.state == SubscriberState.CONFIRMED, SubscriberRow.next_due_at <= now)
        .order_by(SubscriberRow.next_due_at, SubscriberRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if after is not None and after.next_due_at is not None:
        place = tuple_(SubscriberRow.next_due_at, SubscriberRow.id)
        question = question.where(place > tuple_(after.next_due_at, after.id))
    return [_value(row) for row in session.execute(question)]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What prepare leaves with a subscriber: the slot it closed and when the next one is due."""

    subscriber_id: int
    slot: date
    covered_arrival: int | None
    covered_at: datetime | None
    next_due_at: datetime | None


def record_prepared(session: Session, batch: Sequence[Prepared]) -> None:
    """Move a batch of subscribers on to their next slot, in one statement."""
    if not batch:
        return
    rows = [
        {
            "id": one.subscriber_id,
            "last_slot": one.slot,
            "covered_arrival": one.covered_arrival,
            "covered_at": one.covered_at,
            "next_due_at": one.next_due_at,
        }
        for one in batch
    ]
    given = table_of(session, SubscriberRow, rows)
    changed = {name: given.c[name] for name in rows[0] if name != "id"}
    session.execute(
        update(SubscriberRow).where(SubscriberRow.id == given.c.id).values(changed),
        execution_options={"synchronize_session": False},
    )


# --- ends ------------------------------------------------------------------------------------


def expire_unconfirmed(session: Session, before: datetime) -> int:
    """Remove sign-ups made before a moment that nobody confirmed.

    Who had digests stays, as somebody who left: what they were shown must not come twice.
    """
    mine = SubscriberRow.state == SubscriberState.UNCONFIRMED, SubscriberRow.created_at < before
    session.execute(
        update(SubscriberRow)
        .where(*mine, SubscriberRow.last_slot.is_not(None))
        .values(state=SubscriberState.UNSUBSCRIBED)
    )
    done: Any = session.execute(delete(SubscriberRow).where(*mine))
    return int(done.rowcount)


def suspend(session: Session, number: int, reason: str) -> None:
    """Stop writing to an address that is bad; a person can lift it (`digest subscribers resume`)."""
    session.execute(
        update(SubscriberRow)
        .where(SubscriberRow.id == number, SubscriberRow.state != SubscriberState.UNSUBSCRIBED)
        .values(state=SubscriberState.SUSPENDED, suspended_reason=reason, next_due_at=None)
    )
