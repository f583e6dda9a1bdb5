"""Send the mails about subscriptions themselves: please confirm, you are subscribed already, goodbye.

The same hand-over contract as deliveries, on a smaller table: claimed with a lease, fenced
immediately before the point of no return, final only by an answer. A hand-over without an answer
is repeated while there were fewer than ``MOST_ATTEMPTS`` attempts; bytes and Message-ID are a function of the
notice, so a copy is recognised as one.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.channels import Sender
from digest.errors import DeliveryError, NotFound, StoreError
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
from digest.pipeline.claiming import take
from digest.pipeline.handing import LAST_TRIES, PAUSE_SECONDS
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

log = structlog.get_logger()

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
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Send what is due, in batches over one connection; opens none when nothing is due.

    ``keys`` are those of the suppression list: whoever is on it gets no notice either. Raises
    ``StoreError`` when the store cannot be used.
    """
    desk = _Desk(engine, write, keys, clock, stop)
    batch = desk.claim()
    if not batch:
        return desk.report
    with open_sender() as sender:
        while batch:
            desk.send(sender, batch)
            batch = [] if stop() else desk.claim()
    return desk.report


@dataclass(slots=True)
class _Desk:
    """Where notices are claimed, written, handed over and settled."""

    engine: Engine
    write: Write
    keys: Keys
    clock: Callable[[], datetime]
    stop: Callable[[], bool]
    report: Report = field(default_factory=Report)
    claimed: dict[int, Notice] = field(default_factory=dict)

    def claim(self) -> list[Notice]:
        token, now = uuid.uuid4().hex[:16], self.clock()

        def claim(session: Session) -> list[Notice]:
            return notices.claim(session, token, now, lease=LEASE, limit=BATCH, most_attempts=MOST_ATTEMPTS)

        return take(self.engine, claim, lambda session: notices.claimed(session, token))

    def send(self, sender: Sender, batch: Sequence[Notice]) -> None:
        """Hand over a batch. What was certainly not sent is put off; what is known is recorded."""
        self.claimed = {notice.id: notice for notice in batch}
        left = dict(self.claimed)
        try:
            outcomes = sender.hand_over(self._messages(left), self._gate)
            for number, outcome in outcomes:
                self._settle(left.pop(number), outcome)
                if self.stop():
                    break
            if isinstance(outcomes, Generator):
                outcomes.close()
        except StoreError:
            self._put_off(left, "the store failed")
            raise
        self._put_off(left, "not tried")  # stopped at the gate, or after a fault of the relay

    def _messages(self, left: dict[int, Notice]) -> list[Message]:
        """The mails of a batch; one that cannot be written is settled, and the others go on."""
        with reading(self.engine) as session:
            addresses = {notice.address for notice in left.values()}
            listed = suppressed_among(session, self.keys, ChannelName.EMAIL, addresses)
        messages = []
        for notice in list(left.values()):
            try:
                messages.append(self._written(notice, listed))
            except (DeliveryError, NotFound) as error:
                self._settle(left.pop(notice.id), Refused(str(error)))
        return messages

    def _written(self, notice: Notice, suppressed: Collection[str]) -> Message:
        if notice.address in suppressed:
            raise DeliveryError("the address is on the suppression list")
        return self.write(notice)

    def _gate(self, ids: Sequence[int]) -> Collection[int]:
        token = next(iter(self.claimed.values())).claim  # of all of them: they were claimed together
        try:
            with transaction(self.engine) as session:
                return notices.begin_hand_over(session, token, ids, self.clock(), lease=LEASE)
        except StoreError as error:
            log.warning("notice.gate_closed", reason=str(error))
            return ()

    def _put_off(self, left: Mapping[int, Notice], reason: str) -> None:
        for notice in left.values():
            self._settle(notice, Faulty(reason))

    def _settle(self, notice: Notice, outcome: HandOver) -> None:
        """Record what became of a notice, however long that takes: nothing further is sent until it is.

        One that ended at the gate, or is another's by now, is not ours to count.
        """
        verdict = settle(notice, outcome, self.clock())
        tries = LAST_TRIES
        while True:
            try:
                with transaction(self.engine) as session:
                    ours = notices.record(session, notice, verdict, self.clock())
            except StoreError as error:
                log.warning("notice.not_recorded", notice=notice.id, reason=str(error))
                tries -= self.stop()
                if not tries:
                    raise
                time.sleep(PAUSE_SECONDS)
            else:
                break
        if ours:
            self.report = _counted(self.report, verdict)


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


def _counted(report: Report, verdict: Verdict) -> Report:
    return Report(
        sent=report.sent + (verdict.state is DeliveryState.SENT),
        deferred=report.deferred + (verdict.again_at is not None),
        failed=report.failed + (verdict.state is DeliveryState.REFUSED),
    )
