"""Feedback: more or less like this, and taking it back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.errors import NotFound
from digest.model import Feedback, FeedbackVerdict
from digest.ranking import Corpus, parse_profile
from digest.ranking.feedback import learn_weights
from digest.store import digests as store_digests
from digest.store import feedback as store_feedback
from digest.store import papers as store_papers
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers

DIGESTS_LOOKED_AT = 60


def give_feedback(
    session: Session, subscriber_id: int, paper_id: str, verdict: FeedbackVerdict, now: datetime
) -> None:
    """Record a word on a paper; the newest on a paper counts. Raises ``NotFound`` for a gone subscriber."""
    store_subscribers.get(session, subscriber_id, lock=True)
    store_feedback.record(session, Feedback(subscriber_id, paper_id, verdict, now))


def relearn(session: Session, subscriber_id: int, corpus: Corpus) -> None:
    """Let each learning profile learn anew from all its owner said; to be called after any word.

    A word counts for the profiles whose section showed the paper; for all where none did. Two words at once
    learn one after the other, so that the weights are those of all words. Raises ``NotFound`` for a gone
    subscriber.
    """
    store_subscribers.get(session, subscriber_id, lock=True)
    said = store_feedback.of_subscriber(session, subscriber_id)
    read = store_papers.load(session, {one.paper_id for one in said})
    shown = _shown_by(session, subscriber_id)
    for profile in store_profiles.of_subscriber(session, subscriber_id, parse_profile):
        if profile.trending or not profile.learning:
            continue
        mine = [one for one in said if profile.id in shown.get(one.paper_id, {profile.id})]
        sides = {
            verdict: [read[one.paper_id] for one in mine if one.verdict is verdict and one.paper_id in read]
            for verdict in FeedbackVerdict
        }
        taught = learn_weights(sides[FeedbackVerdict.MORE], sides[FeedbackVerdict.LESS], corpus)
        store_profiles.set_weights(session, profile.id, taught)


def _shown_by(session: Session, subscriber_id: int) -> dict[str, set[int]]:
    """The profiles that showed each paper in the last digests."""
    found: dict[str, set[int]] = {}
    for digest in store_digests.of_subscriber(session, subscriber_id, limit=DIGESTS_LOOKED_AT):
        for section in digest.sections:
            for entry in section.entries:
                found.setdefault(entry.paper_id, set()).add(section.profile_id)
    return found


def take_back(session: Session, subscriber_id: int, paper_id: str) -> bool:
    """Take a word back; tells whether there was one."""
    return store_feedback.undo(session, subscriber_id, paper_id)


def forget_term(session: Session, subscriber_id: int, profile_id: int, term: str) -> None:
    """Forget one learnt term of one's own profile. Raises ``NotFound`` for another's profile."""
    profile = store_profiles.get(session, profile_id, parse_profile)
    if profile.subscriber_id != subscriber_id:
        raise NotFound("there is no such profile")
    store_profiles.remove_weight(session, profile_id, term)


def forget_learnt(session: Session, subscriber_id: int) -> None:
    """Forget what all profiles learnt and the feedback it came from, or the next word would teach it again.

    Raises ``NotFound`` for a gone subscriber.
    """
    store_subscribers.get(session, subscriber_id, lock=True)
    store_feedback.clear(session, subscriber_id)
    for profile in store_profiles.of_subscriber(session, subscriber_id, parse_profile):
        store_profiles.set_weights(session, profile.id, ())
