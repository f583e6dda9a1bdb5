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

from sqlalchemy import case, insert, select, update
from sqlalchemy.orm import Session

from digest.model import ChannelName, Delivery, DeliveryState, Ruling
from digest.store.claim_statements import (
    claiming,
    gating,
    held,
    lease_from_now,
    may_be_sent,
    recording_sent,
    subscribed,
)
from digest.store.database import database_now, on_sqlite
from digest.store.deliveries import COLUMNS, TABLE, value_of
from digest.store.schema import AttemptRow

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
    statement = claiming(sqlite=on_sqlite(session), suspects=suspects, named=only is not None)
    values = lease_from_now(session, claim.lease) | {
        "of_channel": channel.value,
        "most": limit,
        "now": now,
        "token": claim.token,
        "begins": f"<{claim.token}.",
        "ends": f"@{claim.domain}>",
        "dated": now.replace(microsecond=0),
        "rendering": claim.template,
    }
    if only is not None:
        values["only"] = list(only)
    return sorted(map(value_of, session.execute(statement, values)), key=lambda delivery: delivery.id)


def claimed(session: Session, token: str) -> list[Delivery]:
    """What a claim took: read back when the answer to its COMMIT was lost."""
    return list(map(value_of, session.execute(select(*COLUMNS).where(TABLE.c.claimed_by == token))))


def gate(session: Session, token: str, fingerprints: Mapping[int, str], *, lease: timedelta) -> set[int]:
    """Commit *handing-over* for the deliveries still ours; return their ids.

    ``fingerprints`` are those of the rendered bytes, by delivery. The lease is renewed; one that is
    over is not. A subscriber who is not confirmed any more gets nothing: the delivery is closed.
    """
    given = {"given": json.dumps(dict(fingerprints)), "token": token}
    statement = gating(sqlite=on_sqlite(session))
    ids = set(session.scalars(statement, given | lease_from_now(session, lease)))
    if len(ids) < len(fingerprints):
        _stop_unwanted(session, token, set(fingerprints) - ids)
    return ids


def _stop_unwanted(session: Session, token: str, ids: Collection[int]) -> None:
    statement = (
        update(TABLE)
        .where(TABLE.c.id.in_(ids), held(), ~subscribed())
        .values(
            state=State.REFUSED,
            lease_until=None,
            finished_at=database_now(session),
            reason="the subscriber stopped before it was sent",
        )
    )
    session.execute(statement, {"token": token})


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
    references = {number: ruling.reference for number, ruling in rulings.items()}
    values = {"given": json.dumps(references), "token": token, "now": now}
    return len(session.execute(recording_sent(sqlite=on_sqlite(session)), values).all())


def _record_one(session: Session, token: str, number: int, ruling: Ruling, worker: str, now: datetime) -> int:
    ours = may_be_sent() if ruling.state is State.SENT else held()
    statement = update(TABLE).where(TABLE.c.id == number, ours).values(_settled(ruling, now))
    found = session.execute(statement.returning(TABLE.c.claim), {"token": token}).scalar_one_or_none()
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
    if not ids:
        return
    waiting = case((TABLE.c.unanswered > 0, State.UNKNOWN.value), else_=State.PLANNED.value)
    statement = (
        update(TABLE)
        .where(TABLE.c.id.in_(ids), held())
        .values(state=waiting, next_attempt_at=now, lease_until=None, attempts=TABLE.c.attempts - 1)
    )
    session.execute(statement, {"token": token})


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
