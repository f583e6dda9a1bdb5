"""How often mail to a subscriber came back: a score with a daily cap; and the alarm of refusals by policy."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.store.schema import AlarmRow, SubscriberRow


def add_soft(session: Session, subscriber_id: int, day: date, *, forget_after: timedelta) -> float:
    """Count a soft bounce, at most one a day, and return the score.

    A score older than ``forget_after`` starts anew: the mailbox worked in between.
    """
    known = session.execute(
        select(SubscriberRow.bounce_score, SubscriberRow.bounced_on)
        .where(SubscriberRow.id == subscriber_id)
        .with_for_update()
    ).one()
    if known.bounced_on is not None and known.bounced_on >= day:
        return float(known.bounce_score)
    fresh = known.bounced_on is None or day - known.bounced_on > forget_after
    score = 1.0 if fresh else known.bounce_score + 1.0
    session.execute(
        update(SubscriberRow)
        .where(SubscriberRow.id == subscriber_id)
        .values(bounce_score=score, bounced_on=day)
    )
    return float(score)


def alarm(session: Session, key: str, detail: str, now: datetime) -> None:
    """Raise an alarm, or raise a cleared one again; one that stands keeps its time and is not told twice."""
    standing = session.get(AlarmRow, key, with_for_update=True)
    if standing is None:
        session.add(AlarmRow(key=key, detail=detail, raised_at=now, told_at=None, cleared_at=None))
    elif standing.cleared_at is not None:
        standing.detail, standing.raised_at, standing.told_at, standing.cleared_at = detail, now, None, None
