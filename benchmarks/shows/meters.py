"""Time, memory, database size and write-ahead log of each phase of a show."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, text

KIB, MIB = 1024, 2**20
EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Phase:
    """What a phase took. Memory is proportional (PSS), so that shared pages count once, at its highest."""

    name: str
    seconds: float
    cpu_seconds: float
    our_mib: float
    largest_mib: float
    postgres_mib: float
    database_mib: float
    wal_mib: float


@dataclass(slots=True)
class Meters:
    """Measures phases on one database. ``ours`` are our running processes, besides this one's children."""

    engine: Engine
    postmaster: int
    not_ours: frozenset[int] = frozenset()
    phases: list[Phase] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure what happens inside; our processes must have ended at its end."""
        begun, cpu, wal = time.perf_counter(), _cpu(), self._wal()
        with _Watch(self.postmaster, self.not_ours) as watch:
            yield
        self.phases.append(
            Phase(
                name,
                round(time.perf_counter() - begun, 1),
                round(_cpu() - cpu, 1),
                round(watch.ours / KIB, 0),
                round(watch.largest / KIB, 0),
                round(watch.postgres / KIB, 0),
                round(self._one("SELECT pg_database_size(current_database())") / MIB, 0),
                round((self._wal() - wal) / MIB, 0),
            )
        )
        print(self.phases[-1], flush=True)

    def _wal(self) -> float:
        return self._one("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")

    def _one(self, question: str) -> float:
        with self.engine.connect() as connection:
            return float(connection.execute(text(question)).scalar_one())


def _cpu() -> float:
    """Of the children that have ended, and of this process."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class _Watch(threading.Thread):
    """Looks at the memory of processes again and again, keeping the highest sums (KiB)."""

    def __init__(self, postmaster: int, not_ours: frozenset[int]) -> None:
        super().__init__(daemon=True)
        self.ours = self.largest = self.postgres = 0
        self._postmaster, self._not_ours = postmaster, not_ours
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        mine = [pss(pid) for pid in family(os.getpid(), self._not_ours)[1:]]
        self.ours = max(self.ours, sum(mine))
        self.largest = max(self.largest, *mine, 0)
        self.postgres = max(self.postgres, sum(pss(pid) for pid in family(self._postmaster)))

    def __enter__(self) -> _Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._look()
        self._over.set()
        self.join()


def family(pid: int, without: frozenset[int] = frozenset()) -> list[int]:
    """A process and all that it started, itself first."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                if int(child) not in without:
                    found += family(int(child), without)
    return found


def pss(pid: int) -> int:
    """Proportional memory of a process in KiB; 0 when it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
