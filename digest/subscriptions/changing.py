"""Changing and leaving: schedule, profiles, pause, resume, unsubscribe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlalchemy.orm import Session

from digest import slots
from digest.errors import Inactive, NotFound, SubscriptionError
from digest.model import ChannelName, EmptyDigests, Profile, Subscriber, SubscriberState
from digest.ranking.stored_profiles import read_stored
from digest.store import notices
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers
from digest.store import wishes as store_wishes
from digest.store.profiles import Draft
from digest.subscriptions.checks import (
    MOST_PROFILES,
    check_draft,
    check_drafts,
    check_name,
    check_time,
    check_weekdays,
    check_zone,
    drafts_of,
)

LONGEST_PAUSE_DAYS = 400


@dataclass(frozen=True, slots=True)
class Schedule:
    """When digests come. One weekday means weekly."""

    timezone: str
    send_at: time
    weekdays: frozenset[int]
    empty_digests: EmptyDigests
    rising: bool


def change_schedule(session: Session, subscriber_id: int, schedule: Schedule, now: datetime) -> Subscriber:
    """Change when digests come. A date that had its digest has none again; the next is not skipped."""
    known = store_subscribers.get(session, subscriber_id, lock=True)
    changed = replace(
        known,
        timezone=check_zone(schedule.timezone),
        send_at=check_time(schedule.send_at),
        weekdays=check_weekdays(schedule.weekdays),
        empty_digests=schedule.empty_digests,
        rising=schedule.rising,
    )
    return _stored(session, _due_again(changed, now))


def pause(session: Session, subscriber_id: int, now: datetime, *, until: date | None = None) -> Subscriber:
    """Send nothing until a local date, or without one until it is resumed by hand.

    Only confirmed and paused subscribers can pause: raises ``Inactive`` for others.
    """
    known = _active(session, subscriber_id)
    today = slots.slot_of(now, known.timezone)
    if until is not None and not 0 < (until - today).days <= LONGEST_PAUSE_DAYS:
        raise SubscriptionError(
            "the pause ends in the past or too far away", remedy=f"choose within {LONGEST_PAUSE_DAYS} days"
        )
    paused = replace(known, state=SubscriberState.PAUSED, paused_until=until)
    return _stored(session, _due_again(paused, now))


def resume(session: Session, subscriber_id: int, now: datetime) -> Subscriber:
    """End a pause, or an admin's and the bounces' suspension. What is confirmed already stays so."""
    known = store_subscribers.get(session, subscriber_id, lock=True)
    if known.state in {SubscriberState.UNCONFIRMED, SubscriberState.UNSUBSCRIBED}:
        raise _inactive(known, "the address has to subscribe again")
    awake = replace(known, state=SubscriberState.CONFIRMED, paused_until=None, suspended_reason="")
    store_wishes.forget(session, known.id)
    return _stored(session, _due_again(awake, now))


def unsubscribe(session: Session, subscriber_id: int) -> Subscriber | None:
    """Send nothing any more, not even what is planned. Repeating it is the same; a gone one is ``None``."""
    known = _found(session, subscriber_id)
    return _left(session, known) if known else None


def leave(session: Session, subscriber_id: int, now: datetime) -> Subscriber | None:
    """Unsubscribe by the reader's own word; a reader by mail gets a last one that says so.

    Whoever did not ask for it learns of it there. Repeating it sends nothing more; a gone one is ``None``.
    """
    known = _found(session, subscriber_id)
    if known is None:
        return None
    if known.active and known.channel is ChannelName.EMAIL:
        notices.plan(session, known.id, notices.Kind.GOODBYE, now)
    return _left(session, known)


def _found(session: Session, subscriber_id: int) -> Subscriber | None:
    try:
        return store_subscribers.get(session, subscriber_id, lock=True)
    except NotFound:
        return None


def _left(session: Session, known: Subscriber) -> Subscriber:
    store_wishes.forget(session, known.id)
    gone = replace(known, state=SubscriberState.UNSUBSCRIBED, paused_until=None, next_due_at=None)
    return _stored(session, gone)


def come_back(session: Session, subscriber_id: int, now: datetime) -> Subscriber:
    """Take an unsubscribing back, by whoever did it a moment ago. Raises ``Inactive`` otherwise."""
    known = store_subscribers.get(session, subscriber_id, lock=True)
    if known.state is not SubscriberState.UNSUBSCRIBED or known.confirmed_at is None:
        raise _inactive(known, "subscribe again")
    store_wishes.forget(session, known.id)
    return _stored(session, _due_again(replace(known, state=SubscriberState.CONFIRMED), now))


def _active(session: Session, subscriber_id: int) -> Subscriber:
    known = store_subscribers.get(session, subscriber_id, lock=True)
    if not known.active:
        raise _inactive(known, "only a confirmed subscription can pause")
    return known


def _inactive(known: Subscriber, remedy: str) -> Inactive:
    return Inactive(f"subscriber {known.id} is {known.state}", state=known.state, remedy=remedy)


def _due_again(subscriber: Subscriber, now: datetime) -> Subscriber:
    """The same with the next moment computed anew; none for whoever gets nothing."""
    waits = subscriber.state is SubscriberState.PAUSED and subscriber.paused_until is not None
    if subscriber.state is SubscriberState.CONFIRMED or waits:
        return replace(subscriber, next_due_at=slots.first_due(subscriber, now))
    return replace(subscriber, next_due_at=None)


def _stored(session: Session, subscriber: Subscriber) -> Subscriber:
    store_subscribers.save(session, subscriber)
    return subscriber


# --- profiles --------------------------------------------------------------------------------


def set_profiles(
    session: Session,
    subscriber_id: int,
    profiles: Mapping[str, str] | Sequence[Draft],
    now: datetime,
    *,
    trending: bool = False,
) -> None:
    """Put these profiles in the place of all; those of the same name keep what they learnt."""
    drafts = check_drafts(drafts_of(profiles), trending=trending)
    store_subscribers.get(session, subscriber_id, lock=True)
    store_profiles.replace_all(session, subscriber_id, drafts, now)


def check_own_name(name: str, others: Iterable[Profile]) -> str:
    """A usable name for a profile that none of the subscriber's ``others`` has."""
    tidy = check_name(name)
    if tidy.casefold() in {one.name.casefold() for one in others}:
        raise SubscriptionError("another profile has that name", remedy="name this one differently")
    return tidy


