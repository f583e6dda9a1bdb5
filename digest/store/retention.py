"""Retention: what is older than it need be goes, a bounded portion at a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from digest.model import DeliveryState
from digest.store.schema import AttemptRow, DeliveryRow, DigestRow

PORTION = 1000
"""Rows a transaction removes: a writer never waits long behind it."""
LIVING = (
    DeliveryState.PLANNED,
    DeliveryState.CLAIMED,
    DeliveryState.HANDING_OVER,
    DeliveryState.DEFERRED,
    DeliveryState.UNKNOWN,
)


def forget_attempts(session: Session, *, before: datetime, portion: int = PORTION) -> int:
    """Remove attempts made before a moment; return how many. Call again until there are none."""
    ids = session.scalars(
        select(AttemptRow.id).where(AttemptRow.at < before).order_by(AttemptRow.at).limit(portion)
    ).all()
    session.execute(delete(AttemptRow).where(AttemptRow.id.in_(ids)))
    return len(ids)


def forget_digests(session: Session, *, before: datetime, portion: int = PORTION) -> int:
    """Remove digests made before a moment with their entries and deliveries; return how many.

    A subscriber's newest digest stays, and so does one whose delivery has not ended.
    """
    newest = select(func.max(DigestRow.id)).group_by(DigestRow.subscriber_id)
    living = select(DeliveryRow.digest_id).where(DeliveryRow.state.in_(LIVING))
    ids = session.scalars(
        select(DigestRow.id)
        .where(DigestRow.created_at < before, DigestRow.id.not_in(newest), DigestRow.id.not_in(living))
        .order_by(DigestRow.created_at)
        .limit(portion)
    ).all()
    session.execute(delete(DigestRow).where(DigestRow.id.in_(ids)))
    return len(ids)
