"""Subscribing and changing words, by command or by form alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from digest import subscriptions
from digest.model import ChannelName, Profile, Subscriber
from digest.ranking.language import parse_profile
from digest.slack.desk import ACTIVE, Desk
from digest.slack.place import Asked, tidied
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers
from digest.store.profiles import Draft

MAIN = "main"
TRENDING = "trending"


def words_of(text: str) -> tuple[str, bool]:
    """The profile language in what was typed, and whether it asks for the trending profile.

    What no text may hold (NUL, half characters) is left out.
    """
    tidy = tidied(text)
    trending = tidy.casefold() == TRENDING
    return "" if trending else tidy, trending


def save_words(session: Session, asked: Asked, text: str, desk: Desk, now: datetime) -> Subscriber:
    """Subscribe with these words, or put them into the first profile of a live subscription."""
    words, trending = words_of(text)
    first = first_profile(session, asked)
    draft = Draft(first.name, words, first.bar, first.limit, first.learning) if first else Draft(MAIN, words)
    return save_draft(session, asked, draft, desk, now, trending=trending)


def save_draft(
    session: Session, asked: Asked, draft: Draft, desk: Desk, now: datetime, *, trending: bool
) -> Subscriber:
    """Subscribe with this profile, or put it in the place of a live subscription's first."""
    known = live(session, asked.address)
    if known is None:
        return subscriptions.subscribe(
            session,
            keys=desk.keys,
            channel=ChannelName.SLACK,
            address=asked.address,
            profiles=(replace(draft, name=MAIN),),
            timezone=asked.timezone or desk.defaults.timezone,
            send_at=desk.defaults.send_at,
            rising=desk.defaults.rising,
            trending=trending,
            confirmed=True,
            now=now,
            source=f"slack:{asked.place.own}",
        )
    first = first_profile(session, asked)
    own = replace(draft, name=first.name, learning=first.learning) if first else draft
    subscriptions.save_profile(session, known.id, first.id if first else None, own, now, trending=trending)
    return known


def live(session: Session, address: str) -> Subscriber | None:
    known = store_subscribers.find(session, ChannelName.SLACK, address)
    return known if known is not None and known.state in ACTIVE else None


def first_profile(session: Session, asked: Asked) -> Profile | None:
    """The first profile of a live subscription, as it is stored."""
    known = live(session, asked.address)
    found = store_profiles.of_subscriber(session, known.id, parse_profile) if known else []
    return found[0] if found else None
