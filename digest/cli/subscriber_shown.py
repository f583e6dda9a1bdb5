"""How a subscriber is shown to an admin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from digest.cli.kinds import WEEKDAYS

if TYPE_CHECKING:
    from datetime import datetime

    from digest.model import Delivery, Digest, Profile, Subscriber

DIGESTS_SHOWN = 7
WEIGHTS_SHOWN = 10
LABEL = 14


def shown_address(subscriber: Subscriber) -> str:
    """The address as it may be shown: a webhook is a secret, only its end is."""
    if "://" not in subscriber.address:
        return subscriber.address
    return f"webhook …{subscriber.address[-4:]}"


def next_digest(subscriber: Subscriber) -> str:
    """When the next digest is due, in the subscriber's own time."""
    if subscriber.next_due_at is None:
        return "never"
    return _local(subscriber, subscriber.next_due_at)


def values_of(subscriber: Subscriber) -> dict[str, object]:
    """All there is to tell of a subscriber, for JSON."""
    from dataclasses import asdict

    days = [WEEKDAYS[day] for day in sorted(subscriber.weekdays)]
    return asdict(subscriber) | {
        "address": shown_address(subscriber),
        "weekdays": ",".join(days),
        "send_at": f"{subscriber.send_at:%H:%M}",
    }


def profile_values(profile: Profile) -> dict[str, object]:
    """A profile with what it learnt, for JSON."""
    return {
        "name": profile.name,
        "text": profile.text,
        "bar": profile.bar,
        "limit": profile.limit,
        "learning": profile.learning,
        "weights": {weight.term: weight.weight for weight in profile.weights},
    }


def digest_values(digest: Digest, delivery: Delivery | None) -> dict[str, object]:
    """A past digest and what became of it, for JSON."""
    from digest.account_wording import account_line

    return {
        "slot": digest.slot,
        "papers": len(digest.entries),
        "account": account_line(digest.account, digest.timezone),
        "delivery": delivery.id if delivery else None,
        "state": delivery.state if delivery else None,
        "reason": delivery.reason if delivery else "",
    }


def lines_of(
    subscriber: Subscriber,
    profiles: Sequence[Profile],
    past: Sequence[tuple[Digest, Delivery | None]],
    *,
    suppressed: str | None = None,
) -> Iterator[str]:
    """A subscriber for people: what comes when, by which profiles, and what became of the last digests."""
    from digest.schedule_wording import schedule_line

    one = subscriber
    yield f"{one.id}  {shown_address(one)}  ({one.channel})"
    yield _row("state", _state(one))
    if suppressed:
        yield _row("suppressed", f"{suppressed}: nothing is sent until `digest subscribers unsuppress`")
    yield _row("schedule", schedule_line(one))
    yield _row("next digest", next_digest(one))
    yield _row("empty digests", f"{one.empty_digests}; rising papers {'shown' if one.rising else 'left out'}")
    if one.created_at:
        yield _row("since", f"{_local(one, one.created_at)}, by {one.consent_source or 'an unknown way'}")
    for profile in profiles:
        yield from _profile(profile)
    yield from _past(one, past)


def _state(one: Subscriber) -> str:
    if one.state == "paused":
        return f"paused until {one.paused_until or 'resumed'}"
    return f"{one.state}: {one.suspended_reason}" if one.suspended_reason else str(one.state)


def _profile(profile: Profile) -> Iterator[str]:
    bounds = [
        *([f"bar {profile.bar:g}"] if profile.bar is not None else []),
        *([f"at most {profile.limit}"] if profile.limit is not None else []),
        *([] if profile.learning else ["does not learn"]),
    ]
    note = f"  ({', '.join(bounds)})" if bounds else ""
    yield _row("profile", f"{profile.name}: {profile.text or 'what is trending'}{note}")
    heaviest = sorted(profile.weights, key=lambda weight: (-abs(weight.weight), weight.term))
    if heaviest:
        from digest.wording import learnt_weight

        told = ", ".join(
            f"{weight.term} {learnt_weight(weight.weight)}" for weight in heaviest[:WEIGHTS_SHOWN]
        )
        more = len(heaviest) - WEIGHTS_SHOWN
        yield _row("  learnt", told + (f" and {more} more" if more > 0 else ""))


def _past(one: Subscriber, past: Sequence[tuple[Digest, Delivery | None]]) -> Iterator[str]:
    from digest.account_wording import plural

    if not past:
        yield _row("digests", "none yet")
    for number, (digest, delivery) in enumerate(past):
        papers = plural(len(digest.entries), "paper")
        yield _row("" if number else "digests", f"{digest.slot}  {papers:<9}  {_became(one, delivery)}")


def _became(one: Subscriber, delivery: Delivery | None) -> str:
    """What became of a digest; one without a delivery was empty, and empty ones are not wanted each time."""
    if delivery is None:
        return "not sent: without papers (see empty digests)"
    at = delivery.finished_at or delivery.next_attempt_at
    when = f" {'at' if delivery.finished_at else 'next try'} {_local(one, at)}" if at else ""
    reason = f": {delivery.reason}" if delivery.reason else ""
    return f"{delivery.state}{when}{reason}  [delivery {delivery.id}]"


def _local(subscriber: Subscriber, moment: datetime) -> str:
    from zoneinfo import ZoneInfo

    return f"{moment.astimezone(ZoneInfo(subscriber.timezone)):%Y-%m-%d %H:%M %Z}"


def _row(label: str, value: str) -> str:
    return f"{label:<{LABEL}} {value}"
