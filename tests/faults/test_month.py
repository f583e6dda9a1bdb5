"""A month of faults in simulated time: all is delivered within an hour of each fault's end; nothing grows."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from digest import delivery
from digest.errors import StoreError
from digest.model import ChannelName, DeliveryState
from digest.pipeline import handing
from digest.pipeline.deliver import deliver
from digest.store.database import open_engine
from tests.faults.outbox import NOW, TERMS, PlainMail, sheets
from tests.faults.relay import CUT, Relay
from tests.store.outbox import all_of, plan, subscribe

HOUR = timedelta(hours=1)
TICK = timedelta(minutes=5)
FAULTS: tuple[tuple[str, str, int], ...] = (  # phase, answer, hours
    ("greeting", CUT, 3),
    ("RCPT", "451 4.7.1 greylisted", 2),
    ("MAIL", "550 5.1.8 who are you", 4),
    ("greeting", "421 4.3.2 closing down", 1),
    ("dot", "452 4.3.1 no space left", 5),
    ("DATA", CUT, 2),
    ("EHLO", "554 5.7.1 listed", 6),
    ("store", "", 3),  # at each acceptance the store drops every connection: on Postgres alone
)


def month(engine: Engine, days: int, *, first: int = 0) -> list[str]:
    """Live through the days; say which deliveries came later than an hour after their day's fault.

    ``first`` is the fault of the first day.
    """
    moment = [NOW]
    late: list[str] = []

    def fault(phase: str, _argument: str) -> str | None:
        day = (moment[0] - NOW).days
        where, answer, hours = FAULTS[(day + first) % len(FAULTS)]
        if moment[0] >= NOW + timedelta(days=day) + hours * HOUR:
            return None
        if phase == "dot:after" and where == "store":
            _drop_connections(engine)
        return answer if phase == where else None

    numbers = subscribe(engine, 12)
    with Relay(fault, keep_bodies=False) as relay:
        channels, terms = {ChannelName.EMAIL: PlainMail(relay.port)}, replace(TERMS, batch=5)
        for day in range(days):
            begins = NOW + timedelta(days=day)
            plan(engine, numbers, slot=begins.date(), now=begins)
            moment[0] = begins
            while moment[0] < begins + 8 * HOUR:
                with suppress(StoreError):  # the next round tries again
                    deliver(engine, channels, sheets, terms, clock=lambda: moment[0])
                moment[0] += TICK
            late += _late(engine, begins, FAULTS[(day + first) % len(FAULTS)][2])
            if day == 2:
                _remember("day 3", engine)
    _remember("end", engine)
    return late


def _drop_connections(engine: Engine) -> None:
    """As a restart of the server does it."""
    if engine.dialect.name == "postgresql":
        with connected(engine) as other:
            other.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )


def _connections(engine: Engine) -> int:
    if engine.dialect.name == "sqlite":
        return sum("store.sqlite3" in str(one.resolve()) for one in Path("/proc/self/fd").iterdir())
    with connected(engine) as other:
        count = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(other.scalar(count) or 0)


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """A connection beside the engine's own."""
    beside = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with beside.connect() as connection:
        yield connection


def _late(engine: Engine, begins: datetime, hours: int) -> list[str]:
    limit = begins + (hours + 1) * HOUR
    return [
        f"{one.slot} {one.id}: {one.state} {one.finished_at} {one.reason}"
        for one in all_of(engine)
        if one.slot == begins.date()
        and (one.state is not DeliveryState.SENT or one.finished_at is None or one.finished_at > limit)
    ]


USED: dict[str, tuple[int, int, int, int]] = {}


def _remember(when: str, engine: Engine) -> None:
    """Resident memory in kB, open descriptors, threads, connections to the store."""
    USED[when] = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        len(os.listdir("/proc/self/fd")),  # noqa: PTH208  descriptors are no paths of ours
        threading.active_count(),
        _connections(engine),
    )


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("store", "first", "short"),
    [("sqlite", 0, 3), pytest.param("postgres", 7, 1, marks=pytest.mark.slow)],
)
def test_everything_is_delivered_within_an_hour_of_each_faults_end(
    request: pytest.FixtureRequest,
    soak: bool,
    monkeypatch: pytest.MonkeyPatch,
    store: str,
    first: int,
    short: int,
) -> None:
    monkeypatch.setattr(handing, "PAUSE_SECONDS", 0.01)
    engine = open_engine(request.getfixturevalue(f"{store}_url"))
    days = 30 if soak else short
    assert month(engine, days, first=first) == []
    if days >= 3:
        (memory, descriptors, threads, connections), end = USED["day 3"], USED["end"]
        assert end[0] - memory < 5 * 1024
        assert end[1] <= descriptors + 2
        assert end[2] <= threads + 2
        assert end[3] <= connections
    engine.dispose()


def test_the_judge_sees_a_twin_that_probes_too_seldom(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PROBES", (timedelta(hours=5),))
    assert month(sqlite_engine, 1)
