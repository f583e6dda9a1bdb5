"""``/digest pause``, ``resume`` and ``stop``. Each may come twice."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from digest import subscriptions
from digest.errors import SubscriptionError
from digest.model import ChannelName
from digest.slack.desk import Desk, Reply, active, next_line
from digest.slack.place import Asked
from digest.slots import slot_of
from digest.store import subscribers as store_subscribers
from digest.store.database import transaction

_PAUSE = re.compile(r"(\d{1,3})\s*(days?|weeks?|d|w)?", re.IGNORECASE)


def pause(desk: Desk, asked: Asked, now: datetime) -> Reply:
    with transaction(desk.engine) as session:
        known = active(session, asked.address)
        until = pause_end(asked.rest, slot_of(now, known.timezone))
        subscriber = subscriptions.pause(session, known.id, now, until=until)
    return Reply(next_line(subscriber, now))


def pause_end(text: str, today: date) -> date | None:
    """The date in ``until 2027-01-10``, ``2 weeks``, ``10``; ``None`` for no words: until resumed."""
    words = text.strip()
    if not words:
        return None
    number = _PAUSE.fullmatch(words.removeprefix("for "))
    if number:
        days = int(number[1]) * (7 if (number[2] or "d").casefold().startswith("w") else 1)
        return today + timedelta(days=days)
    try:
        return date.fromisoformat(words.removeprefix("until ").strip())
    except ValueError as error:
        raise SubscriptionError(
            f"“{words[:40]}” is no time to pause for", remedy="say 10 days, 2 weeks or until 2027-01-10"
        ) from error


def resume(desk: Desk, asked: Asked, now: datetime) -> Reply:
    with transaction(desk.engine) as session:
        subscriber = subscriptions.resume(session, active(session, asked.address).id, now)
    return Reply(next_line(subscriber, now))


def stop(desk: Desk, asked: Asked, now: datetime) -> Reply:  # noqa: ARG001  verbs have one shape
    """Unsubscribe, what is planned too. Doing it twice is the same as once."""
    with transaction(desk.engine) as session:
        known = store_subscribers.find(session, ChannelName.SLACK, asked.address)
        if known is not None:
            subscriptions.unsubscribe(session, known.id)
    return Reply("You get no digest any more. `/digest subscribe …` brings it back.")
