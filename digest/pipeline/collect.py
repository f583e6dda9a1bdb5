"""Collect: read the days that are worth reading and store what they say, a day a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.model import Day, EmptyDay, Failed, Outcome, Papers, Reading, Redirected
from digest.pipeline.extracting import keep_up
from digest.pipeline.ledger import after_failure, after_success, days_to_read, is_suspicious
from digest.sources import Source
from digest.store import counters, days, listings, observations, papers, raw_answers, search
from digest.store.database import reading as read_only
from digest.store.database import transaction

log = structlog.get_logger()

MOST_UNANSWERED = 3
"""Days in a row that may go without an answer: more, and it is the source that is away, not a day of it."""


@dataclass(frozen=True, slots=True)
class Collecting:
    """Days to look back; whether raw answers are kept."""

    look_back: int = 14
    keep_raw: bool = True


@dataclass(frozen=True, slots=True)
class DayReport:
    """What reading one day did. ``stored`` is false when the reading changed no papers."""

    day: Day
    outcome: Outcome
    added: int = 0
    new_papers: int = 0
    changed_papers: int = 0
    stored: bool = False

    @property
    def retry_at(self) -> datetime | None:
        """When the source may be asked again, if it wants us to wait."""
        return self.outcome.retry_at if isinstance(self.outcome, Failed) else None

    @property
    def unanswered(self) -> bool:
        """Whether the source was asked and gave nothing usable, nor a word on when to come back."""
        return isinstance(self.outcome, Failed) and self.outcome.retry_at is None


@dataclass(frozen=True, slots=True)
class CollectReport:
    """What one run of collect did, day by day.

    ``postponed`` days wait for the source's allowance, ``untried`` ones for a source that can be reached:
    nothing is stored of either, so that they are due at the next run.
    """

    days: tuple[DayReport, ...] = ()
    postponed: tuple[date, ...] = ()
    untried: tuple[date, ...] = ()

    @property
    def added(self) -> int:
        return sum(report.added for report in self.days)

    @property
    def failed(self) -> tuple[DayReport, ...]:
        return tuple(report for report in self.days if not report.stored)


def collect(
    engine: Engine,
    source: Source,
    *,
    now: datetime,
    days: Iterable[date] | None = None,
    settings: Collecting = Collecting(),
    stop: Callable[[], bool] = lambda: False,
) -> CollectReport:
    """Read ``days`` (default: those worth reading now) and store each in one transaction.

    Never raises for what the source does; raises ``StoreError`` if the store cannot be used. When the
    source asks us to wait, or ``stop`` turns true, the days left are postponed to the next run. When it
    leaves ``MOST_UNANSWERED`` days in a row unanswered, those left are not tried.
    """
    wanted = list(days) if days is not None else due_days(engine, now=now, look_back=settings.look_back)
    reports: list[DayReport] = []
    for day in wanted:
        report = read_and_store(engine, source, day, now=now, silent=False, keep_raw=settings.keep_raw)
        _tell(report)
        reports.append(report)
        if report.retry_at is not None or stop() or is_away(reports):
            break
    if any(report.new_papers or report.changed_papers for report in reports):
        keep_up(engine, now=now)
    left = tuple(wanted[len(reports) :])
    if not (left and is_away(reports)):
        return CollectReport(tuple(reports), postponed=left)
    log.warning("days not tried", days=[str(day) for day in left], reason=reports[-1].day.reason)
    return CollectReport(tuple(reports), untried=left)


def is_away(reports: Sequence[DayReport]) -> bool:
    """Whether the source cannot be reached, by the last days asked for: the others would cost as long."""
    last = reports[-MOST_UNANSWERED:]
    return len(last) == MOST_UNANSWERED and all(report.unanswered for report in last)


def due_days(engine: Engine, *, now: datetime, look_back: int) -> list[date]:
    """The days worth reading now, newest first."""
    with read_only(engine) as session:
        known = days.ledger(session, now.date() - timedelta(days=look_back), now.date())
    return days_to_read({day.day: day for day in known}, now=now, look_back=look_back)


def read_and_store(
    engine: Engine, source: Source, day: date, *, now: datetime, silent: bool, keep_raw: bool = True
) -> DayReport:
    """Read one day, then store the reading: the network is done with before the transaction begins."""
    reading = source.read_day(day, now=now)
    with transaction(engine) as session:
        report = store_reading(session, reading, now=now, silent=silent)
        if keep_raw:
            raw_answers.keep(session, day, reading.raw)
    return report


def store_reading(session: Session, reading: Reading, *, now: datetime, silent: bool) -> DayReport:
    """Store what a reading says. Only papers and an empty day change what is stored of the day.

    The counter of arrivals is locked first, whatever was read: it keeps other collectors out until the end.
    """
    outcome = reading.outcome
    if isinstance(outcome, Papers):
        return _store_papers(session, reading, outcome, now=now, silent=silent)
    counters.hold_arrival(session)
    known = days.load(session, reading.day)
    listed = listings.count_of_day(session, reading.day)
    believed = isinstance(outcome, (EmptyDay, Redirected)) and not is_suspicious(outcome, listed)
    day = (
        after_success(known, reading, listed=0, added=0, now=now)
        if believed
        else after_failure(known, reading, now=now)
    )
    days.save(session, day)
    return DayReport(day, outcome, stored=believed)


def _store_papers(
    session: Session, reading: Reading, outcome: Papers, *, now: datetime, silent: bool
) -> DayReport:
    arrival = counters.next_arrival(session)
    known = days.load(session, reading.day)
    stored = papers.store(session, [record.paper for record in outcome.records], now=now)
    search.index(session, stored.new + stored.changed)
    listed = listings.store(session, reading.day, outcome.records, arrival=arrival, silent=silent, now=now)
    observations.store(session, listed.moved, now=now)
    count = listings.count_of_day(session, reading.day)
    day = after_success(known, reading, listed=count, added=len(listed.added), now=now)
    days.save(session, day)
    return DayReport(
        day,
        outcome,
        added=len(listed.added),
        new_papers=len(stored.new),
        changed_papers=len(stored.changed),
        stored=True,
    )


def _tell(report: DayReport) -> None:
    """One line of log per day: quiet when nothing happened, loud when the day could not be read."""
    values = {"day": str(report.day.day), "listed": report.day.listed, "added": report.added}
    if not report.stored:
        log.warning("day not read", reason=report.day.reason, notes=report.day.notes, **values)
    elif report.day.refused or report.day.notes:
        log.warning("day read with remarks", tier=report.day.tier, notes=report.day.notes, **values)
    else:
        log.info("day read", tier=report.day.tier, **values)


def as_line(report: DayReport) -> str:
    """What reading a day did, in a line for people."""
    day = report.day
    said = f"{day.day} {day.day:%a}  {day.state.value:<8}  {day.listed:>4} papers"
    added = f"  +{report.added}" if report.added else ""
    return said + added + (f"  {day.reason}" if day.reason else "")
