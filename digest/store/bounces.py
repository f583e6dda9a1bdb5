"""How often mail to a subscriber came back: a score with a daily cap."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.store.schema import SubscriberRow


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
