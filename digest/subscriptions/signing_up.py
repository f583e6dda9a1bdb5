"""Signing up on the web: nothing but one confirmation until the owner of the address confirms.

Whoever asks learns nothing about an address: known, unknown, suppressed and unconfirmed ones give
the same answer. The difference goes into the mail, and mails are bounded per address, per network
and in total, so that the form is of no use for bombing anybody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.errors import TooMany
from digest.model import Subscriber
from digest.slack_address import WEBHOOK_HOSTS
from digest.store import notices, sign_ups, suppressions
from digest.store import subscribers as store_subscribers
from digest.store.notices import Kind
from digest.store.sign_ups import Outcome
from digest.subscriptions.checks import Wishes
from digest.subscriptions.holding import bounding_form
from digest.subscriptions.joining import WEB, ask, fresh, subscribe
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import Keys, keyed_hash

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
MEMORY = timedelta(days=30)
"""How long a sign-up is remembered; longer than an unconfirmed row lives."""
NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one form may cause."""

    mails_per_day: int = 1
    mails_in_all: int = 3
    per_network_hour: int = 20
    total_hour: int = 500


def sign_up(
    session: Session, wishes: Wishes, *, keys: Keys, client: str, bounds: Bounds, now: datetime
) -> None:
    """Take a checked sign-up from the web. Says nothing about the address, by value or by error.

    ``client`` is the asking host's address. Raises ``TooMany`` when its network, or all together,
    ask too much. Sign-ups of one address wait for each other on its row: ten thousand at once
    cause one mail.
    """
    origin = keyed_hash(keys, NETWORK, network_of(client))
    _check_rates(session, origin, bounds, now)
    stored = keyed_hash(keys, ADDRESS, wishes.address)
    bounded = keyed_hash(keys, ADDRESS, bounding_form(wishes.address))
    outcome = Outcome.QUIET
    if suppressions.reason(session, wishes.channel, stored) is None:
        subscriber = _row(session, wishes, now)
        if _may_mail(session, bounded, bounds, now):
            kind = Kind.KNOWN if subscriber.active else Kind.CONFIRM
            notices.plan(session, subscriber.id, kind, now)
            outcome = Outcome.MAILED
    sign_ups.record(session, bounded, origin, outcome, now)


def join_by_webhook(
    session: Session,
    wishes: Wishes,
    *,
    keys: Keys,
    client: str,
    bounds: Bounds,
    now: datetime,
    webhook_hosts: Sequence[str] = WEBHOOK_HOSTS,
) -> Subscriber | None:
    """Subscribe a checked webhook from the web, confirmed: its address is a secret of who may post there.

    ``None``, and nothing changes, where it is subscribed already or never to be written to. Raises
    ``TooMany`` as ``sign_up`` does.
    """
    origin = keyed_hash(keys, NETWORK, network_of(client))
    _check_rates(session, origin, bounds, now)
    stored = keyed_hash(keys, ADDRESS, wishes.address)
    sign_ups.record(session, stored, origin, Outcome.QUIET, now)
    known = store_subscribers.find(session, wishes.channel, wishes.address, lock=True)
    suppressed = suppressions.reason(session, wishes.channel, stored) is not None
    if suppressed or (known is not None and known.active):
        return None
    return subscribe(
        session,
        wishes,
        keys=keys,
        trending=True,
        confirmed=True,
        now=now,
        source="web:webhook",
        webhook_hosts=webhook_hosts,
    )


def ask_for_link(
    session: Session, wishes: Wishes, *, keys: Keys, client: str, bounds: Bounds, now: datetime
) -> None:
    """Send the owner of a subscribed address a fresh link to the preferences; silent about all others."""
    origin = keyed_hash(keys, NETWORK, network_of(client))
    _check_rates(session, origin, bounds, now)
    bounded = keyed_hash(keys, ADDRESS, bounding_form(wishes.address))
    known = store_subscribers.find(session, wishes.channel, wishes.address, lock=True)
    outcome = Outcome.QUIET
    if known is not None and known.active and _may_mail(session, bounded, bounds, now):
        notices.plan(session, known.id, Kind.KNOWN, now)
        outcome = Outcome.MAILED
    sign_ups.record(session, bounded, origin, outcome, now)


def _check_rates(session: Session, origin: str, bounds: Bounds, now: datetime) -> None:
    counted = sign_ups.since(session, now - HOUR, network_hash=origin)
    if counted.network >= bounds.per_network_hour or counted.total >= bounds.total_hour:
        raise TooMany("too many sign-ups lately", remedy="please try again in an hour", retry_after=3600)


def _may_mail(session: Session, bounded: str, bounds: Bounds, now: datetime) -> bool:
    return (
        sign_ups.mailed(session, bounded, now - DAY) < bounds.mails_per_day
        and sign_ups.mailed(session, bounded, now - MEMORY) < bounds.mails_in_all
    )


def _row(session: Session, wishes: Wishes, now: datetime) -> Subscriber:
    """The address's row, locked. Who has or had a subscription keeps it as it is: wishes wait beside it."""
    known = store_subscribers.find(session, wishes.channel, wishes.address, lock=True)
    if known is None:
        known = store_subscribers.add_or_lock(session, fresh(wishes, None, now, WEB))
    if not known.active:
        ask(session, known, wishes, now)
    return known


def network_of(client: str) -> str:
    """The network a host belongs to for counting: /24 for IPv4 (also mapped), /64 for IPv6.

    >>> network_of("192.0.2.77"), network_of("2001:db8::1:2:3:4"), network_of("::ffff:192.0.2.1")
    ('192.0.2.0/24', '2001:db8::/64', '192.0.2.0/24')
    """
    try:
        host = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(host, ipaddress.IPv6Address) and host.ipv4_mapped is not None:
        host = host.ipv4_mapped
    return str(ipaddress.ip_network((host, 24 if host.version == 4 else 64), strict=False))
