"""Counts of what the store holds, for ``digest stats`` and for metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from digest.store.database import on_sqlite
from digest.store.schema import (
    DayRow,
    DeliveryRow,
    DigestRow,
    FeedbackRow,
    ListingRow,
    PaperRow,
    SubscriberRow,
)


@dataclass(frozen=True, slots=True)
class Tally:
    """Papers, and by state what has states."""

    papers: int
    days: dict[str, int]
    subscribers: dict[str, int]
    deliveries: dict[str, int]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the store holds. ``size`` is the database's, in bytes; ``newest_day`` has papers."""

    papers: int
    listings: int
    newest_day: date | None
    days: dict[str, int]
    subscribers: dict[str, int]
    digests: int
    deliveries: dict[str, int]
    feedback: int
    size: int


def tally(session: Session) -> Tally:
    """Count what metrics tell."""
    return Tally(
        papers=_rows(session, PaperRow),
        days=_by(session, DayRow.state),
        subscribers=_by(session, SubscriberRow.state),
        deliveries=_by(session, DeliveryRow.state),
    )


def count(session: Session) -> Statistics:
    """Count everything, in one consistent read."""
    return Statistics(
        papers=_rows(session, PaperRow),
        listings=_rows(session, ListingRow),
        newest_day=session.scalar(select(func.max(ListingRow.day))),
        days=_by(session, DayRow.state),
        subscribers=_by(session, SubscriberRow.state),
        digests=_rows(session, DigestRow),
        deliveries=_by(session, DeliveryRow.state),
        feedback=_rows(session, FeedbackRow),
        size=_size(session),
    )


def _rows(session: Session, table: type) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def _by(session: Session, column: InstrumentedAttribute[str]) -> dict[str, int]:
    rows = session.execute(select(column, func.count()).group_by(column).order_by(column))
    return {state: number for state, number in rows}  # noqa: C416  a Row is no pair to dict()


def _size(session: Session) -> int:
    if on_sqlite(session):
        question = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        question = "SELECT pg_database_size(current_database())"
    return int(session.execute(text(question)).scalar_one())
