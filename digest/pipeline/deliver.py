"""Deliver: claims what is due, renders it, hands it over, records what became of it.

What cannot be recorded is not sent: the gate is a commit, and while an outcome cannot be written
nothing further is handed over. Any number of processes may run this at once.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.channels import Channel, Sender
from digest.delivery import Rules, recover
from digest.model import ChannelName, Circuit, Delivery
from digest.pipeline.claiming import take
from digest.pipeline.handing import Batch, Hand, Sheets
from digest.store import circuits, claims, deliveries, limits
from digest.store.database import reading, transaction
from digest.tokens import Keys

Clock = Callable[[], datetime]
Stop = Callable[[], bool]

SWEEP = 200
A_MINUTE = timedelta(minutes=1)
PROBE_HOLD = timedelta(minutes=15)
"""How long a probe may take before another worker may probe."""

SOON = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Allowance:
    """Most messages a minute through one counterpart, by all processes of a store together."""

    key: str
    per_minute: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How deliveries are made. ``worker`` names this process, ``domain`` ends message ids.

    ``keys`` are those of the suppression list; ``batch`` deliveries are claimed at once;
    ``connections`` says how many hand-overs go on at once, by channel (one if not named);
    ``allowances`` bound channels that are named there.
    """

    worker: str
    domain: str
    keys: Keys
    batch: int
    lease: timedelta = timedelta(minutes=20)
    max_age: timedelta = timedelta(hours=24)
    max_kills: int = 3
    connections: Mapping[ChannelName, int] = field(default_factory=dict)
    allowances: Mapping[ChannelName, Allowance] = field(default_factory=dict)

    def rules(self, channel: Channel) -> Rules:
        return Rules(self.max_age, self.max_kills, channel.on_unknown)


@dataclass(frozen=True, slots=True)
class Resting:
    """A channel whose circuit is open, and how many deliveries wait for it."""

    circuit: Circuit
    waiting: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: deliveries by what became of them, and the channels it could not use.

    ``resting`` are those whose circuit was open when it ended, by this run's fault or an earlier one, while
    something waits.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    faulty: dict[ChannelName, str] = field(default_factory=dict)
    resting: dict[ChannelName, Resting] = field(default_factory=dict)

    def plus(self, other: Report) -> Report:
        return Report(
            self.outcomes + other.outcomes, self.faulty | other.faulty, self.resting | other.resting
        )


def never() -> bool:
    return False


def deliver(
    engine: Engine,
    channels: Mapping[ChannelName, Channel],
    sheets: Sheets,
    terms: Terms,
    *,
    clock: Clock,
    stop: Stop = never,
    only: Collection[int] | None = None,
) -> Report:
    """Hand over everything that is due on these channels, until nothing is left or ``stop`` says so.

    ``only`` names deliveries: a job's share, handed over on one connection.

    Raises ``StoreError`` when the store cannot be used; what was handed over by then is recorded
    or found by its lease.
    """
    if only is not None:
        return _run([Run(engine, channel, sheets, terms, clock, stop, only) for channel in channels.values()])
    sweep(engine, channels, terms, now=clock())
    report = _run(
        [
            Run(engine, channel, sheets, terms, clock, stop)
            for channel in channels.values()
            for _ in range(terms.connections.get(channel.name, 1))
        ]
    )
    return report.plus(Report(resting=resting(engine, channels)))


def _run(runs: Sequence[Run]) -> Report:
    if len(runs) == 1:
        return runs[0].all()
    with ThreadPoolExecutor(max_workers=max(len(runs), 1), thread_name_prefix="deliver") as pool:
        reports = [pool.submit(run.all) for run in runs]
    total = Report()
    for report in reports:
        total = total.plus(report.result())
    return total


def resting(engine: Engine, channels: Collection[ChannelName]) -> dict[ChannelName, Resting]:
    """The channels that cannot be used for now, while deliveries wait for them."""
    with reading(engine) as session:
        circuit_of = {name: circuits.get(session, name) for name in channels}
        found = {
            name: Resting(circuit, deliveries.count_waiting(session, name))
            for name, circuit in circuit_of.items()
            if circuit is not None
        }
    return {name: one for name, one in found.items() if one.waiting}


