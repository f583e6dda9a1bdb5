"""What came back: a score of bounces with a daily cap, and who called our mail spam."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from digest.model import ChannelName, DeliveryState
from digest.store.schema import DeliveryRow, SubscriberRow

COMPLAINED = "called our mail spam"
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Complaints:
    """How many subscribers called mail spam in a week, and how many mails were sent in it."""

    count: int
    mails: int

    @property
    def rate(self) -> float:
        """The part of the mails; nought where there is no complaint."""
        return self.count / max(self.mails, self.count, 1)


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


def complained(session: Session, subscriber_id: int, day: date) -> None:
    """Note on the subscriber that it called our mail spam; the newest day stands."""
    session.execute(
        update(SubscriberRow)
        .where(SubscriberRow.id == subscriber_id)
        .values(suspended_reason=COMPLAINED, bounced_on=day)
    )


def complaints(session: Session, today: date) -> Complaints:
    """Complaints and mails of the week up to today. Reads the outbox whole: not for every tick."""
    since = today - WEEK
    count = session.execute(
        select(func.count()).where(
            SubscriberRow.suspended_reason == COMPLAINED, SubscriberRow.bounced_on >= since
        )
    ).scalar_one()
    mails = session.execute(
        select(func.count()).where(
            DeliveryRow.channel == ChannelName.EMAIL,
            DeliveryRow.state == DeliveryState.SENT,
            DeliveryRow.slot >= since,
        )
    ).scalar_one()
    return Complaints(count, mails)
