"""Joining: by an admin's hand at once, or by a confirmed sign-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from digest import slots
from digest.errors import SubscriptionError
from digest.model import Subscriber, SubscriberState
from digest.ranking.stored_profiles import read_stored
from digest.slack_address import WEBHOOK_HOSTS
from digest.store import profiles as store_profiles
from digest.store import sign_ups
from digest.store import subscribers as store_subscribers
from digest.store import wishes as store_wishes
from digest.store.profiles import Draft
from digest.subscriptions.checks import Wishes, check_source, check_wishes
from digest.subscriptions.holding import bounding_form
from digest.subscriptions.suppressing import ADDRESS, refuse_suppressed
from digest.tokens import Keys, keyed_hash

WEB = "web"
"""Where the consent of who confirms comes from."""


def subscribe(
    session: Session,
    wishes: Wishes,
    *,
    keys: Keys,
    trending: bool = False,
    confirmed: bool,
    now: datetime,
    source: str,
    webhook_hosts: Sequence[str] = WEBHOOK_HOSTS,
) -> Subscriber:
    """Subscribe an address by somebody who may: an admin, a Slack member, a confirmed sign-up.

    A profile with an empty text is the trending profile and needs ``trending``. ``source`` says where
    the consent comes from ("cli", "slack:T1/U2", "web"). With ``confirmed`` the first digest becomes due
    at the next chosen hour. An address that left, or never confirmed, is taken up again under its old number.

    Raises ``SubscriptionError`` for a wrong address, zone, weekday or profile, and for an address
    that is subscribed already; ``Suppressed`` for one that is never to be written to again;
    ``ProfileError`` for the profile language.
    """
    wishes = check_wishes(wishes, trending=trending, webhook_hosts=webhook_hosts)
    source = check_source(source)
    refuse_suppressed(session, keys, wishes.channel, wishes.address)
    known = store_subscribers.find(session, wishes.channel, wishes.address, lock=True)
    if known is not None and known.active:
        raise SubscriptionError(
            f"that address is subscribed already, as number {known.id}",
            remedy=f"see `digest subscribers show {known.id}`",
        )
    return _take_up(session, wishes, known, confirmed=confirmed, now=now, source=source)


def _take_up(
    session: Session, wishes: Wishes, known: Subscriber | None, *, confirmed: bool, now: datetime, source: str
) -> Subscriber:
    row = fresh(wishes, known, now, source)
    if confirmed:
        row = _confirmed(row, now)
    if known is None:
        row = store_subscribers.add(session, row)
    else:
        store_subscribers.save(session, row)
        store_wishes.forget(session, row.id)
    store_profiles.replace_all(session, row.id, wishes.profiles, now)
    return row


def fresh(wishes: Wishes, known: Subscriber | None, now: datetime, source: str) -> Subscriber:
    """An unconfirmed subscriber; what was known of slots and coverage stays, so nothing comes twice."""
    return Subscriber(
        id=known.id if known else 0,
        channel=wishes.channel,
        address=wishes.address,
        state=SubscriberState.UNCONFIRMED,
        timezone=wishes.timezone,
        send_at=wishes.send_at,
        weekdays=wishes.weekdays,
        empty_digests=wishes.empty_digests,
        rising=wishes.rising,
        last_slot=known.last_slot if known else None,
        created_at=now,
        consent_source=source,
    )


def _confirmed(subscriber: Subscriber, now: datetime) -> Subscriber:
    return replace(
        subscriber,
        state=SubscriberState.CONFIRMED,
        confirmed_at=now,
        next_due_at=slots.first_due(subscriber, now),
    )


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """What waits for a confirmation: the subscriber as it would be, and its profiles."""

    subscriber: Subscriber
    profiles: tuple[Draft, ...]


def ask(session: Session, known: Subscriber, wishes: Wishes, now: datetime) -> None:
    """Keep the wishes of an address without a subscription until its owner confirms.

    A sign-up that is unconfirmed anyway is changed; of anybody who had a subscription nothing is: the asking
    person may be a stranger.
    """
    if known.state is SubscriberState.UNCONFIRMED:
        store_subscribers.save(session, fresh(wishes, known, now, WEB))
        store_profiles.replace_all(session, known.id, wishes.profiles, now)
    else:
        store_wishes.keep(session, known.id, msgspec.to_builtins(wishes), now)


def unconfirmed(session: Session, known: Subscriber) -> Unconfirmed | None:
    """What a confirmation would bring, or ``None`` where nothing is left to confirm."""
    if known.state is SubscriberState.UNCONFIRMED:
        own = store_profiles.of_subscriber(session, known.id, read_stored)
        return Unconfirmed(known, tuple(Draft(one.name, one.text, one.bar, one.limit) for one in own))
    waiting = None if known.active else store_wishes.find(session, known.id)
    if waiting is None:
        return None
    wishes = msgspec.convert(waiting.wishes, Wishes)
    return Unconfirmed(fresh(wishes, known, waiting.asked_at, WEB), wishes.profiles)


def confirm(session: Session, subscriber_id: int, keys: Keys, now: datetime) -> Subscriber:
    """Confirm a sign-up; its first digest becomes due at the next chosen hour.

    The mail that asked for it no longer counts against the address: its owner may need another the same day.
    Confirming twice is the same as once. Raises ``NotFound`` when the sign-up has expired,
    ``SubscriptionError`` when the address has left since: an old link does not bring it back.
    """
    known = store_subscribers.get(session, subscriber_id, lock=True)
    if known.active:
        return known
    asked = unconfirmed(session, known)
    if asked is None:
        raise SubscriptionError("this link was used already", remedy="subscribe again to get a new one")
    confirmed = _confirmed(asked.subscriber, now)
    store_subscribers.save(session, confirmed)
    sign_ups.give_back(session, keyed_hash(keys, ADDRESS, bounding_form(known.address)))
    if known.state is not SubscriberState.UNCONFIRMED:
        store_profiles.replace_all(session, known.id, asked.profiles, now)
        store_wishes.forget(session, known.id)
    return confirmed
