"""Wishes that wait: what a known address without a subscription asks for, until it confirms."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digest.store.schema import WishesRow
from digest.store.upserts import upsert


class Waiting(NamedTuple):
    """Wishes as plain values, and when they were told."""

    wishes: dict[str, Any]
    asked_at: datetime


def keep(session: Session, subscriber_id: int, wishes: dict[str, Any], at: datetime) -> None:
    """Keep wishes in the place of any that wait already."""
    told = {"wishes": wishes, "asked_at": at}
    insert = upsert(session, WishesRow).values(subscriber_id=subscriber_id, **told)
    session.execute(insert.on_conflict_do_update(index_elements=["subscriber_id"], set_=told))


def find(session: Session, subscriber_id: int) -> Waiting | None:
    """The wishes that wait, or ``None``."""
    question = select(WishesRow.wishes, WishesRow.asked_at).where(WishesRow.subscriber_id == subscriber_id)
    row = session.execute(question).one_or_none()
    return None if row is None else Waiting(row.wishes, row.asked_at)


def forget(session: Session, subscriber_id: int) -> None:
    """Remove what waits: it is confirmed, or its owner decided otherwise."""
    session.execute(delete(WishesRow).where(WishesRow.subscriber_id == subscriber_id))


def expire(session: Session, before: datetime) -> int:
    """Remove wishes told before a moment that nobody confirmed."""
    done: Any = session.execute(delete(WishesRow).where(WishesRow.asked_at < before))
    return int(done.rowcount)
