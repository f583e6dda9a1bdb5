"""Claims on the outbox: taken under a lease, gated, settled; every update is fenced.

A row may be claimed exactly while ``next_attempt_at`` is set, and is somebody's exactly while
``lease_until`` is set. A claim writes a fencing token of its own; all that its worker writes later
names that token, so a worker that slept past its lease changes nothing. Leases run on the
database's clock.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Select, Text, and_, case, cast, func, insert, literal, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from digest.model import ChannelName, Delivery, DeliveryState, Ruling, SubscriberState
from digest.store.database import database_now, on_sqlite
from digest.store.deliveries import COLUMNS, TABLE, value_of
from digest.store.schema import AttemptRow, SubscriberRow

State = DeliveryState


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim writes. ``token`` is unique to it; the rest is frozen at the first claim only.

    ``domain`` is the right side of message ids, ``template`` the version of the rendering.
    """

    token: str
    lease: timedelta
    domain: str
    template: str


def claim(
    session: Session,
    channel: ChannelName,
    claim: Claim,
    *,
    limit: int,
    now: datetime,
    suspects: bool = False,
    only: Collection[int] | None = None,
) -> list[Delivery]:
    """Take up to ``limit`` due deliveries of a channel, oldest first, and freeze their identity.

    ``suspects`` are those whose worker was killed before: they are claimed apart, so that one that
    kills workers does not take its neighbours along. ``only`` are the numbers a job names.
    """
    rows = (
        select(TABLE.c.id)
        .where(
            TABLE.c.channel == channel,
            TABLE.c.next_attempt_at <= now,
            TABLE.c.kills > 0 if suspects else TABLE.c.kills == 0,
        )
        .order_by(TABLE.c.next_attempt_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if only is not None:
        rows = rows.where(TABLE.c.id.in_(only))
    lease_until = database_now(session) + claim.lease
    own_id = literal(f"<{claim.token}.") + cast(TABLE.c.id, Text) + literal(f"@{claim.domain}>")
    statement = (
        update(TABLE)
        .where(_taken(session, rows))
        .values(
            state=State.CLAIMED,
            claim=TABLE.c.claim + 1,
            claimed_by=claim.token,
            attempts=TABLE.c.attempts + 1,
            next_attempt_at=None,
            lease_until=lease_until,
            message_id=case((TABLE.c.message_id == "", own_id), else_=TABLE.c.message_id),
            message_date=func.coalesce(TABLE.c.message_date, now.replace(microsecond=0)),
            template=case((TABLE.c.template == "", claim.template), else_=TABLE.c.template),
            first_attempt_at=func.coalesce(TABLE.c.first_attempt_at, now),
        )
        .returning(*COLUMNS)
    )
    return sorted(map(value_of, session.execute(statement)), key=lambda delivery: delivery.id)


def _taken(session: Session, rows: Select[tuple[int]]) -> Any:
    """Being one of ``rows``. Postgres would scan the whole table for an ``IN``; an array it looks up."""
    if on_sqlite(session):
        return TABLE.c.id.in_(rows.scalar_subquery())
    return TABLE.c.id == func.any(func.array(rows.scalar_subquery()))


def claimed(session: Session, token: str) -> list[Delivery]:
    """What a claim took: read back when the answer to its COMMIT was lost."""
    return list(map(value_of, session.execute(select(*COLUMNS).where(TABLE.c.claimed_by == token))))


def gate(session: Session, token: str, fingerprints: Mapping[int, str], *, lease: timedelta) -> set[int]:
    """Commit *handing-over* for the deliveries still ours; return their ids.

    ``fingerprints`` are those of the rendered bytes, by delivery. The lease is renewed; one that is
    over is not. A subscriber who is not confirmed any more gets nothing: the delivery is closed.
    """
    now = database_now(session)
    given = _given(session, fingerprints)
    ours = (TABLE.c.id == given.c.number, *_held(token), TABLE.c.lease_until > now)
    wanted = _subscribed()
    passed = session.scalars(
        update(TABLE)
        .where(*ours, wanted)
        .values(state=State.HANDING_OVER, lease_until=now + lease, fingerprint=given.c.value)
        .returning(TABLE.c.id)
    )
    ids = set(passed)
    if len(ids) < len(fingerprints):
        _stop_unwanted(session, token, set(fingerprints) - ids, now)
    return ids


def _held(token: str) -> tuple[Any, Any]:
    return TABLE.c.claimed_by == token, TABLE.c.state.in_([State.CLAIMED, State.HANDING_OVER])


def _may_be_sent(token: str) -> Any:
    states = (State.CLAIMED, State.HANDING_OVER, State.UNKNOWN, State.POISON)
    return and_(TABLE.c.claimed_by == token, TABLE.c.state.in_(states))


def _subscribed() -> Any:
    return (
        select(SubscriberRow.id)
        .where(SubscriberRow.id == TABLE.c.subscriber_id, SubscriberRow.state == SubscriberState.CONFIRMED)
        .exists()
    )


def _stop_unwanted(session: Session, token: str, ids: Collection[int], now: datetime) -> None:
    session.execute(
        update(TABLE)
        .where(TABLE.c.id.in_(ids), *_held(token), ~_subscribed())
        .values(
            state=State.REFUSED,
            lease_until=None,
            finished_at=now,
            reason="the subscriber stopped before it was sent",
        )
    )


def _given(session: Session, values: Mapping[int, str]) -> Any:
    """Values by delivery as a table to join with: one statement for a batch, on both databases."""
    plain = {str(number): value for number, value in values.items()}
    each: TableValuedAlias = (
        func.json_each(json.dumps(plain)) if on_sqlite(session) else func.json_each_text(cast(plain, JSON))
    ).table_valued("key", "value")
    return select(cast(each.c.key, BigInteger).label("number"), each.c.value).subquery("given")


# --- settling --------------------------------------------------------------------------------


def record(session: Session, token: str, rulings: Mapping[int, Ruling], *, worker: str, now: datetime) -> int:
    """Write what became of deliveries still ours; return how many were. Safe to repeat.

    That it was sent is taken down from whoever held it last, even past the lease: it is the truth, and
    nobody else has begun yet.
    """
    sent = {number: one for number, one in rulings.items() if one.state is State.SENT and not one.reason}
    rest = {number: one for number, one in rulings.items() if number not in sent}
    return _record_sent(session, token, sent, now) + sum(
        _record_one(session, token, number, ruling, worker, now) for number, ruling in rest.items()
    )


def _record_sent(session: Session, token: str, rulings: Mapping[int, Ruling], now: datetime) -> int:
    if not rulings:
        return 0
    given = _given(session, {number: ruling.reference for number, ruling in rulings.items()})
    ids = session.execute(
        update(TABLE)
        .where(TABLE.c.id == given.c.number, _may_be_sent(token))
        .values(
            state=State.SENT,
            next_attempt_at=None,
            lease_until=None,
            finished_at=now,
            reference=given.c.value,
            reason="",
        )
        .returning(TABLE.c.id)
    )
    return len(ids.all())


def _record_one(session: Session, token: str, number: int, ruling: Ruling, worker: str, now: datetime) -> int:
    ours = _may_be_sent(token) if ruling.state is State.SENT else and_(*_held(token))
    found = session.execute(
        update(TABLE).where(TABLE.c.id == number, ours).values(_settled(ruling, now)).returning(TABLE.c.claim)
    ).scalar_one_or_none()
    if found is None:
        return 0
    if ruling.note:
        session.execute(insert(AttemptRow).values(_attempt(number, found, worker, ruling, now)))
    return 1


def _settled(ruling: Ruling, now: datetime) -> dict[str, Any]:
    final = ruling.next_attempt_at is None and ruling.state is not State.UNKNOWN
    return {
        "state": ruling.state,
        "next_attempt_at": ruling.next_attempt_at,
        "lease_until": None,
        "attempts": ruling.attempts,
        "kills": ruling.kills,
        "unanswered": ruling.unanswered,
        "reference": ruling.reference,
        "reason": ruling.reason,
        "finished_at": now if final else None,
    }


def _attempt(number: int, claim: int, worker: str, ruling: Ruling, now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": number,
        "number": claim,
        "worker": worker,
        "at": now,
        "outcome": ruling.note,
        "code": ruling.code,
        "detail": ruling.reason,
    }


def release(session: Session, token: str, ids: Collection[int], *, now: datetime) -> None:
    """Give back claimed deliveries that were certainly not handed over: the attempt does not count."""
    waiting = case((TABLE.c.unanswered > 0, State.UNKNOWN.value), else_=State.PLANNED.value)
    session.execute(
        update(TABLE)
        .where(TABLE.c.id.in_(ids), *_held(token))
        .values(state=waiting, next_attempt_at=now, lease_until=None, attempts=TABLE.c.attempts - 1)
    )


def expired(session: Session, *, channels: Collection[ChannelName], limit: int) -> list[Delivery]:
    """Deliveries past their lease, by the database's clock; locked until the transaction ends."""
    rows = session.execute(
        select(*COLUMNS)
        .where(TABLE.c.lease_until < database_now(session), TABLE.c.channel.in_(list(channels)))
        .order_by(TABLE.c.lease_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(map(value_of, rows))


def recovered(
    session: Session, rulings: Iterable[tuple[Delivery, Ruling]], *, worker: str, now: datetime
) -> None:
    """Write what becomes of expired deliveries, in the transaction that found them."""
    for delivery, ruling in rulings:
        _record_one(session, delivery.claimed_by, delivery.id, ruling, worker, now)