def sweep(
    engine: Engine, channels: Mapping[ChannelName, Channel], terms: Terms, *, now: datetime
) -> list[Delivery]:
    """Take back what is past its lease; return it. A worker that died is known by nothing else."""
    swept: list[Delivery] = []
    while True:
        with transaction(engine) as session:
            found = claims.expired(session, channels=list(channels), limit=SWEEP)
            rulings = [(one, recover(one, terms.rules(channels[one.channel]), now)) for one in found]
            claims.recovered(session, rulings, worker=terms.worker, now=now)
        swept += found
        for delivery, ruling in rulings:
            log.warning("delivery.recovered", delivery=delivery.id, was=delivery.state, now=ruling.state)
        if len(found) < SWEEP:
            return swept


@dataclass(slots=True)
class Run:
    """One connection's share of a run."""

    engine: Engine
    channel: Channel
    sheets: Sheets
    terms: Terms
    clock: Clock
    stop: Stop
    only: Collection[int] | None = None

    def all(self) -> Report:
        """Batch after batch, over one sender, until somebody opens the circuit."""
        circuit = self._circuit()
        probed = self._take_probe(circuit) if circuit else None
        if circuit and not probed:
            return Report()
        total = Report()
        with self.channel.open() as sender:
            hand = self._hand(sender, probed)
            while not self.stop():
                batch = self._claim(1 if hand.probed else self.terms.batch)
                if not batch.deliveries:
                    self._give_back(hand)
                    return total
                found = hand.over(batch, self.sheets)
                faulty = {self.channel.name: found.faulty.reason} if found.faulty else {}
                total = total.plus(Report(found.outcomes, faulty))
                if found.proven:
                    hand.probed = None
                if found.faulty or self._circuit() != hand.probed:
                    return total
        return total

    def _hand(self, sender: Sender, probed: Circuit | None) -> Hand:
        return Hand(
            self.engine,
            self.channel,
            sender,
            self.terms.rules(self.channel),
            self.terms.lease,
            self.terms.worker,
            self.terms.keys,
            self.clock,
            self.stop,
            probed=probed,
        )

    def _circuit(self) -> Circuit | None:
        with reading(self.engine) as session:
            return circuits.get(session, self.channel.name)

    def _take_probe(self, circuit: Circuit) -> Circuit | None:
        now = self.clock()
        if circuit.probe_at > now:
            return None
        with transaction(self.engine) as session:
            return circuits.take_probe(session, self.channel.name, now=now, until=now + PROBE_HOLD)

    def _give_back(self, hand: Hand) -> None:
        """A probe that found nothing to probe with leaves the right to others, soon."""
        if hand.probed:
            with transaction(self.engine) as session:
                circuits.put_off(session, hand.probed, self.clock() + SOON)

    def _claim(self, limit: int) -> Batch:
        """The next batch; when there is none, the next suspect alone."""
        batch = self._claimed(limit, suspects=False)
        return batch if batch.deliveries else self._claimed(1, suspects=True)

    def _claimed(self, limit: int, *, suspects: bool) -> Batch:
        token = uuid.uuid4().hex[:16]
        how = claims.Claim(token, self.terms.lease, self.terms.domain, self.channel.template)
        name, now = self.channel.name, self.clock()

        def claim(session: Session) -> list[Delivery]:
            most = min(limit, self._free(session, now))
            taken = claims.claim(session, name, how, limit=most, now=now, suspects=suspects, only=self.only)
            self._spend(session, len(taken), now)
            return taken

        return Batch(token, take(self.engine, claim, lambda session: claims.claimed(session, token)))

    def _free(self, session: Session, now: datetime) -> int:
        """How many the counterpart takes now. A job's share was allowed for when it was given out."""
        bound = self.terms.allowances.get(self.channel.name)
        if bound is None or self.only is not None:
            return self.terms.batch
        return limits.free(session, bound.key, allowance=bound.per_minute, window=A_MINUTE, now=now)

    def _spend(self, session: Session, count: int, now: datetime) -> None:
        bound = self.terms.allowances.get(self.channel.name)
        if bound is not None and self.only is None and count:
            limits.take(session, bound.key, allowance=bound.per_minute, window=A_MINUTE, now=now, count=count)
