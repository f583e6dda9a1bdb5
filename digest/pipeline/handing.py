"""Hands one claimed batch over through an open sender, and records what became of it."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from jinja2 import TemplateError
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.channels import Channel, Sender
from digest.delivery import Rules, hold, next_probe, set_aside, settle, suppress
from digest.errors import DigestError, StoreError
from digest.garbage import counting_only
from digest.model import (
    Circuit,
    Deferred,
    Delivery,
    Faulty,
    HandOver,
    Message,
    Ruling,
    Sent,
    Sheet,
    UnknownPolicy,
)
from digest.pipeline.telling import news
from digest.store import alarms, circuits, claims, subscribers
from digest.store.database import reading, transaction
from digest.subscriptions import suppressed_among
from digest.tokens import Keys

FLUSH_SECONDS = 0.25
"""How long an outcome may wait to be recorded with others: what a kill in between costs is a copy."""
PAUSE_SECONDS = 1.0
"""Between two tries to write to a store that cannot be written."""
LAST_TRIES = 5
"""So often, once told to stop: what then is not recorded is left to its lease, and may go out twice."""

UNRENDERABLE = (
    DigestError,
    TemplateError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
)
"""What a renderer raises for one bad digest; the others go on."""

Sheets = Callable[[Sequence[Delivery]], Mapping[int, Sheet]]
"""Makes what a channel renders, by delivery."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Batch:
    """Deliveries claimed together under one token."""

    token: str
    deliveries: Sequence[Delivery]


