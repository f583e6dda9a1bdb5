"""Feedback, suppressions and sign-ups: one word each, bounded."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import Engine

from digest.model import ChannelName, Feedback, FeedbackVerdict, Subscriber, SubscriberState
from digest.store import feedback, sign_ups, subscribers, suppressions
from digest.store.database import transaction
from digest.store.sign_ups import Counts, Outcome

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ADA = Subscriber(
    0, ChannelName.EMAIL, "ada@example.org", SubscriberState.CONFIRMED, "UTC", time(7, 30), created_at=NOW
)


def test_the_newest_word_on_a_paper_counts(engine: Engine) -> None:
    with transaction(engine) as session:
        ada = subscribers.add(session, ADA).id
        feedback.record(session, Feedback(ada, "2503.02130", FeedbackVerdict.MORE, NOW))
        feedback.record(session, Feedback(ada, "2503.00001", FeedbackVerdict.MORE, NOW))
        last = Feedback(ada, "2503.02130", FeedbackVerdict.LESS, LATER)
        feedback.record(session, last)
        found = feedback.of_subscriber(session, ada)
    assert found[0] == last
    assert len(found) == 2


def test_a_word_can_be_taken_back_and_so_can_all(engine: Engine) -> None:
    with transaction(engine) as session:
        ada = subscribers.add(session, ADA).id
        for paper in ("1", "2", "3"):
            feedback.record(session, Feedback(ada, paper, FeedbackVerdict.MORE, NOW))
        assert feedback.undo(session, ada, "1")
        assert not feedback.undo(session, ada, "1")
        assert feedback.clear(session, ada) == 2
        assert feedback.of_subscriber(session, ada) == []


def test_the_first_reason_of_a_suppression_stays_until_it_is_lifted(engine: Engine) -> None:
    with transaction(engine) as session:
        suppressions.add(session, ChannelName.EMAIL, "a" * 64, "complaint", NOW)
        suppressions.add(session, ChannelName.EMAIL, "a" * 64, "bounce", LATER)
        assert suppressions.reason(session, ChannelName.EMAIL, "a" * 64) == "complaint"
        assert suppressions.reason(session, ChannelName.SLACK, "a" * 64) is None
        assert suppressions.remove(session, ChannelName.EMAIL, "a" * 64)
        assert not suppressions.remove(session, ChannelName.EMAIL, "a" * 64)
        assert suppressions.reason(session, ChannelName.EMAIL, "a" * 64) is None


def test_sign_ups_are_counted_per_network_in_all_and_mailed_per_address(engine: Engine) -> None:
    with transaction(engine) as session:
        sign_ups.record(session, "ada", "home", Outcome.MAILED, NOW)
        sign_ups.record(session, "ada", "home", Outcome.QUIET, LATER)
        sign_ups.record(session, "bob", "work", Outcome.MAILED, LATER)
        before = NOW - timedelta(seconds=1)
        assert sign_ups.since(session, before, network_hash="home") == Counts(2, 3)
        assert sign_ups.since(session, NOW, network_hash="home") == Counts(1, 2)
        assert sign_ups.mailed(session, "ada", before) == 1
        assert sign_ups.mailed(session, "ada", NOW) == 0
        sign_ups.forget(session, "ada")
        assert sign_ups.since(session, before, network_hash="home") == Counts(0, 1)
        assert sign_ups.expire(session, LATER + timedelta(seconds=1)) == 1
