"""A backfill against a source that enforces its limit: as quick as is polite, never quicker.

Time passes only while the backfill waits, for it and for the server alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from math import ceil
from threading import Condition

import pytest
from sqlalchemy import Engine

from digest.demo.server import Answer, SourceServer
from digest.demo.shapes import Item
from digest.pipeline.backfill import Backfill, Backfilled
from digest.pipeline.pacing import WINDOW, SharedPace
from digest.sources.huggingface import HuggingFace
from tests.sources.shapes import item

GRANTED = {"api": 60, "pages": 12}
HALF = GRANTED["api"] // 2
FIRST = date(2025, 1, 1)
DAYS = 100
NOW = datetime(2026, 6, 1, 12, 0, 3, tzinfo=UTC)


class Strict(SourceServer):
    """The source, with the moment and the status of each of its answers."""

    def __init__(self, allowances: Mapping[str, int]) -> None:
        super().__init__(paper_a_day, now=NOW, allowances=allowances)
        self.answered: list[tuple[datetime, HTTPStatus]] = []
        self.still = Condition()
        """Held while the moment must not change."""
        self.on_the_way = 0

    def respond(self, target: str) -> Answer:
        with self.still:
            given = super().respond(target)
            self.answered.append((self.now, given.status))
            self.on_the_way = max(self.on_the_way - 1, 0)  # a test may ask, too, without a permit
            self.still.notify_all()
        return given

    def wait(self, seconds: float) -> None:
        """Let time pass, once no request is on its way: none takes minutes from permit to answer."""
        with self.still:
            self.still.wait_for(lambda: not self.on_the_way)
            self.now += timedelta(seconds=seconds)

    @property
    def took(self) -> timedelta:
        return self.now - NOW

    def most_in_a_window(self) -> int:
        """The most requests in any five minutes, wherever they begin."""
        moments = [moment for moment, _ in self.answered]
        return max(sum(start <= moment < start + WINDOW for moment in moments) for start in set(moments))

    def statuses(self) -> Counter[HTTPStatus]:
        return Counter(status for _, status in self.answered)


@dataclass(frozen=True)
class Permits:
    """The shared pace, asked and told at one moment of the server's time."""

    pace: SharedPace
    server: Strict

    def take(self, kind: str, *, now: datetime) -> datetime | None:
        with self.server.still:
            free = self.pace.take(kind, now=self.server.now)
            self.server.on_the_way += free is None
        return free

    def hold(self, kind: str, *, until: datetime) -> None:
        self.pace.hold(kind, until=until)


def paper_a_day(day: date, _now: datetime) -> list[Item]:
    return [item(f"{day:%y%m.%d}001", submittedOnDailyAt=f"{day}T00:00:00Z")]


@contextmanager
def backfilling(engine: Engine, server: Strict, *, workers: int = 1) -> Iterator[Backfill]:
    """A backfill that takes the source to grant what it should."""
    opened: list[HuggingFace] = []

    def source() -> HuggingFace:
        pace = Permits(SharedPace(engine, allowances=dict(GRANTED)), server)
        opened.append(HuggingFace(server.url, contact="a@b.example", version="0", pace=pace))
        return opened[-1]

    yield Backfill(engine, source, clock=lambda: server.now, pause=server.wait, workers=workers)
    for one in opened:
        one.close()


def run(engine: Engine, server: Strict, *, days: int = DAYS, workers: int = 1) -> Backfilled:
    with backfilling(engine, server, workers=workers) as work:
        return work.run(FIRST, FIRST + timedelta(days=days - 1))


def quickest(requests: int, allowance: int) -> timedelta:
    """What so many requests take at least, when no window may hold more than ``allowance``."""
    return (ceil(requests / allowance) - 1) * WINDOW


def test_it_takes_half_of_the_allowance_and_hardly_longer_than_that_demands(sqlite_engine: Engine) -> None:
    with Strict(GRANTED) as server:
        done = run(sqlite_engine, server)
    assert (done.read, bool(done.gaps)) == (DAYS, False)
    assert server.statuses() == {HTTPStatus.OK: DAYS}
    assert server.most_in_a_window() == HALF
    assert server.took <= quickest(DAYS, HALF) * 1.05


def test_workers_share_the_allowance(sqlite_engine: Engine) -> None:
    with Strict(GRANTED) as server:
        done = run(sqlite_engine, server, days=2 * HALF, workers=3)
    assert (done.read, bool(done.gaps)) == (2 * HALF, False)
    assert server.most_in_a_window() <= HALF


def test_a_restart_does_not_begin_a_new_allowance(sqlite_engine: Engine) -> None:
    with Strict(GRANTED) as server:
        for days in (HALF // 2, HALF, 2 * HALF):
            run(sqlite_engine, server, days=days)
    assert len(server.answered) == 2 * HALF
    assert server.most_in_a_window() == HALF


@pytest.mark.parametrize("granted", [5, 20])
def test_a_source_that_grants_less_is_believed(sqlite_engine: Engine, granted: int) -> None:
    with Strict({"api": granted, "pages": granted}) as server:
        done = run(sqlite_engine, server, days=50)
    assert (done.read, bool(done.gaps)) == (50, False)
    assert server.statuses()[HTTPStatus.TOO_MANY_REQUESTS] == 0
    assert server.took <= quickest(50, granted) * 1.05


def test_a_refusal_is_waited_out_and_the_same_day_asked_again(sqlite_engine: Engine) -> None:
    """Somebody else behind the same address has used the window up."""
    with Strict(GRANTED) as server:
        for _ in range(GRANTED["api"]):
            server.respond("/api/daily_papers?date=2025-01-01")
        server.answered.clear()
        done = run(sqlite_engine, server, days=5)
    assert (done.read, bool(done.gaps)) == (5, False)
    assert server.statuses() == {HTTPStatus.TOO_MANY_REQUESTS: 1, HTTPStatus.OK: 5}
    assert server.took == WINDOW
