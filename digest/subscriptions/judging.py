"""Feedback: more or less like this, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.errors import NotFound, StoreBusy
from digest.model import Feedback, FeedbackVerdict, Paper, Weight
from digest.ranking.stored_profiles import read_stored
from digest.store import digests as store_digests
from digest.store import feedback as store_feedback
from digest.store import papers as store_papers
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers
from digest.store.database import reading, transaction

if TYPE_CHECKING:
    from digest.ranking.corpus import Corpus

DIGESTS_LOOKED_AT = 60
MOST_TRIES = 4
"""One person's words come one after the other; this many at the same moment are no person's."""


def give_feedback(
    session: Session, subscriber_id: int, paper_id: str, verdict: FeedbackVerdict, now: datetime
) -> None:
    """Record a word on a paper; the newest on a paper counts. Raises ``NotFound`` for a gone subscriber."""
    store_subscribers.get(session, subscriber_id, lock=True)
    store_feedback.record(session, Feedback(subscriber_id, paper_id, verdict, now))


def take_back(session: Session, subscriber_id: int, paper_id: str) -> bool:
    """Take a word back; tells whether there was one."""
    return store_feedback.undo(session, subscriber_id, paper_id)


def relearn(session: Session, subscriber_id: int, corpus: Corpus) -> None:
    """Let each learning profile learn anew from all its owner said, in the caller's own transaction: for
    one that has to do more in it. ``judge`` learns outside. Raises ``NotFound`` for a gone subscriber.
    """
    store_subscribers.get(session, subscriber_id, lock=True)
    for profile_id, weights in _taught(_lesson(session, subscriber_id), corpus).items():
        store_profiles.set_weights(session, profile_id, weights)


def judge(
    engine: Engine,
    subscriber_id: int,
    paper_id: str,
    verdict: FeedbackVerdict | None,
    corpus: Corpus,
    now: datetime,
) -> None:
    """Record a word on a paper, or take it back (``None``), and let each learning profile learn from all.

    Learning takes longer than a write may: it happens before the transaction that stores the word and what
    it taught together. When something else was said meanwhile, it happens anew. Raises ``NotFound`` for a
    gone subscriber, ``StoreBusy`` when the words do not stop.
    """
    for _ in range(MOST_TRIES):
        with reading(engine) as session:
            known = _lesson(session, subscriber_id)
            paper = store_papers.load(session, [paper_id])
        taught = _taught(_after(known, paper_id, verdict, paper), corpus)
        with transaction(engine) as session:
            store_subscribers.get(session, subscriber_id, lock=True)
            if _lesson(session, subscriber_id) == known:
                _store(session, subscriber_id, paper_id, verdict, now)
                for profile_id, weights in taught.items():
                    store_profiles.set_weights(session, profile_id, weights)
                return
    raise StoreBusy("more was said in the meantime", remedy="try again")


def _store(
    session: Session, subscriber_id: int, paper_id: str, verdict: FeedbackVerdict | None, now: datetime
) -> None:
    if verdict is None:
        store_feedback.undo(session, subscriber_id, paper_id)
    else:
        store_feedback.record(session, Feedback(subscriber_id, paper_id, verdict, now))


# --- what there is to learn from -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Lesson:
    """All a subscriber said, the papers it was said of, who showed them, and the profiles that learn, each
    with the terms it was told to forget.
    """

    said: Mapping[str, FeedbackVerdict]
    papers: Mapping[str, Paper]
    shown: Mapping[str, set[int]]
    learners: Mapping[int, frozenset[str]]


def _lesson(session: Session, subscriber_id: int) -> _Lesson:
    said = {one.paper_id: one.verdict for one in store_feedback.of_subscriber(session, subscriber_id)}
    own = store_profiles.of_subscriber(session, subscriber_id, read_stored)
    return _Lesson(
        said=said,
        papers=store_papers.load(session, set(said)),
        shown=_shown_by(session, subscriber_id),
        learners=store_profiles.forgotten(
            session, [one.id for one in own if one.learning and not one.trending]
        ),
    )


def _shown_by(session: Session, subscriber_id: int) -> dict[str, set[int]]:
    """The profiles that showed each paper in the last digests."""
    found: dict[str, set[int]] = {}
    for digest in store_digests.of_subscriber(session, subscriber_id, limit=DIGESTS_LOOKED_AT):
        for section in digest.sections:
            for entry in section.entries:
                found.setdefault(entry.paper_id, set()).add(section.profile_id)
    return found


def _after(
    known: _Lesson, paper_id: str, verdict: FeedbackVerdict | None, paper: Mapping[str, Paper]
) -> _Lesson:
    """The lesson with one more word, newest first, or without it."""
    others = {one: word for one, word in known.said.items() if one != paper_id}
    said = others if verdict is None else {paper_id: verdict} | others
    return _Lesson(said, {**known.papers, **paper}, known.shown, known.learners)


def _taught(lesson: _Lesson, corpus: Corpus) -> dict[int, tuple[Weight, ...]]:
    """What each profile learns. A word counts for the profiles whose section showed the paper; for all
    where none did.
    """
    return {learner: _weights(lesson, learner, corpus) for learner in lesson.learners}


def _weights(lesson: _Lesson, learner: int, corpus: Corpus) -> tuple[Weight, ...]:
    from digest.ranking.feedback import learn_weights  # its libraries would hold up every other command

    mine = {
        paper_id: verdict
        for paper_id, verdict in lesson.said.items()
        if paper_id in lesson.papers and learner in lesson.shown.get(paper_id, {learner})
    }
    sides = {
        side: [lesson.papers[paper_id] for paper_id, verdict in mine.items() if verdict is side]
        for side in FeedbackVerdict
    }
    return learn_weights(
        sides[FeedbackVerdict.MORE], sides[FeedbackVerdict.LESS], corpus, forgotten=lesson.learners[learner]
    )


def forget_term(session: Session, subscriber_id: int, profile_id: int, term: str) -> None:
    """Forget one learnt term of one's own profile, whatever is said later. Raises ``NotFound`` for another's
    profile.
    """
    store_subscribers.get(session, subscriber_id, lock=True)  # who learns meanwhile learns without it
    profile = store_profiles.get(session, profile_id, read_stored)
    if profile.subscriber_id != subscriber_id:
        raise NotFound("there is no such profile")
    store_profiles.forget_weight(session, profile_id, term)


def forget_learnt(session: Session, subscriber_id: int) -> None:
    """Forget what all profiles learnt and the feedback it came from, or the next word would teach it again;
    single terms that were forgotten may be learnt again from then on.

    Raises ``NotFound`` for a gone subscriber.
    """
    store_subscribers.get(session, subscriber_id, lock=True)
    store_feedback.clear(session, subscriber_id)
    for profile in store_profiles.of_subscriber(session, subscriber_id, read_stored):
        store_profiles.reset_weights(session, profile.id)
