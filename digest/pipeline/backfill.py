"""Backfill: read a span of days once, politely, silently, and say which could not be had.

Resumable at any moment: what is done stands in the ledger, a day a transaction. Nothing is announced:
its listings are silent, and it plans no digest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy import Engine

from digest.model import Day, DayState, Tier
from digest.pipeline.collect import DayReport, read_and_store
from digest.pipeline.ledger import empty_weekdays, missing_days
from digest.sources import Source
from digest.store import days
from digest.store.database import reading as read_only

ROUNDS = 2
"""A day that fails is tried once more, after all the others."""
MOST_FAILURES = 5
"""Days that may fail in a row: more, and it is the source that fails, which hours of asking do not mend."""

DONE = frozenset({DayState.SETTLED, DayState.REVISED})


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a span lacks: days never read, days known from cards only, weekdays without a paper."""

    failed: tuple[Day, ...] = ()
    unread: tuple[date, ...] = ()
    incomplete: tuple[date, ...] = ()
    empty_weekdays: tuple[date, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.failed or self.unread or self.incomplete)


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What a backfill did: days read now, days that were done already, papers added, what is missing.

    ``gave_up`` is why the last day failed, when too many in a row did and the rest was left unread.
    """

    read: int
    skipped: int
    added: int
    gaps: Gaps
    gave_up: str = ""


@dataclass(slots=True)
class Backfill:
    """One run. ``make_source`` is called once per worker; ``clock`` and ``pause`` are the outer world's.

    ``pause(seconds)`` is called while the source's allowance is used up; ``stop`` ends the run after the
    days in hand, as ``MOST_FAILURES`` days that fail in a row do. ``tell`` hears each day when it is done.
    """

    engine: Engine
    make_source: Callable[[], Source]
    clock: Callable[[], datetime]
    pause: Callable[[float], object]
    tell: Callable[[DayReport], None] = lambda _report: None
    workers: int = 1
    keep_raw: bool = True
    stop: threading.Event = field(default_factory=threading.Event)
    _failures: int = 0
    _gave_up: str = ""
    _own: threading.local = field(default_factory=threading.local)

    def run(self, since: date, until: date, *, again: bool = False) -> Backfilled:
        """Read the days from ``since`` to ``until`` that the ledger does not hold as settled.

        ``again`` reads them all. Raises ``StoreError`` if the store cannot be used.
        """
        span = list(span_of(since, until))
        wanted = span if again else self._undone(span)
        stored: list[DayReport] = []
        left: Sequence[date] = wanted
        self._gave_up = ""
        for _round in range(ROUNDS):
            self._failures = 0
            reports = list(self._read(left))
            stored += [report for report in reports if report.stored]
            left = [report.day.day for report in reports if not report.stored]
        return Backfilled(
            read=len(stored),
            skipped=len(span) - len(wanted),
            added=sum(report.added for report in stored),
            gaps=find_gaps(self.engine, since, until, now=self.clock()),
            gave_up=self._gave_up,
        )

    def _undone(self, span: Sequence[date]) -> list[date]:
        if not span:
            return []
        with read_only(self.engine) as session:
            known = {day.day: day for day in days.ledger(session, span[0], span[-1])}
        return [day for day in span if not is_done(known.get(day))]

    def _read(self, wanted: Sequence[date]) -> Iterator[DayReport]:
        """Read the days in order, as many at a time as there are workers; memory does not grow with them."""
        queue = iter([] if self._ended() else wanted)
        with self._pool() as pool:
            running = {pool.submit(self._one, day) for day in islice(queue, self.workers)}
            while running:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                yield from self._told(finished)
                if not self._ended():
                    running |= {pool.submit(self._one, day) for day in islice(queue, len(finished))}

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        """The workers; whatever ends the run, they finish the day in hand and take no other."""
        with ThreadPoolExecutor(self.workers, thread_name_prefix="backfill") as pool:
            try:
                yield pool
            except BaseException:
                self.stop.set()
                raise

    def _told(self, finished: Iterable[Future[DayReport | None]]) -> Iterator[DayReport]:
        for future in finished:
            report = future.result()
            if report is not None:
                self._count(report)
                self.tell(report)
                yield report

    def _count(self, report: DayReport) -> None:
        """Give up when too many days in a row could not be had."""
        self._failures = 0 if report.stored else self._failures + 1
        if self._failures == MOST_FAILURES:
            self._gave_up = report.day.reason or "the source did not answer"

    def _ended(self) -> bool:
        return self.stop.is_set() or bool(self._gave_up)

    def _one(self, day: date) -> DayReport | None:
        """One day, however often the source asks to wait; ``None`` when stopped while waiting."""
        while not self.stop.is_set():
            now = self.clock()
            report = read_and_store(
                self.engine, self._source(), day, now=now, silent=True, keep_raw=self.keep_raw
            )
            if report.retry_at is None:
                return report
            self.pause(max(0.1, (report.retry_at - self.clock()).total_seconds()))
        return None

    def _source(self) -> Source:
        """This worker's source."""
        found: Source | None = getattr(self._own, "source", None)
        if found is None:
            found = self._own.source = self.make_source()
        return found


def is_done(known: Day | None) -> bool:
    """Whether nothing is to be gained by reading a day again."""
    return known is not None and known.state in DONE and known.tier is not Tier.CARDS and not known.failures


def span_of(since: date, until: date) -> Iterator[date]:
    """The days from ``since`` to ``until``, both included."""
    return (since + timedelta(days=number) for number in range((until - since).days + 1))


def find_gaps(engine: Engine, since: date, until: date, *, now: datetime) -> Gaps:
    """What the store lacks of a span."""
    with read_only(engine) as session:
        known = {day.day: day for day in days.ledger(session, since, until)}
    failed = tuple(day for day in known.values() if day.first_read_at is None)
    named = {day.day for day in failed}
    return Gaps(
        failed=failed,
        unread=tuple(day for day in missing_days(known, since, until) if day not in named),
        incomplete=tuple(day.day for day in known.values() if day.tier is Tier.CARDS),
        empty_weekdays=tuple(empty_weekdays(known, now=now)),
    )
