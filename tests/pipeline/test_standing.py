"""Where a paper stands with a subscriber: the answer to "why did I not get it"."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from digest.model import ChannelName, Listing, Paper, Subscriber, SubscriberState
from digest.pipeline.editions import Arrived, Limits, Situation
from digest.pipeline.standing import standing

TODAY = datetime(2026, 3, 6, 9, tzinfo=UTC)
JOINED = TODAY - timedelta(days=3)
FRIDAY = TODAY.date()
LIMITS = Limits(catch_up=7, late=14)
READER = Subscriber(
    1,
    ChannelName.EMAIL,
    "ada@example.org",
    SubscriberState.CONFIRMED,
    "UTC",
    time(7, 30),
    confirmed_at=JOINED,
    next_due_at=TODAY + timedelta(hours=22),
    covered_arrival=10,
    covered_at=TODAY - timedelta(hours=2),
)
NEWCOMER = replace(READER, covered_arrival=None, covered_at=None)


def said(
    reader: Subscriber,
    *,
    day: date = FRIDAY,
    arrival: int = 11,
    silent: bool = False,
    seen_at: datetime = TODAY,
    sent_on: date | None = None,
) -> str:
    """What is said of a paper listed so, with a newer day in the store."""
    listing = Listing("2603.00001", day, 1, 5, 0, arrival, silent, seen_at, seen_at)
    pool = (
        Arrived(Paper("2603.00001", "It"), day, 5, arrival, silent),
        Arrived(Paper("2603.00002", "Another"), FRIDAY - timedelta(days=1), 5, 1, silent=False),
    )
    return standing(reader, [listing], Situation(TODAY, arrival, pool, {}), LIMITS, sent_on=sent_on)


def test_what_was_sent_is_said_with_its_digest() -> None:
    assert said(READER, sent_on=date(2026, 3, 5)) == "sent in the digest of Thu 5 Mar 2026"


def test_what_is_news_waits_for_the_next_digest() -> None:
    assert said(READER) == "not sent yet: the next digest weighs it, due 2026-03-07 07:00 UTC"
    assert said(NEWCOMER).startswith("not sent yet")


def test_whoever_is_paused_or_gone_is_told_so_before_anything_else() -> None:
    assert said(replace(READER, state=SubscriberState.PAUSED)) == "not sent: the subscriber is paused"


@pytest.mark.parametrize(
    ("reader", "listed", "because"),
    [
        (NEWCOMER, {"day": date(2026, 3, 3), "arrival": 2}, "begins with the newest day"),
        (READER, {"arrival": 9, "seen_at": JOINED - timedelta(hours=1)}, "before the subscription began"),
        (READER, {"arrival": 9}, "a digest before now weighed it"),
        (READER, {"day": date(2026, 3, 2), "silent": True}, "by a backfill"),
        (READER, {"day": date(2026, 2, 1)}, "older than the look-back (since Fri 20 Feb)"),
    ],
)
def test_what_no_digest_will_weigh_is_said_with_the_reason(
    reader: Subscriber, listed: dict[str, object], because: str
) -> None:
    text = said(reader, **listed)  # type: ignore[arg-type]
    assert text.startswith("not sent: ")
    assert because in text
