"""Papers a subscriber put aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digest.store.schema import SavedRow
from digest.store.upserts import upsert


def save(session: Session, subscriber_id: int, paper_id: str, now: datetime) -> None:
    """Put a paper aside; once is enough."""
    values: dict[str, Any] = {"subscriber_id": subscriber_id, "paper_id": paper_id, "at": now}
    session.execute(upsert(session, SavedRow).values(values).on_conflict_do_nothing())


def remove(session: Session, subscriber_id: int, paper_id: str) -> bool:
    """Take a paper off the list; tells whether it was there."""
    done: Any = session.execute(
        delete(SavedRow).where(SavedRow.subscriber_id == subscriber_id, SavedRow.paper_id == paper_id)
    )
    return bool(done.rowcount)


def of_subscriber(session: Session, subscriber_id: int, *, limit: int = 100) -> list[str]:
    """The ids of the papers put aside, newest first."""
    question = (
        select(SavedRow.paper_id)
        .where(SavedRow.subscriber_id == subscriber_id)
        .order_by(SavedRow.at.desc(), SavedRow.paper_id)
        .limit(limit)
    )
    return list(session.scalars(question))
