"""Where a paper stands with a subscriber: sent, still to be weighed, or past, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from digest.account_wording import day_name
from digest.model import Listing, Subscriber, SubscriberState
from digest.pipeline.editions import Limits, Since, Situation, candidates


def standing(
    subscriber: Subscriber,
    listed: Sequence[Listing],
    situation: Situation,
    limits: Limits,
    *,
    sent_on: date | None,
) -> str:
    """One sentence: what became of a paper with these listings, or will. ``sent_on`` is the slot it came in.

    The verdicts of the profiles are today's; this says which digest they count for, if any.
    """
    if sent_on is not None:
        return f"sent in the digest of {day_name(sent_on, year=True)}"
    if subscriber.state is not SubscriberState.CONFIRMED:
        return f"not sent: the subscriber is {subscriber.state}"
    since = Since(subscriber.covered_arrival, subscriber.covered_at)
    news = {one.paper.id for one in candidates(situation, since, limits)}
    newest = max(listed, key=lambda one: (one.day, one.arrival))
    if newest.paper_id in news:
        return f"not sent yet: the next digest weighs it{_due(subscriber.next_due_at)}"
    return f"not sent: {_past(subscriber, newest, limits, situation.as_of)}"


def _due(moment: datetime | None) -> str:
    return f", due {moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _past(subscriber: Subscriber, newest: Listing, limits: Limits, as_of: datetime) -> str:
    """Why no digest to come will weigh it."""
    if subscriber.covered_arrival is None:
        return "a first digest begins with the newest day, not with the archive"
    if subscriber.confirmed_at and newest.first_seen_at <= subscriber.confirmed_at:
        return f"it was there before the subscription began ({subscriber.confirmed_at:%Y-%m-%d})"
    if newest.arrival <= subscriber.covered_arrival:
        return "a digest before now weighed it and did not choose it; votes and keywords may have been others"
    if newest.silent:
        return "it came by a backfill after its day, and those announce nothing"
    oldest = as_of.date() - timedelta(days=limits.late)
    return (
        f"its day, {day_name(newest.day, year=True)}, is older than the look-back (since {day_name(oldest)})"
    )
