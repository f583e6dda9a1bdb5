"""The kill storm: random SIGKILLs over real worker processes, and an oracle that says what is excused.

A copy is excused only if its sender was killed after the relay accepted the message: between the
acceptance and the record. Whoever lives has no excuse, and nothing is ever lost.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import Engine, func, select

from digest.model import DeliveryState
from digest.store.database import reading
from digest.store.deliveries import TABLE
from tests.faults.relay import Accepted, Relay
from tests.faults.workers import Work, work
from tests.store.outbox import address_of, fill

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.workers"])
STOCK = 200
"""So many deliveries are kept waiting, so that a kill finds a worker at work."""
DRAIN_SECONDS = 90.0
PATIENCE_SECONDS = 1.5


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
    """Workers over one store and one relay."""

    engine: Engine
    how: Work
    workers: int
    kills: int
    seed: int = 7
    drain_seconds: float = DRAIN_SECONDS
    killed: dict[int, float] = field(default_factory=dict)
    rows: int = 0

    def rage(self, relay: Relay) -> Verdict:
        """Kill so many times, then let the work be finished, and judge."""
        chance = random.Random(self.seed)
        self._stock_up()
        running = [self._start() for _ in range(self.workers)]
        try:
            for number in range(self.kills):
                if number % 4 == 0:
                    self._stock_up()
                place = chance.randrange(self.workers)
                self._await_work(relay, running[place])
                time.sleep(chance.uniform(0, 0.06))
                self._kill(running[place])
                running[place] = self._start()
            self._drain()
        finally:
            for process in running:
                process.kill()
                process.join()
        return judge(self.rows, self.killed, relay.accepted, _unsettled(self.engine))

    def _start(self) -> multiprocessing.process.BaseProcess:
        process = PROCESSES.Process(target=work, args=(self.how,), daemon=True)
        process.start()
        return process

    def _await_work(self, relay: Relay, process: multiprocessing.process.BaseProcess) -> None:
        """A kill counts for something once the worker has sent something; an idle one is killed too."""
        until = time.monotonic() + PATIENCE_SECONDS
        while f"worker-{process.pid}" not in relay.heard and time.monotonic() < until:
            time.sleep(0.005)

    def _kill(self, process: multiprocessing.process.BaseProcess) -> None:
        process.kill()
        process.join()
        assert process.pid is not None
        self.killed[process.pid] = time.monotonic()

    def _stock_up(self) -> None:
        with reading(self.engine) as session:
            waiting = session.scalar(select(func.count()).where(TABLE.c.next_attempt_at.is_not(None))) or 0
        if waiting < STOCK:
            self.rows += len(fill(self.engine, STOCK - waiting))

    def _drain(self) -> None:
        until = time.monotonic() + self.drain_seconds
        while _unsettled(self.engine) and time.monotonic() < until:
            time.sleep(0.2)


def _unsettled(engine: Engine) -> int:
    with reading(engine) as session:
        statement = select(func.count()).where(TABLE.c.state != DeliveryState.SENT)
        return session.scalar(statement) or 0


def judge(rows: int, killed: dict[int, float], accepted: list[Accepted], unsettled: int = 0) -> Verdict:
    """The oracle. ``killed`` is when each process was dead for certain, by its number."""
    verdict = Verdict(rows, len(killed), unsettled=unsettled)
    copies: dict[str, list[Accepted]] = defaultdict(list)
    for one in sorted(accepted, key=lambda one: one.at):
        copies[one.recipient].append(one)
    for number in range(1, rows + 1):
        got = copies[address_of(number)]
        if not got:
            verdict.lost.append(address_of(number))
        verdict.copies += max(len(got) - 1, 0)
        verdict.unexcused += [one.recipient for one in got[:-1] if not _excused(one, killed)]
        if len({one.body for one in got}) > 1:
            verdict.unlike.append(address_of(number))
    return verdict


def _excused(one: Accepted, killed: dict[int, float]) -> bool:
    """Its sender was killed after the acceptance, and before it could record more than one batch."""
    worker = int(one.hello.rpartition("-")[2])
    return worker in killed and one.at <= killed[worker] <= one.at + 5.0
