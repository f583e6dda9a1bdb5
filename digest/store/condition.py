"""The condition of the house as the store knows it: plain values for health checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.model import Circuit, Day, DeliveryState, SubscriberState
from digest.store import circuits, days
from digest.store.schema import DayRow, DeliveryRow, SubscriberRow


@dataclass(frozen=True, slots=True)
class Condition:
    """What health is judged by. Moments are ``None`` where there is nothing to date.

    ``held`` deliveries wait for an operator; ``oldest_waiting`` is when the oldest one that is planned
    or deferred was made, ``oldest_due`` the moment of the most overdue slot.
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
    circuits: tuple[Circuit, ...] = ()


def read(session: Session, *, since: date, today: date, overdue_by: datetime) -> Condition:
    """Read the condition; the ledger's days are those from ``since`` to ``today``."""
    oldest_due, overdue = session.execute(
        select(func.min(SubscriberRow.next_due_at), func.count()).where(
            SubscriberRow.state == SubscriberState.CONFIRMED, SubscriberRow.next_due_at < overdue_by
        )
    ).one()
    oldest_waiting, waiting = session.execute(
        select(func.min(DeliveryRow.created_at), func.count()).where(
            DeliveryRow.state.in_([DeliveryState.PLANNED, DeliveryState.DEFERRED]),
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
        circuits=tuple(circuits.opened(session)),
    )


def _count(session: Session, *which: object) -> int:
    return session.scalar(select(func.count()).where(*which)) or 0  # type: ignore[arg-type]
