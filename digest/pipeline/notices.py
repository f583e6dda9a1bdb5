"""Send the mails about subscriptions themselves: please confirm, you are subscribed already.

The same hand-over contract as deliveries, on a smaller table: claimed with a lease, fenced
immediately before the point of no return, final only by an answer. A hand-over without an answer
is repeated while there were fewer than ``MOST_ATTEMPTS`` attempts; bytes and Message-ID are a function of the
notice, so a copy is recognised as one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from digest.channels import Sender
from digest.errors import DeliveryError, NotFound
from digest.model import (
    ChannelName,
    Deferred,
    DeliveryState,
    Faulty,
    HandOver,
    Message,
    Refused,
    Sent,
    Unknown,
)
from digest.store import notices
from digest.store.database import reading, transaction
from digest.store.notices import Notice, Verdict
from digest.subscriptions import suppressed_among
from digest.tokens import Keys

BATCH = 20
LEASE = timedelta(minutes=20)
"""Longer than the longest a relay may think about the final dot."""
MOST_ATTEMPTS = 5
MAX_AGE = timedelta(hours=24)
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))

Write = Callable[[Notice], Message]


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did: notices sent, put off, and given up."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0


def send_notices(
    engine: Engine,
    open_sender: Callable[[], Sender],
    write: Write,
    *,
    keys: Keys,
    clock: Callable[[], datetime],
) -> Report:
    """Send what is due, in batches over one connection; opens none when nothing is due.

    ``keys`` are those of the suppression list: whoever is on it gets no notice either.
    """
    report = Report()
    batch = _claim(engine, clock())
    if not batch:
        return report
    with open_sender() as sender:
        while batch:
            report = _add(report, _send(engine, sender, batch, write, keys, clock))
            batch = _claim(engine, clock())
    return report


def _claim(engine: Engine, now: datetime) -> list[Notice]:
    with transaction(engine) as session:
        return notices.claim(session, now, now + LEASE, limit=BATCH, most_attempts=MOST_ATTEMPTS)


def _send(
    engine: Engine,
    sender: Sender,
    batch: Sequence[Notice],
    write: Write,
    keys: Keys,
    clock: Callable[[], datetime],
) -> Report:
    claimed = {notice.id: notice for notice in batch}

    def gate(ids: Sequence[int]) -> Collection[int]:
        now = clock()
        with transaction(engine) as session:
            return notices.begin_hand_over(
                session, {number: claimed[number].claim for number in ids}, now + LEASE
            )

    report, left, messages = Report(), dict(claimed), []
    listed = _suppressed(engine, keys, batch)
    for notice in batch:
        try:
            messages.append(_write(notice, write, listed))
        except (DeliveryError, NotFound) as error:  # this one cannot be written; the others go on
            report = _add(report, _record(engine, left.pop(notice.id), Refused(str(error)), clock()))
    for number, outcome in sender.hand_over(messages, gate):
        report = _add(report, _record(engine, left.pop(number), outcome, clock()))
    for notice in left.values():  # stopped at the gate, or not tried after a fault of the relay
        report = _add(report, _record(engine, notice, Faulty("not tried"), clock()))
    return report


def _suppressed(engine: Engine, keys: Keys, batch: Sequence[Notice]) -> set[str]:
    with reading(engine) as session:
        return suppressed_among(session, keys, ChannelName.EMAIL, {notice.address for notice in batch})


def _write(notice: Notice, write: Write, suppressed: Collection[str]) -> Message:
    if notice.address in suppressed:
        raise DeliveryError("the address is on the suppression list")
    return write(notice)


def _record(engine: Engine, notice: Notice, outcome: HandOver, now: datetime) -> Report:
    verdict = settle(notice, outcome, now)
    with transaction(engine) as session:
        notices.record(session, notice, verdict, now)
    return Report(
        sent=verdict.state is DeliveryState.SENT,
        deferred=verdict.again_at is not None,
        failed=verdict.state is DeliveryState.REFUSED,
    )


def settle(notice: Notice, outcome: HandOver, now: datetime) -> Verdict:
    """What becomes of a notice after an outcome. Pure."""
    match outcome:
        case Sent():
            return Verdict(DeliveryState.SENT)
        case Refused(reason=reason):
            return Verdict(DeliveryState.REFUSED, reason)
        case Deferred(reason=reason, retry_after=asked):
            return _later(notice, reason, timedelta(seconds=min(max(asked or 0, 0), 21_600)), now)
        case Unknown(reason=reason) if notice.attempts >= MOST_ATTEMPTS:
            return Verdict(DeliveryState.REFUSED, f"given up: {reason}")
        case Unknown(reason=reason) | Faulty(reason=reason):
            return _later(notice, reason, timedelta(0), now)


def _later(notice: Notice, reason: str, asked: timedelta, now: datetime) -> Verdict:
    own = BACK_OFF[min(notice.attempts, len(BACK_OFF)) - 1]
    at = now + max(own, asked)
    if at - notice.created_at > MAX_AGE:
        return Verdict(DeliveryState.REFUSED, f"given up: {reason}")
    return Verdict(DeliveryState.DEFERRED, reason, at)


def _add(one: Report, other: Report) -> Report:
    return Report(one.sent + other.sent, one.deferred + other.deferred, one.failed + other.failed)
