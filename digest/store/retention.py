"""Retention: what is older than it need be goes, a bounded portion at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select, tuple_
from sqlalchemy.orm import Session, aliased

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

Place = tuple[datetime, int]
"""Where a page of digests ended: when the last was made, and its number."""


@dataclass(frozen=True, slots=True)
class Page:
    """How many digests went, and where to go on; ``None`` at the end."""

    gone: int
    last: Place | None


def forget_attempts(session: Session, *, before: datetime, portion: int = PORTION) -> int:
    """Remove attempts made before a moment; return how many. Call again until there are none."""
    ids = session.scalars(
        select(AttemptRow.id).where(AttemptRow.at < before).order_by(AttemptRow.at).limit(portion)
    ).all()
    session.execute(delete(AttemptRow).where(AttemptRow.id.in_(ids)))
    return len(ids)


def forget_digests(
    session: Session, *, before: datetime, after: Place | None = None, portion: int = PORTION
) -> Page:
    """Look at the next ``portion`` digests made before a moment, oldest first; remove them with their
    entries and deliveries.

    A subscriber's newest digest stays, and so does one whose delivery has not ended. Call again with
    ``after`` = the page's ``last`` until that is ``None``: what stays is looked at once, not for each page.
    """
    page = select(DigestRow.id, DigestRow.created_at).where(DigestRow.created_at < before)
    if after is not None:
        page = page.where(tuple_(DigestRow.created_at, DigestRow.id) > after)
    rows = session.execute(page.order_by(DigestRow.created_at, DigestRow.id).limit(portion)).all()
    gone = _remove([row.id for row in rows], session)
    return Page(gone, (rows[-1].created_at, rows[-1].id) if len(rows) == portion else None)


def _remove(ids: list[int], session: Session) -> int:
    later, living = aliased(DigestRow), DeliveryRow
    superseded = exists().where(later.subscriber_id == DigestRow.subscriber_id, later.slot > DigestRow.slot)
    unfinished = exists().where(living.digest_id == DigestRow.id, living.state.in_(LIVING))
    removed = delete(DigestRow).where(DigestRow.id.in_(ids), superseded, ~unfinished)
    return len(session.scalars(removed.returning(DigestRow.id)).all())
