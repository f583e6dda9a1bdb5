"""Feedback: more or less like this, and taking it back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.errors import NotFound
from digest.model import Feedback, FeedbackVerdict
from digest.ranking import parse_profile
from digest.store import feedback as store_feedback
from digest.store import profiles as store_profiles
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


def forget_learnt(session: Session, subscriber_id: int, profile_id: int, term: str | None) -> None:
    """Forget one learnt term of one's own profile, or all (``None``). Raises ``NotFound`` for another's."""
    profile = store_profiles.get(session, profile_id, parse_profile)
    if profile.subscriber_id != subscriber_id:
        raise NotFound("there is no such profile")
    if term is None:
        store_profiles.set_weights(session, profile_id, ())
    else:
        store_profiles.remove_weight(session, profile_id, term)
