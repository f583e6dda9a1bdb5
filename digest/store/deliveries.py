"""The outbox: deliveries planned, merged, and looked after by an operator. Claims stand in ``claims``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, select, text, update
from sqlalchemy.orm import Session

from digest.errors import NotFound
from digest.model import Attempt, ChannelName, Delivery, DeliveryState
from digest.store.given import insert_all
from digest.store.schema import AttemptRow, DeliveryRow, DigestRow
from digest.store.schema.deliveries import TROUBLED

State = DeliveryState
TABLE: Any = DeliveryRow.__table__
ON_INDEX = frozenset({State.DEFERRED, State.REFUSED, State.UNKNOWN, State.POISON})
FIELDS = tuple(Delivery.__dataclass_fields__)
COLUMNS: tuple[Any, ...] = tuple(TABLE.c[name] for name in FIELDS)
_CHANNEL, _STATE = FIELDS.index("channel"), FIELDS.index("state")
_CHANNELS = {channel.value: channel for channel in ChannelName}
_STATES = {state.value: state for state in DeliveryState}


@dataclass(frozen=True, slots=True)
class Planned:
    """A digest that is to be delivered."""

    digest_id: int
    subscriber_id: int
    channel: ChannelName
    address: str
    slot: date


def value_of(row: Any) -> Delivery:
    """A row of ``COLUMNS`` as a value."""
    values = list(row)
    values[_CHANNEL], values[_STATE] = _CHANNELS[values[_CHANNEL]], _STATES[values[_STATE]]
    return Delivery(*values)


# --- planning --------------------------------------------------------------------------------


def plan(session: Session, planned: Sequence[Planned], *, now: datetime) -> dict[ChannelName, list[int]]:
    """Add deliveries, due at once; return the numbers of those added, by channel.

    One for a (subscriber, slot) exists once only.
    """
    added: dict[ChannelName, list[int]] = {}
    if planned:
        rows = [_row(one) for one in planned]
        statement = insert_all(session, DeliveryRow, rows, _fresh(now))
        for number, channel in session.execute(statement.returning(DeliveryRow.id, DeliveryRow.channel)):
            added.setdefault(ChannelName(channel), []).append(number)
    return added


def _row(planned: Planned) -> dict[str, Any]:
    return {
        "digest_id": planned.digest_id,
        "subscriber_id": planned.subscriber_id,
        "channel": planned.channel.value,
        "address": planned.address,
        "slot": planned.slot,
    }


def _fresh(now: datetime) -> dict[str, Any]:
    """What every new delivery starts with."""
    return {
        "state": State.PLANNED.value,
        "attempts": 0,
        "kills": 0,
        "unanswered": 0,
        "claim": 0,
        "claimed_by": "",
        "next_attempt_at": now,
        "message_id": "",
        "template": "",
        "fingerprint": "",
        "reference": "",
        "reason": "",
        "created_at": now,
    }


def merge(session: Session, subscriber_ids: Collection[int], *, now: datetime) -> dict[int, list[int]]:
    """Close what these subscribers have waiting as merged; return the digests' ids, by subscriber.

    For prepare, before it writes a newer digest that covers the same papers: that of a past day, which
    stands for itself, stays. So does what is claimed, or may have arrived already, if only in part.
    """
    covered = select(DigestRow.id).where(DigestRow.id == TABLE.c.digest_id, DigestRow.arrival_to >= 0)
    statement = (
        update(TABLE)
        .where(
            TABLE.c.subscriber_id.in_(subscriber_ids),
            TABLE.c.state.in_([State.PLANNED, State.DEFERRED]),
            TABLE.c.unanswered == 0,
            TABLE.c.reference == "",
            covered.exists(),
        )
        .values(
            state=State.MERGED,
            next_attempt_at=None,
            finished_at=now,
            reason="its papers stand in a newer digest",
        )
        .returning(TABLE.c.subscriber_id, TABLE.c.digest_id)
    )
    found: dict[int, list[int]] = {}
    for subscriber_id, digest_id in session.execute(statement):
        found.setdefault(subscriber_id, []).append(digest_id)
    return found


def last_slots(session: Session, subscriber_ids: Collection[int]) -> dict[int, date]:
    """The slot of each subscriber's newest delivery that was not merged away."""
    rows = session.execute(
        select(TABLE.c.subscriber_id, func.max(TABLE.c.slot).label("slot"))
        .where(TABLE.c.subscriber_id.in_(subscriber_ids), TABLE.c.state != State.MERGED)
        .group_by(TABLE.c.subscriber_id)
    )
    return {row.subscriber_id: row.slot for row in rows}


