"""Take back what came back: hard bounces suppress, soft ones count, complaints and requests unsubscribe.

A report counts only through an address of ours with a valid seal, and a bounce only while the
subscriber still has the address the delivery went to. Taking the same report twice on a day does to the
subscriber what taking it once does; on another day a soft bounce or a complaint counts anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.channels.mail_returns import Report, Verdict, read_report
from digest.errors import NotFound, TokenError
from digest.links import BOUNCE, read_address
from digest.model import ChannelName, Delivery, Subscriber, SubscriberState
from digest.pipeline.telling import EVENT
from digest.store import alarms, bounces, circuits, deliveries, subscribers, suppressions
from digest.store.database import transaction
from digest.subscriptions import leave, unsubscribe
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import Keys, keyed_hash

SOFT_LIMIT = 5.0
"""Days with a soft bounce, one point each, after which an address is suspended."""
FORGET_AFTER = timedelta(days=14)
POLICY_ALARM = EVENT + "bounces-policy"

COMPLAINT_ALARM = EVENT + "complaints"
WARN_AT, STOP_AT = 0.001, 0.003
"""Complaints a mail: the large mailbox providers find 0.1 % fair and block from 0.3 %."""
FEWEST = 3
"""Fewer complaints are people, not a rate: one in a list of a hundred is 1 %."""
REST = timedelta(days=1)
"""How long mail rests after too many complaints before a single one is tried."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run did, by effect: suppressed, counted, suspended, unsubscribed, alarmed, ignored."""

    effects: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def take(engine: Engine, keys: Keys, mails: Iterable[bytes], *, now: datetime) -> Taken:
    """Take mails one by one, each in a transaction of its own."""
    taken = Taken()
    for raw in mails:
        report = read_report(raw)
        with transaction(engine) as session:
            effect = apply(session, keys, report, now=now)
        taken.effects[effect] += 1
        if effect == "ignored":
            taken.reasons[report.reason or report.verdict.value] += 1
    return taken


def apply(session: Session, keys: Keys, report: Report, *, now: datetime) -> str:
    """Do what a report asks for and name the effect; ``ignored`` for what is unsigned or about nobody."""
    if report.verdict is Verdict.NOTHING:
        return "ignored"
    if report.verdict is Verdict.POLICY:
        return _policy(session, keys, report, now)
    found = _about(session, keys, report)
    if found is None:
        return "ignored"
    if report.verdict is Verdict.LEAVE:
        leave(session, found.id, now)
        return "unsubscribed"
    if report.verdict is Verdict.COMPLAINT:  # no goodbye: one more mail is what it complains of
        unsubscribe(session, found.id)
        bounces.complained(session, found.id, now.date())
        _weigh_complaints(session, now)
        return "unsubscribed"
    if found.state is SubscriberState.UNSUBSCRIBED:
        return "ignored"
    if report.verdict is Verdict.HARD:
        return _hard(session, keys, found, report, now)
    return _soft(session, found, report, now)


def _about(session: Session, keys: Keys, report: Report) -> Subscriber | None:
    """The subscriber a report is about. A bounce of an address that was changed since is about nobody."""
    for address in report.ours:
        try:
            kind, number = read_address(keys, address)
            if kind != BOUNCE:
                if report.verdict in {Verdict.COMPLAINT, Verdict.LEAVE}:
                    return subscribers.get(session, number, lock=True)
                continue
            delivery = deliveries.get(session, number)
            found = subscribers.get(session, delivery.subscriber_id, lock=True)
        except (TokenError, NotFound):
            continue
        if found.address == delivery.address:
            return found
    return None


def _signed(session: Session, keys: Keys, report: Report) -> Delivery | None:
    for address in report.ours:
        try:
            kind, number = read_address(keys, address)
            return deliveries.get(session, number) if kind == BOUNCE else None
        except (TokenError, NotFound):
            continue
    return None


def _policy(session: Session, keys: Keys, report: Report, now: datetime) -> str:
    """Our mail is refused for what it is or where it comes from: nobody's address is at fault."""
    if _signed(session, keys, report) is None:
        return "ignored"
    words = f"mail is refused by policy ({report.code}): {report.reason}"
    alarms.happened(session, POLICY_ALARM, words, now=now)
    return "alarmed"


def _weigh_complaints(session: Session, now: datetime) -> None:
    """Alarm when too many call our mail spam; rest before the providers refuse it for everybody."""
    found = bounces.complaints(session, now.date())
    if found.count < FEWEST or found.rate < WARN_AT:
        return
    words = f"{found.count} of {found.mails:,} mails of a week were called spam ({found.rate:.2%})"
    alarms.happened(session, COMPLAINT_ALARM, f"{words}; look at who was subscribed, and how", now=now)
    if found.rate >= STOP_AT:
        circuits.trip(session, ChannelName.EMAIL, f"{words}: mail rests", now=now, probe_at=now + REST)


def _hard(session: Session, keys: Keys, found: Subscriber, report: Report, now: datetime) -> str:
    reason = f"bounced: {report.code or 'no such address'}"
    subscribers.suspend(session, found.id, reason)
    suppressions.add(session, found.channel, keyed_hash(keys, ADDRESS, found.address), reason, now)
    return "suppressed"


def _soft(session: Session, found: Subscriber, report: Report, now: datetime) -> str:
    score = bounces.add_soft(session, found.id, now.date(), forget_after=FORGET_AFTER)
    if score < SOFT_LIMIT:
        return "counted"
    subscribers.suspend(session, found.id, f"mail came back on {score:.0f} days: {report.code or 'no code'}")
    return "suspended"
