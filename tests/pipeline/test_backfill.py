"""A backfill reads every day once, can be stopped at any moment, and tells its gaps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from digest.model import EmptyDay, Failed, NoElement, Outcome, Paper, Papers, Reading, Record, Tier
from digest.pipeline.backfill import MOST_FAILURES, Backfill, Backfilled, find_gaps
from digest.pipeline.collect import DayReport
from digest.store import listings
from digest.store.database import reading as read_only
from digest.store.schema import DeliveryRow, DigestRow

FIRST = date(2026, 3, 2)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def span(length: int) -> list[date]:
    return [FIRST + timedelta(days=number) for number in range(length)]


class Archive:
    """A source with one paper a weekday, and whatever else it is told to say."""

    name = "archive"

    def __init__(self) -> None:
        self.said: dict[date, list[Outcome]] = {}
        self.asked: list[date] = []
        self.lock = threading.Lock()
        self.before: Callable[[date], None] = lambda _day: None
        self.tier = Tier.API

    def read_day(self, day: date, *, now: datetime) -> Reading:
        self.before(day)
        with self.lock:
            self.asked.append(day)
            waiting = self.said.get(day)
            outcome = waiting.pop(0) if waiting else self.usual(day)
        return Reading(day, outcome, self.tier)

    def usual(self, day: date) -> Outcome:
        if day.weekday() > 4:
            return EmptyDay()
        return Papers((Record(Paper(f"{day:%y%m.%d}001", "A title", "An abstract"), upvotes=1),))


class Clock:
    """Time that passes only while waiting."""

    def __init__(self) -> None:
        self.now = NOW
        self.waits: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


def prepared(engine: Engine, archive: Archive, clock: Clock | None = None, workers: int = 1) -> Backfill:
    moment = clock or Clock()
    return Backfill(engine, lambda: archive, clock=moment, pause=moment.pause, workers=workers)


def run(engine: Engine, archive: Archive, length: int = 14, *, again: bool = False) -> Backfilled:
    return prepared(engine, archive).run(FIRST, FIRST + timedelta(days=length - 1), again=again)


@pytest.mark.parametrize("workers", [1, 4])
def test_every_day_is_read_once_whatever_the_workers(engine: Engine, workers: int) -> None:
    archive = Archive()
    done = prepared(engine, archive, workers=workers).run(FIRST, FIRST + timedelta(days=13))
    assert sorted(archive.asked) == span(14)
    assert (done.read, done.skipped, done.added, bool(done.gaps)) == (14, 0, 10, False)


def test_all_it_brings_is_silent_and_plans_nothing(engine: Engine) -> None:
    run(engine, Archive())
    with read_only(engine) as session:
        found = listings.candidates(session, since_day=FIRST, until_day=NOW.date())
        assert len(found) == 10
        assert all(listing.silent for listing in found)
        for table in (DigestRow, DeliveryRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_second_run_reads_nothing_and_again_reads_all(sqlite_engine: Engine) -> None:
    archive = Archive()
    run(sqlite_engine, archive)
    archive.asked.clear()
    done = run(sqlite_engine, archive)
    assert (archive.asked, done.read, done.skipped) == ([], 0, 14)
    done = run(sqlite_engine, archive, again=True)
    assert (done.read, done.added) == (14, 0)


def test_a_run_that_dies_resumes_where_it_was(sqlite_engine: Engine) -> None:
    archive = Archive()

    def die(day: date) -> None:
        if day == FIRST + timedelta(days=6):
            raise KeyboardInterrupt

    archive.before = die
    with pytest.raises(KeyboardInterrupt):
        run(sqlite_engine, archive)
    archive.before = lambda _day: None
    archive.asked.clear()
    done = run(sqlite_engine, archive)
    assert archive.asked == span(14)[6:]
    assert (done.skipped, done.added, bool(done.gaps)) == (6, 5, False)


def test_a_stop_lets_the_day_in_hand_finish_and_takes_no_other(sqlite_engine: Engine) -> None:
    work = prepared(sqlite_engine, Archive())
    told: list[DayReport] = []

    def tell(report: DayReport) -> None:
        told.append(report)
        if len(told) == 3:
            work.stop.set()

    work.tell = tell
    done = work.run(FIRST, FIRST + timedelta(days=13))
    assert (done.read, len(told)) == (3, 3)
    assert done.gaps.unread == tuple(day for day in span(14)[3:] if day.weekday() < 5)


def test_a_day_that_fails_is_tried_once_more_at_the_end(sqlite_engine: Engine) -> None:
    archive = Archive()
    archive.said[FIRST] = [Failed("it broke")]
    done = run(sqlite_engine, archive, 3)
    assert archive.asked == [*span(3), FIRST]
    assert (done.read, bool(done.gaps)) == (3, False)


def test_a_day_that_keeps_failing_is_a_gap_with_its_reason(sqlite_engine: Engine) -> None:
    archive = Archive()
    archive.said[FIRST] = [NoElement("a challenge page"), NoElement("a challenge page")]
    done = run(sqlite_engine, archive, 3)
    assert [(day.day, day.reason) for day in done.gaps.failed] == [(FIRST, "a challenge page")]
    assert done.gaps
    assert not run(sqlite_engine, archive, 3).gaps


def test_the_allowance_is_waited_for_and_the_same_day_asked_again(sqlite_engine: Engine) -> None:
    archive, clock = Archive(), Clock()
    archive.said[FIRST] = [Failed("slow down", retry_at=NOW + timedelta(seconds=40))]
    done = prepared(sqlite_engine, archive, clock).run(FIRST, FIRST)
    assert clock.waits == [40]
    assert (archive.asked, done.read, bool(done.gaps)) == ([FIRST, FIRST], 1, False)


def test_days_known_from_cards_are_gaps_and_read_again(sqlite_engine: Engine) -> None:
    archive = Archive()
    archive.tier = Tier.CARDS
    assert run(sqlite_engine, archive, 2).gaps.incomplete == tuple(span(2))
    archive.tier = Tier.API
    done = run(sqlite_engine, archive, 2)
    assert (done.read, bool(done.gaps)) == (2, False)


def test_a_weekday_on_which_nothing_is_listed_is_told_but_no_gap(sqlite_engine: Engine) -> None:
    archive = Archive()
    archive.said[FIRST] = [EmptyDay()]
    done = run(sqlite_engine, archive, 2)
    assert (done.gaps.empty_weekdays, bool(done.gaps)) == ((FIRST,), False)


def test_an_unknown_span_is_one_gap_a_weekday(sqlite_engine: Engine) -> None:
    gaps = find_gaps(sqlite_engine, FIRST, FIRST + timedelta(days=6), now=NOW)
    assert gaps.unread == tuple(span(5))


@pytest.mark.parametrize("workers", [1, 3])
def test_a_source_that_fails_for_every_day_is_left_alone_soon_and_resumed(
    sqlite_engine: Engine, workers: int
) -> None:
    archive = Archive()
    archive.said = {day: [Failed("the server is down")] for day in span(401)}
    done = prepared(sqlite_engine, archive, workers=workers).run(FIRST, FIRST + timedelta(days=400))
    assert done.gave_up == "the server is down"
    assert MOST_FAILURES <= len(archive.asked) < MOST_FAILURES + workers
    assert done.gaps.failed
    assert done.gaps.unread
    later = prepared(sqlite_engine, Archive()).run(FIRST, FIRST + timedelta(days=13))
    assert (later.read, later.gave_up, bool(later.gaps)) == (14, "", False)


def test_failures_between_days_that_can_be_had_do_not_end_a_run(sqlite_engine: Engine) -> None:
    archive = Archive()
    for number, day in enumerate(span(24)):
        if number % MOST_FAILURES:
            archive.said[day] = [Failed("it broke")]
    done = run(sqlite_engine, archive, 24)
    assert (done.read, done.gave_up, bool(done.gaps)) == (24, "", False)