@dataclass(slots=True)
class Found:
    """What became of a batch."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faulty: Faulty | None = None
    proven: bool = False


@dataclass(slots=True)
class Hand:
    """An open sender with what is needed to record its outcomes.

    ``probed`` is the circuit that a success mends; one that another opened is left to the next probe.
    """

    engine: Engine
    channel: Channel
    sender: Sender
    rules: Rules
    lease: timedelta
    worker: str
    keys: Keys
    clock: Callable[[], datetime]
    stop: Callable[[], bool]
    pause: Callable[[float], None] = time.sleep
    probed: Circuit | None = None

    def over(self, batch: Batch, make: Sheets) -> Found:
        """Render, reconcile, hand over, record. What was certainly not handed over is given back.

        Raises ``StoreError`` when the store cannot be read before anything is handed over.
        """
        return _Passage(self, batch, {one.id: one for one in batch.deliveries}).go(make)


@dataclass(slots=True)
class _Passage:
    """One batch on its way."""

    hand: Hand
    batch: Batch
    left: dict[int, Delivery]
    rulings: dict[int, Ruling] = field(default_factory=dict)
    fingerprints: dict[int, str] = field(default_factory=dict)
    found: Found = field(default_factory=Found)
    written_at: float = 0.0

    def go(self, make: Sheets) -> Found:
        try:
            messages = self._messages(make)
        except StoreError:
            self._write(release=True)  # nothing was handed over: no lease has to run out first
            raise
        outcomes = self.hand.sender.hand_over(messages, self._gate)
        done = False
        try:
            self._listen(outcomes)
            done = True
        finally:
            if isinstance(outcomes, Generator):
                outcomes.close()
            self._write(release=done)  # after an accident the sender cannot say what went out: the lease will
        return self.found

    @counting_only()
    def _messages(self, make: Sheets) -> list[Message]:
        """What is to be handed over; the rest is settled without. Raises ``StoreError``."""
        self._refuse_suppressed()
        sheets = self._sheets(make)
        ready = [self._ready(one, sheets.get(one.id)) for one in list(self.left.values())]
        self._write()
        return [message for message in ready if message is not None]

    def _sheets(self, make: Sheets) -> Mapping[int, Sheet]:
        """The sheets of a batch; one that cannot be made leaves the others alone."""
        wanted = list(self.left.values())
        try:
            return make(wanted)
        except StoreError:
            raise
        except UNRENDERABLE:
            return self._sheets_one_by_one(make, wanted)

    def _sheets_one_by_one(self, make: Sheets, wanted: Sequence[Delivery]) -> Mapping[int, Sheet]:
        found: dict[int, Sheet] = {}
        for delivery in wanted:
            try:
                found |= make([delivery])
            except StoreError:
                raise
            except UNRENDERABLE:
                log.exception("delivery.no_sheet", delivery=delivery.id)
        return found

    def _refuse_suppressed(self) -> None:
        """Whatever the subscriber's row says: who is on the suppression list gets nothing.

        Asked once a batch. Who comes onto the list later is suspended or erased with it: the gate sees that.
        """
        name, now = self.hand.channel.name, self.hand.clock()
        addresses = {one.address for one in self.batch.deliveries}
        with reading(self.hand.engine) as session:
            listed = suppressed_among(session, self.hand.keys, name, addresses)
        for one in self.batch.deliveries:
            if one.address in listed:
                self._rule(one, suppress(one, self.hand.rules, now), "suppressed")

    def _listen(self, outcomes: Iterator[tuple[int, HandOver]]) -> None:
        self.written_at = time.monotonic()
        for number, outcome in outcomes:
            self._settle(self.left[number], outcome)
            if time.monotonic() - self.written_at > FLUSH_SECONDS:
                self._write()
            if self.hand.stop():
                return

    def _ready(self, delivery: Delivery, sheet: Sheet | None) -> Message | None:
        """The message to hand over; ``None`` when the delivery is settled without."""
        message = self._rendered(delivery, sheet)
        if message is None or not delivery.unanswered:
            return message
        return self._looked_for(delivery, message)

    def _rendered(self, delivery: Delivery, sheet: Sheet | None) -> Message | None:
        if sheet is None:
            self._rule(delivery, set_aside(delivery, "its digest cannot be read"), "poison")
            return None
        try:
            body = self.hand.channel.render(sheet)
        except UNRENDERABLE as error:
            log.exception("delivery.unrenderable", delivery=delivery.id)
            self._rule(
                delivery, set_aside(delivery, f"it cannot be rendered: {type(error).__name__}"), "poison"
            )
            return None
        fingerprint = hashlib.sha256(body).hexdigest()
        if delivery.unanswered and delivery.fingerprint not in {"", fingerprint}:
            reason = f"it may have arrived, and {self.hand.channel.template} renders other bytes"
            self._rule(delivery, hold(delivery, reason), "held")
            return None
        self.fingerprints[delivery.id] = fingerprint
        return Message(
            delivery.id, delivery.address, body, delivery.message_id, sheet.bounce_address, delivery.reference
        )

    def _looked_for(self, delivery: Delivery, message: Message) -> Message | None:
        """Under ``reconcile``: look for what may have arrived, before anything is sent again."""
        if self.hand.channel.on_unknown is not UnknownPolicy.RECONCILE:
            return message
        seen = self.hand.channel.find(message)
        if seen is None:
            return message
        if isinstance(seen, Deferred) and seen.reference:  # half of it is there: go on from there
            return replace(message, reference=seen.reference)
        self._settle(delivery, seen)
        return None

    def _gate(self, ids: Sequence[int]) -> Collection[int]:
        """A kill behind it leaves in doubt what passed, and nothing before: that is recorded first."""
        given = {number: self.fingerprints[number] for number in ids}
        try:
            with transaction(self.hand.engine) as session:
                self._record(session, self.hand.clock())
                passed = claims.gate(session, self.batch.token, given, lease=self.hand.lease)
        except StoreError as error:
            log.warning("delivery.gate_closed", reason=str(error))
            return ()
        self._recorded()
        return passed

    def _settle(self, delivery: Delivery, outcome: HandOver) -> None:
        now = self.hand.clock()
        self._rule(delivery, settle(delivery, outcome, self.hand.rules, now), type(outcome).__name__.lower())
        if isinstance(outcome, Faulty):
            self.found.faulty = outcome
        self.found.proven = self.found.proven or isinstance(outcome, Sent)

    def _rule(self, delivery: Delivery, ruling: Ruling, word: str) -> None:
        self.left.pop(delivery.id, None)
        self.rulings[delivery.id] = ruling
        self.found.outcomes[word] += 1

    def _write(self, *, release: bool = False) -> None:
        """Record what is known, however long that takes: nothing further is sent until it is."""
        if not (self.rulings or release):
            return
        tries = LAST_TRIES
        while True:
            try:
                self._write_once(release=release)
            except StoreError as error:
                log.warning("delivery.not_recorded", waiting=len(self.rulings), reason=str(error))
                tries -= self.hand.stop()
                if not tries:
                    raise
                self.hand.pause(PAUSE_SECONDS)
            else:
                break
        self._recorded()

    def _recorded(self) -> None:
        self.rulings = {}
        self.written_at = time.monotonic()

    def _write_once(self, *, release: bool) -> None:
        now = self.hand.clock()
        with transaction(self.hand.engine) as session:
            self._record(session, now)
            if release:
                claims.release(session, self.batch.token, list(self.left), now=now)
                self._record_circuit(session, now)

    def _record(self, session: Session, now: datetime) -> None:
        """Write down what is known; nothing is forgotten before that is committed."""
        if not self.rulings:
            return
        claims.record(session, self.batch.token, self.rulings, worker=self.hand.worker, now=now)
        for delivery in self.batch.deliveries:
            ruling = self.rulings.get(delivery.id)
            if ruling and ruling.suspend:
                subscribers.suspend(session, delivery.subscriber_id, ruling.reason)
            if ruling and (told := news(delivery, ruling)):
                alarms.happened(session, *told, now=now)

    def _record_circuit(self, session: Session, now: datetime) -> None:
        name, faulty = self.hand.channel.name, self.found.faulty
        if faulty:
            known = circuits.get(session, name)
            probe_at = next_probe(known.failures + 1 if known else 1, now)
            if known and known != self.hand.probed:
                probe_at = max(probe_at, known.probe_at)  # another's rest is not cut short
            circuits.trip(session, name, faulty.reason, now=now, probe_at=probe_at, code=faulty.code)
        elif self.found.proven and self.hand.probed:
            circuits.mend(session, self.hand.probed)
