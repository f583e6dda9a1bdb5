"""How a subscriber is shown to an admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.cli.kinds import WEEKDAYS

if TYPE_CHECKING:
    from digest.model import Subscriber


def shown_address(subscriber: Subscriber) -> str:
    """The address as it may be shown: a webhook is a secret, only its end is."""
    if "://" not in subscriber.address:
        return subscriber.address
    return f"webhook …{subscriber.address[-4:]}"


def next_digest(subscriber: Subscriber) -> str:
    """When the next digest is due, in the subscriber's own time."""
    from zoneinfo import ZoneInfo

    if subscriber.next_due_at is None:
        return "never"
    return f"{subscriber.next_due_at.astimezone(ZoneInfo(subscriber.timezone)):%Y-%m-%d %H:%M %Z}"


def values_of(subscriber: Subscriber) -> dict[str, object]:
    """All there is to tell of a subscriber, for people and for JSON."""
    from dataclasses import asdict

    days = [WEEKDAYS[day] for day in sorted(subscriber.weekdays)]
    return asdict(subscriber) | {
        "address": shown_address(subscriber),
        "weekdays": ",".join(days),
        "send_at": f"{subscriber.send_at:%H:%M}",
    }
