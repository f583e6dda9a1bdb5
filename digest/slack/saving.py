"""Subscribing and changing profiles, by command or by form alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest import subscriptions
from digest.errors import NotFound, SubscriptionError
from digest.model import ChannelName, Profile, Subscriber
from digest.ranking.stored_profiles import read_stored
from digest.slack.desk import Desk
from digest.slack.place import Asked, tidied
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers
from digest.store.profiles import Draft
from digest.subscriptions import Wishes

MAIN = "main"
TRENDING = "trending"
NEW = 0
"""Stands for the profile that is not there yet."""


@dataclass(frozen=True, slots=True)
class Saved:
    """Whose profile was saved, and its number."""

    subscriber: Subscriber
    profile_id: int


def words_of(text: str) -> tuple[str, bool]:
    """The profile language in what was typed, and whether it asks for the trending profile.

    What no text may hold (NUL, half characters) is left out.
    """
    tidy = tidied(text)
    trending = tidy.casefold() == TRENDING
    return "" if trending else tidy, trending


def save_words(session: Session, asked: Asked, name: str, text: str, desk: Desk, now: datetime) -> Saved:
    """Subscribe with these words, or put them into the profile of that name, which is added if need be.

    Without a name the only profile is meant. Raises ``SubscriptionError`` when there are several.
    """
    words, trending = words_of(text)
    own = own_profiles(session, asked.address)
    meant = named(own, name) if name else only(own)
    if meant is None:
        draft = Draft(name or MAIN, words)
    else:
        draft = Draft(meant.name, words, meant.bar, meant.limit, meant.learning)
    number = meant.id if meant else NEW
    return save_draft(session, asked, number, draft, desk, now, trending=trending)


def save_draft(
    session: Session, asked: Asked, number: int, draft: Draft, desk: Desk, now: datetime, *, trending: bool
) -> Saved:
    """Subscribe with this profile, add it (``NEW``) or change it. Adding it twice is the same as once.

    Raises ``NotFound`` for a profile that is gone or another's.
    """
    known = live(session, asked.address)
    if known is None:
        known = _subscribed(session, asked, draft, desk, now, trending=trending)
        return Saved(known, own_profiles(session, asked.address)[0].id)
    same = named(own_profiles(session, asked.address), draft.name) if number == NEW else None
    if same is not None and same.text == draft.text:
        number = same.id
    target = None if number == NEW else number
    saved = subscriptions.save_profile(session, known.id, target, draft, now, trending=trending)
    return Saved(known, saved)


def _subscribed(
    session: Session, asked: Asked, draft: Draft, desk: Desk, now: datetime, *, trending: bool
) -> Subscriber:
    wishes = Wishes(
        ChannelName.SLACK,
        asked.address,
        (draft,),
        asked.timezone or desk.defaults.timezone,
        desk.defaults.send_at,
        rising=desk.defaults.rising,
    )
    return subscriptions.subscribe(
        session,
        wishes,
        keys=desk.keys,
        trending=trending,
        confirmed=True,
        now=now,
        source=f"slack:{asked.place.own}",
    )


def live(session: Session, address: str) -> Subscriber | None:
    known = store_subscribers.find(session, ChannelName.SLACK, address)
    return known if known is not None and known.active else None


def own_profiles(session: Session, address: str) -> list[Profile]:
    """The profiles of a live subscription as they are stored; none where there is no subscription."""
    known = live(session, address)
    return store_profiles.of_subscriber(session, known.id, read_stored) if known else []


def named(profiles: list[Profile], name: str) -> Profile | None:
    """The profile of that name, whatever its case."""
    wanted = " ".join(name.split()).casefold()
    return next((one for one in profiles if one.name.casefold() == wanted), None)


def only(profiles: list[Profile], verb: str = "subscribe") -> Profile | None:
    """The one profile there is. Raises ``SubscriptionError`` naming all when there are several."""
    if len(profiles) > 1:
        raise SubscriptionError(
            f"there are several profiles: {_names(profiles)}",
            remedy=f"say which one: /digest {verb} {profiles[0].name}: …",
        )
    return profiles[0] if profiles else None


def found_by_name(profiles: list[Profile], name: str) -> Profile:
    """The profile of that name. Raises ``NotFound`` naming those there are."""
    found = named(profiles, name)
    if found is None:
        raise NotFound(f"there is no profile “{name[:80]}”", remedy=f"there are: {_names(profiles)}")
    return found


def _names(profiles: list[Profile]) -> str:
    return ", ".join(one.name for one in profiles)
