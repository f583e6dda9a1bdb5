"""A worker's shift outlasts a Postgres that is away for longer than its connections wait."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import ClassVar

import procrastinate
import pytest
from psycopg_pool import AsyncConnectionPool

from benchmarks.shows.server import Server, postgres
from digest.cluster import running
from digest.cluster.queue import app_of, install
from digest.cluster.running import Shift, run_jobs
from digest.config import LogSettings
from digest.errors import StoreBusy
from digest.logs import set_up
from digest.store.database import open_engine, transaction
from tests.cluster.test_processes import wait_until

QUEUE = "shift"


class Hasty(AsyncConnectionPool):
    """A pool that waits for a second where it would for thirty."""

    opening: ClassVar[threading.Event] = threading.Event()

    async def open(self, wait: bool = False, timeout: float = 30.0) -> None:
        self.opening.set()
        await super().open(wait, timeout=1)


class Work:
    """A shift in a thread, on a Postgres of its own; each job that is done sets ``done``."""

    def __init__(self, server: Server) -> None:
        self.server, self.done, self.stopping = server, threading.Event(), threading.Event()
        self.engine = open_engine(server.url)
        install(self.engine)
        self.app = app_of(self.engine, pool_factory=Hasty, timeout=1)

        @self.app.task(name="shift.do", queue=QUEUE)
        def do(divisor: int) -> None:
            self.done.set()
            assert 1 / divisor

    def work_off(self) -> None:
        patience = timedelta(seconds=60)
        run_jobs(Shift(self.app, [QUEUE], 1, self.stopping, patience, poll_seconds=0.2))

    def put_in(self, *, fault: bool = False) -> None:
        self.done.clear()
        app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
        with transaction(self.engine) as session:
            raw = session.connection().connection.driver_connection
            app.configure_task("shift.do", queue=QUEUE, connection=raw).defer(divisor=0 if fault else 1)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "ANEW_SECONDS", 0.2)


@pytest.fixture
def work() -> Iterator[Work]:
    with postgres(settings={}) as server:
        made = Work(server)
        yield made
        made.engine.dispose()


@contextmanager
def begun(work: Work) -> Iterator[Future[None]]:
    """A shift that is told to stop and loses its database in the end, which ends it."""
    with ThreadPoolExecutor(1) as pool:
        shift = pool.submit(work.work_off)
        try:
            yield shift
        finally:
            work.stopping.set()
            with suppress(RuntimeError):  # it is stopped
                work.server.stop()
            wait([shift], 60)
            work.server.start()


def away(work: Work, shift: Future[None], told: list[str]) -> None:
    """Postgres is away until the shift has begun anew more than once."""
    work.server.stop()
    wait_until(lambda: shift.done() or told.count("cluster.begin_anew") >= 3)
    assert not shift.done(), shift.exception()
    work.server.start()
    work.engine.dispose()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what the shift logged."""
    found: list[str] = []
    monkeypatch.setattr(running.log, "warning", lambda event, **_named: found.append(event), raising=False)
    return found


def test_a_shift_outlasts_a_postgres_that_is_away_for_longer_than_it_waits_for_connections(
    work: Work, told: list[str]
) -> None:
    with begun(work) as shift:
        work.put_in()
        assert work.done.wait(60)
        away(work, shift, told)
        work.put_in()
        assert work.done.wait(60), "it takes no jobs any more"
    assert isinstance(shift.exception(), StoreBusy), "told to stop, it waits for no database"


def test_a_lost_postgres_is_told_in_lines_and_a_fault_of_ours_with_its_traceback(
    work: Work, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(LogSettings())
    with begun(work) as shift:
        work.put_in()
        assert work.done.wait(60)
        away(work, shift, told)
        work.put_in(fault=True)
        assert work.done.wait(60)
    said = capsys.readouterr().err
    lost, _, ours = said.partition("Traceback")
    assert "Connection refused Is the server running" in lost
    assert all(
        line.startswith(("procrastinate", "psycopg", "asyncio")) for line in lost.splitlines() if line
    ), lost
    assert "ZeroDivisionError" in ours


def test_a_signal_ends_a_shift_that_waits_for_its_database(work: Work, told: list[str]) -> None:
    def leave() -> None:
        assert work.done.wait(60)
        work.server.stop()
        wait_until(lambda: "cluster.begin_anew" in told)
        Hasty.opening.clear()
        assert Hasty.opening.wait(60)
        os.kill(os.getpid(), signal.SIGTERM)

    work.put_in()
    with ThreadPoolExecutor(1) as pool:
        leaving = pool.submit(leave)
        work.work_off()
        leaving.result()
    assert work.stopping.is_set()
    work.server.start()
