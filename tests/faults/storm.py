"""The kill storm: random SIGKILLs over real worker processes, and an oracle that says what is excused.

A copy is excused only if the sender of the message was killed without having recorded it, and only
if the copy came after that kill. Whoever lives or has recorded has no excuse, and nothing is ever lost.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Engine, func, select, update

from digest.model import DeliveryState
from digest.store.database import reading, transaction
from digest.store.deliveries import TABLE
from tests.faults.relay import Accepted, Relay
from tests.faults.workers import Work, work
from tests.store.outbox import end_leases, plan, subscribe

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.workers", "digest.app"])
STOCK = 2
"""So many batches for each worker are kept waiting, so that a kill finds it at work."""
DRAIN_SECONDS = 600.0
"""More than it takes: what is not settled by then will not be."""
PATIENCE_SECONDS = 1.5
"""In the long form a worker may also be killed while it starts, or waits for others."""
LONG_PATIENCE_SECONDS = 200.0
MESSAGE_SECONDS = 0.012
"""What a message takes on a busy machine."""

Records = Mapping[tuple[int, str], Sequence[float]]
"""When a worker (by its number) had recorded an address as sent."""


@dataclass(frozen=True)
class Worker:
    """A worker process and what it was told."""

    process: multiprocessing.process.BaseProcess
    how: Work


@dataclass
class Verdict:
    """What the oracle found."""

    rows: int
    kills: int
    copies: int = 0
    lost: list[str] = field(default_factory=list)
    unexcused: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    unsettled: int = 0

    @property
    def sound(self) -> bool:
        return not (self.lost or self.unexcused or self.unlike or self.unsettled)


@dataclass
class Storm:
    """Workers over one store and one relay.

    Each worker that is started works in one of ``ways``, and is killed within so many seconds of its first
    hand-over as half a batch takes. Where nobody ``waits_for_leases``, no worker is killed before, and all
    are killed in the end and their leases ended. Among broken twins ``twin_seen`` ends the storm, and a
    worker is killed only once it has recorded something.
    """

    engine: Engine
    ways: Sequence[Work]
    workers: int
    kills: int
    seed: int = 7
    waits_for_leases: bool = True
    twin_seen: Callable[[Verdict], bool] | None = None
    chance: random.Random = field(default_factory=random.Random)
    started: int = 0
    killed: dict[int, float] = field(default_factory=dict)
    rows: int = 0

    def rage(self, relay: Relay) -> Verdict:
        """Kill so many times, then let the work be finished, and judge."""
        chance = self.chance = random.Random(self.seed)
        self._stock_up()
        running = [self._start() for _ in range(self.workers)]
        try:
            for number in range(self.kills):
                if number % 100 == 0:
                    print(f"{datetime.now(UTC):%H:%M:%S} {number} kills, {len(relay.accepted)} accepted")
                place = chance.randrange(self.workers)
                self._await_work(relay, running[place])
                time.sleep(chance.uniform(0, running[place].how.batch * MESSAGE_SECONDS / 2))
                self._kill(running[place])
                running[place] = self._start()
            if self.kills and not (self.waits_for_leases or self._seen(relay)):
                self._kill_all(running)
            self._drain(relay)
        finally:
            for worker in running:
                worker.process.kill()
                worker.process.join()
        return self._verdict(relay)

    def _verdict(self, relay: Relay) -> Verdict:
        with reading(self.engine) as session:
            rows = session.execute(select(TABLE.c.id, TABLE.c.address, TABLE.c.state)).all()
        addresses = {row.id: row.address for row in rows}
        sent = [row.address for row in rows if row.state == DeliveryState.SENT]
        verdict = judge(sent, self.killed, list(relay.accepted), self._records(addresses))
        verdict.unsettled = self.rows - len(sent)
        return verdict

    def _start(self) -> Worker:
        self.started += 1
        how = replace(self.chance.choice(self.ways), number=self.started)
        process = PROCESSES.Process(target=work, args=(how,), daemon=True)
        process.start()
        return Worker(process, how)

    def _kill_all(self, running: list[Worker]) -> None:
        """What the dead had claimed is free at once, instead of when their leases are over. One cleans up."""
        for worker in running:
            self._kill(worker)
        end_leases(self.engine)
        running[:] = [self._start()]

    def _await_work(self, relay: Relay, worker: Worker) -> None:
        """A kill counts for something once the worker has sent something; an idle one is killed in the end.

        There is always enough to do, or the others would leave it nothing.
        """
        until = time.monotonic() + (PATIENCE_SECONDS if self.waits_for_leases else LONG_PATIENCE_SECONDS)
        while not self._has_worked(relay, worker) and time.monotonic() < until:
            self._stock_up()
            time.sleep(0.05)

    def _has_worked(self, relay: Relay, worker: Worker) -> bool:
        number = worker.how.number
        if self.twin_seen:
            return f"[{number}, " in Path(worker.how.records).read_text()
        return f"worker-{number}" in relay.heard

    def _kill(self, worker: Worker) -> None:
        self.killed[worker.how.number] = time.monotonic()
        worker.process.kill()
        worker.process.join()

    def _stock_up(self) -> None:
        with reading(self.engine) as session:
            waiting = session.scalar(select(func.count()).where(TABLE.c.next_attempt_at.is_not(None))) or 0
        stock = STOCK * self.workers * max(how.batch for how in self.ways)
        if waiting < stock:
            numbers = subscribe(self.engine, stock - waiting)
            plan(self.engine, numbers)
            self.rows += len(numbers)

    def _drain(self, relay: Relay) -> None:
        """Let the living finish: what waits for a later attempt is tried now.

        A twin is given more until it is seen.
        """
        until = time.monotonic() + DRAIN_SECONDS
        while not self._seen(relay) and time.monotonic() < until:
            if not _unsettled(self.engine):
                if self.twin_seen is None:
                    break
                self._stock_up()
            _hurry(self.engine)
            time.sleep(0.2)

    def _seen(self, relay: Relay) -> bool:
        return self.twin_seen is not None and self.twin_seen(self._verdict(relay))

    def _records(self, addresses: Mapping[int, str]) -> Records:
        found: dict[tuple[int, str], list[float]] = defaultdict(list)
        for line in Path(self.ways[0].records).read_text().splitlines():
            worker, at, numbers = json.loads(line)
            for number in numbers:
                found[worker, addresses[number]].append(at)
        return found


def _hurry(engine: Engine) -> None:
    now = datetime.now(UTC)
    with transaction(engine) as session:
        session.execute(update(TABLE).where(TABLE.c.next_attempt_at > now).values(next_attempt_at=now))


def _unsettled(engine: Engine) -> int:
    with reading(engine) as session:
        statement = select(func.count()).where(TABLE.c.state != DeliveryState.SENT)
        return session.scalar(statement) or 0


def judge(
    sent: Collection[str], killed: Mapping[int, float], accepted: Sequence[Accepted], records: Records
) -> Verdict:
    """The oracle. ``sent`` are the addresses marked as sent at the end.

    ``killed`` is when each worker was about to be killed, by its number.
    """
    verdict = Verdict(len(sent), len(killed))
    copies: dict[str, list[Accepted]] = defaultdict(list)
    for one in sorted(accepted, key=lambda one: one.at):
        copies[one.recipient].append(one)
    verdict.lost = [address for address in sent if address not in copies]
    for address, got in copies.items():
        verdict.copies += max(len(got) - 1, 0)
        verdict.unexcused += [
            one.recipient for one, copy in pairwise(got) if not _excused(one, copy, killed, records)
        ]
        if len({one.body for one in got}) > 1:
            verdict.unlike.append(address)
    return verdict


def _excused(one: Accepted, copy: Accepted, killed: Mapping[int, float], records: Records) -> bool:
    """Its sender was killed before the copy came, and had not recorded it.

    What a killed process had sent may reach the relay after its death: that needs no excuse of its own.
    """
    worker = int(one.hello.rpartition("-")[2])
    recorded = any(at >= one.at for at in records.get((worker, one.recipient), ()))
    return worker in killed and killed[worker] <= copy.at and not recorded
