"""Feedback: more or less like this, and taking it back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.model import Feedback, FeedbackVerdict
from digest.store import feedback as store_feedback
from digest.store import subscribers as store_subscribers


def give_feedback(
    session: Session, subscriber_id: int, paper_id: str, verdict: FeedbackVerdict, now: datetime
) -> None:
    """Record a word on a paper; the newest on a paper counts. Raises ``NotFound`` for a gone subscriber."""
    store_subscribers.get(session, subscriber_id, lock=True)
    store_feedback.record(session, Feedback(subscriber_id, paper_id, verdict, now))


def take_back(session: Session, subscriber_id: int, paper_id: str) -> bool:
    """Take a word back; tells whether there was one."""
    return store_feedback.undo(session, subscriber_id, paper_id)