def save_profile(
    session: Session,
    subscriber_id: int,
    profile_id: int | None,
    draft: Draft,
    now: datetime,
    *,
    trending: bool = False,
) -> int:
    """Add a profile (``profile_id`` ``None``) or change one of the subscriber's own; its number."""
    checked = check_draft(draft, trending=trending)
    store_subscribers.get(session, subscriber_id, lock=True)
    others = store_profiles.of_subscriber(session, subscriber_id, read_stored)
    if profile_id is not None and profile_id not in {one.id for one in others}:
        raise NotFound("there is no such profile")
    check_own_name(checked.name, [one for one in others if one.id != profile_id])
    if profile_id is not None:
        store_profiles.save(session, profile_id, checked, now)
        return profile_id
    if len(others) >= MOST_PROFILES:
        raise SubscriptionError(f"more than {MOST_PROFILES} profiles", remedy="remove or join some")
    return store_profiles.add(session, subscriber_id, checked, now)


def remove_profile(session: Session, subscriber_id: int, profile_id: int) -> None:
    """Remove one of several profiles. The last one stays: leaving is unsubscribing."""
    store_subscribers.get(session, subscriber_id, lock=True)
    own = {one.id for one in store_profiles.of_subscriber(session, subscriber_id, read_stored)}
    if profile_id not in own:
        raise NotFound("there is no such profile")
    if len(own) == 1:
        raise SubscriptionError("that is the only profile", remedy="change it, or unsubscribe")
    store_profiles.remove(session, profile_id)
