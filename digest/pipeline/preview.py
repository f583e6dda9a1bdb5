"""What a subscriber's digest looks like: the very message that was or will be sent, without sending it.

A digest that was prepared is shown as it was frozen, with the identity of its delivery; one that was
not is composed for the moment and not stored.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Engine

from digest.compose import compose
from digest.links import make_links
from digest.model import Delivery, DeliveryState, Digest, Profile, Sheet, Subscriber
from digest.pipeline.editions import Since, candidates, edition
from digest.pipeline.prepare import draft, end_of
from digest.pipeline.rankings import Round, Rules, read_round
from digest.pipeline.sheets import Desk
from digest.ranking.rank import rank
from digest.slots import next_due, slot_of
from digest.store import deliveries, digests
from digest.store.database import reading

MESSAGE_ID = "<preview@digest.invalid>"
"""Stands in for the identity that a delivery gets when it is first claimed."""


def preview(desk: Desk, rules: Rules, subscriber: Subscriber, *, day: date | None, now: datetime) -> Sheet:
    """The sheet of a subscriber's digest for a slot (default: today's, in the subscriber's zone).

    Raises ``DigestError`` for a day to come.
    """
    slot = day or slot_of(now, subscriber.timezone)
    stored = _stored(desk.engine, subscriber, slot)
    if stored is not None:
        return desk.sheets([stored])[stored.id]
    round_ = read_round(desk.engine, rules, end_of(slot, now), clock=now)
    with reading(desk.engine) as session:
        composed = draft(session, subscriber, round_, fresh=round_.past)
    return _sheet(desk, replace(composed, slot=slot), subscriber.address, round_)


def sample(desk: Desk, rules: Rules, subscriber: Subscriber, *, day: date | None, now: datetime) -> Sheet:
    """A digest of a slot's newest day by votes alone, for an address that subscribes to nothing.

    Raises ``DigestError`` for a day to come.
    """
    slot = day or slot_of(now, subscriber.timezone)
    round_ = read_round(desk.engine, rules, end_of(slot, now), clock=now)
    since = Since(None, None)
    trending = Profile(0, subscriber.id, "trending", "")
    rankings = rank(
        candidates(round_.situation, since, rules.limits),
        [trending],
        round_.memory.corpus,
        seen=[frozenset()],
        now=now,
        default_bar=rules.bar,
        default_limit=rules.limit,
    )
    upcoming = slot_of(next_due(subscriber, slot, now), subscriber.timezone)
    about = edition(round_.situation, since, rules.limits, slot=slot, next_slot=upcoming, catch_up=False)
    return _sheet(desk, compose(subscriber, rankings, about), subscriber.address, round_)


def _stored(engine: Engine, subscriber: Subscriber, slot: date) -> Delivery | None:
    """The delivery of a slot's digest; without one a stand-in, so that the digest can be shown."""
    with reading(engine) as session:
        found = digests.of_slot(session, subscriber.id, slot)
        if found is None:
            return None
        known = deliveries.of_digest(session, found.id)
    if known is not None and known.message_date is not None:
        return known
    return replace(
        known or _stand_in(found, subscriber), message_id=MESSAGE_ID, message_date=found.account.as_of
    )


def _stand_in(digest: Digest, subscriber: Subscriber) -> Delivery:
    """For an empty digest that was not wanted, and so never planned."""
    to = subscriber.address
    return Delivery(0, digest.id, subscriber.id, subscriber.channel, to, digest.slot, DeliveryState.PLANNED)


def _sheet(desk: Desk, digest: Digest, address: str, round_: Round) -> Sheet:
    shown = {entry.paper_id for entry in digest.entries}
    links = make_links(
        desk.keys,
        desk.base_url,
        subscriber_id=digest.subscriber_id,
        digest_id=digest.id,
        at=digest.account.as_of,
        return_domain=desk.return_domain,
    )
    return Sheet(
        digest=digest,
        papers={one.paper.id: one.paper for one in round_.situation.pool if one.paper.id in shown},
        address=address,
        links=links,
        message_id=MESSAGE_ID,
        message_date=digest.account.as_of,
    )
