"""The condition of the house as the store knows it: plain values for health checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from digest.model import Circuit, Day, DeliveryState, SubscriberState
from digest.store import circuits, days, notices
from digest.store.schema import DayRow, DeliveryRow, SubscriberRow


@dataclass(frozen=True, slots=True)
class Condition:
    """What health is judged by. Moments are ``None`` where there is nothing to date.

    ``held`` deliveries wait for an operator; ``oldest_waiting`` is when the oldest one that is to be tried,
    or was left by a worker that died, was made; ``notices`` wait in the same way. ``oldest_due`` is the
    moment of the most overdue slot.
    """

    read_at: datetime | None = None
    ledger: tuple[Day, ...] = ()
    subscribers: int = 0
    oldest_due: datetime | None = None
    overdue: int = 0
    oldest_waiting: datetime | None = None
    waiting: int = 0
    held: int = 0
    poison: int = 0
    notices: int = 0
    circuits: tuple[Circuit, ...] = ()


def read(session: Session, *, since: date, today: date, overdue_by: datetime, now: datetime) -> Condition:
    """Read the condition; the ledger's days are those from ``since`` to ``today``."""
    oldest_due, overdue = session.execute(
        select(func.min(SubscriberRow.next_due_at), func.count()).where(
            SubscriberRow.state == SubscriberState.CONFIRMED, SubscriberRow.next_due_at < overdue_by
        )
    ).one()
    oldest_waiting, waiting = session.execute(
        select(func.min(DeliveryRow.created_at), func.count()).where(
            or_(DeliveryRow.next_attempt_at.is_not(None), DeliveryRow.lease_until < now),
            DeliveryRow.created_at < overdue_by,
        )
    ).one()
    return Condition(
        read_at=session.scalar(select(func.max(DayRow.last_read_at))),
        ledger=tuple(days.ledger(session, since, today)),
        subscribers=_count(session, SubscriberRow.state == SubscriberState.CONFIRMED),
        oldest_due=oldest_due,
        overdue=overdue,
        oldest_waiting=oldest_waiting,
        waiting=waiting,
        held=_count(
            session, DeliveryRow.state == DeliveryState.UNKNOWN, DeliveryRow.next_attempt_at.is_(None)
        ),
        poison=_count(session, DeliveryRow.state == DeliveryState.POISON),
        notices=notices.unended(session, overdue_by),
        circuits=tuple(circuits.opened(session)),
    )


def _count(session: Session, *which: object) -> int:
    return session.scalar(select(func.count()).where(*which)) or 0  # type: ignore[arg-type]