# --- for operators ---------------------------------------------------------------------------


def get(session: Session, number: int) -> Delivery:
    """A delivery. Raises ``NotFound``."""
    row = session.execute(select(*COLUMNS).where(TABLE.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(
            f"there is no delivery {number}", remedy="`digest deliveries list` shows those there are"
        )
    return value_of(row)


def of_digest(session: Session, digest_id: int) -> Delivery | None:
    """A digest's delivery; one that nobody wanted has none."""
    row = session.execute(select(*COLUMNS).where(TABLE.c.digest_id == digest_id)).one_or_none()
    return value_of(row) if row else None


def states(session: Session, numbers: Collection[int]) -> dict[int, State]:
    """The states of those of these deliveries that are there."""
    rows = session.execute(select(TABLE.c.id, TABLE.c.state).where(TABLE.c.id.in_(numbers)))
    return {number: State(state) for number, state in rows}


def listed(
    session: Session,
    *,
    states: Collection[DeliveryState] = (),
    channel: ChannelName | None = None,
    subscriber_id: int | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """Deliveries, newest first; all states if none is named."""
    statement = select(*COLUMNS).order_by(TABLE.c.id.desc()).limit(limit)
    if states:
        statement = statement.where(TABLE.c.state.in_(list(states)))
    if states and ON_INDEX.issuperset(states):
        statement = statement.where(text(TROUBLED))  # says to both databases that their index holds them all
    if channel is not None:
        statement = statement.where(TABLE.c.channel == channel)
    if subscriber_id is not None:
        statement = statement.where(TABLE.c.subscriber_id == subscriber_id)
    return list(map(value_of, session.execute(statement)))


def count_due(session: Session, channels: Collection[ChannelName], *, now: datetime) -> int:
    """How many deliveries may be claimed on these channels."""
    statement = select(func.count()).where(
        TABLE.c.channel.in_(list(channels)), TABLE.c.next_attempt_at <= now
    )
    return session.scalar(statement) or 0


def count_waiting(session: Session, channel: ChannelName) -> int:
    """How many deliveries are to be claimed on a channel, now or later."""
    waits = TABLE.c.channel == channel, TABLE.c.next_attempt_at.is_not(None)
    return session.scalar(select(func.count()).where(*waits)) or 0


def attempts_of(session: Session, number: int) -> list[Attempt]:
    """The attempts of a delivery that did not simply succeed, oldest first."""
    names = Attempt.__dataclass_fields__
    columns = [getattr(AttemptRow, name) for name in names]
    rows = session.execute(
        select(*columns).where(AttemptRow.delivery_id == number).order_by(AttemptRow.number)
    )
    return [Attempt(*row) for row in rows]


def put_back(
    session: Session, numbers: Collection[int], states: Collection[DeliveryState], *, now: datetime
) -> list[int]:
    """An operator's word: deliveries in these states are due at once, with a fresh age; return which."""
    statement = (
        update(TABLE)
        .where(TABLE.c.id.in_(numbers), TABLE.c.state.in_(list(states)))
        .values(
            state=case((TABLE.c.unanswered > 0, State.UNKNOWN.value), else_=State.PLANNED.value),
            next_attempt_at=now,
            first_attempt_at=None,
            finished_at=None,
            kills=0,
            attempts=0,
        )
        .returning(TABLE.c.id)
    )
    return sorted(session.scalars(statement))


def close(session: Session, numbers: Collection[int], state: DeliveryState, *, now: datetime) -> list[int]:
    """An operator's word on held deliveries: they arrived (*sent*) or shall not (*refused*)."""
    statement = (
        update(TABLE)
        .where(
            TABLE.c.id.in_(numbers),
            TABLE.c.state.in_([State.UNKNOWN, State.POISON, State.DEFERRED, State.PLANNED]),
        )
        .values(state=state, next_attempt_at=None, finished_at=now, reason="closed by an operator")
        .returning(TABLE.c.id)
    )
    return sorted(session.scalars(statement))
