"""The ledger of days: what is known of each, and why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from digest.model import Day, DayState, Tier
from digest.store.schema import DayRow
from digest.store.upserts import upsert

COLUMNS: tuple[Any, ...] = (
    DayRow.day,
    DayRow.state,
    DayRow.listed,
    DayRow.refused,
    DayRow.tier,
    DayRow.first_read_at,
    DayRow.last_read_at,
    DayRow.changed_at,
    DayRow.failures,
    DayRow.reason,
    DayRow.notes,
    DayRow.tried_at,
)


def ledger(session: Session, since: date, until: date) -> list[Day]:
    """The known days from ``since`` to ``until``, both included, oldest first."""
    statement = select(*COLUMNS).where(DayRow.day.between(since, until)).order_by(DayRow.day)
    return [_day(row) for row in session.execute(statement)]


def load(session: Session, day: date) -> Day | None:
    """What is known of one day."""
    row = session.execute(select(*COLUMNS).where(DayRow.day == day)).one_or_none()
    return _day(row) if row else None


def save(session: Session, day: Day) -> None:
    """Write the day's row."""
    values = {
        "state": day.state.value,
        "listed": day.listed,
        "refused": day.refused,
        "tier": day.tier.value if day.tier else None,
        "first_read_at": day.first_read_at,
        "last_read_at": day.last_read_at,
        "changed_at": day.changed_at,
        "failures": day.failures,
        "reason": day.reason,
        "notes": list(day.notes),
        "tried_at": day.tried_at,
    }
    statement = upsert(session, DayRow).values(day=day.day, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[DayRow.day], set_=values))


def last_success(session: Session) -> datetime | None:
    """When any day was last read with success: the freshness of the source."""
    return session.scalar(select(func.max(DayRow.last_read_at)))


def _day(row: Row[*tuple[Any, ...]]) -> Day:
    return Day(
        day=row.day,
        state=DayState(row.state),
        listed=row.listed,
        refused=row.refused,
        tier=Tier(row.tier) if row.tier else None,
        first_read_at=row.first_read_at,
        last_read_at=row.last_read_at,
        changed_at=row.changed_at,
        failures=row.failures,
        reason=row.reason,
        notes=tuple(row.notes),
        tried_at=row.tried_at,
    )
