"""Import saved pages and answers; replay kept ones. Both are silent, and neither asks the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.errors import SourceError
from digest.model import Day, DayState, Papers, Reading
from digest.pipeline.backfill import DONE
from digest.pipeline.collect import DayReport, store_reading
from digest.pipeline.ledger import after_success
from digest.sources.huggingface import WEEKEND
from digest.sources.replay import Replay
from digest.sources.saved import Saved, read_saved
from digest.store import counters, days, listings, papers, raw_answers, search
from digest.store.database import reading as read_only
from digest.store.database import transaction


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; ``day`` is ``None`` for a page that belongs to no single day."""

    day: date | None
    papers: int
    refused: int
    added: int
    new_papers: int


def import_saved(
    engine: Engine, body: bytes, *, now: datetime, day: date | None = None, hint: date | None = None
) -> Imported:
    """Store what a saved page or answer holds.

    The day is ``day``, else what the file says itself, else ``hint``. A period's page belongs to no day:
    its papers are stored, and no listing. What is known already keeps its counts: a saved page is old.
    Raises ``ParseError`` for a file that cannot be read, ``SourceError`` for one of another day, of none, of
    one still to come, and for a weekday without papers: a file alone is no proof of that.
    """
    saved = read_saved(body)
    if day and saved.day and day != saved.day:
        raise SourceError(f"the file is of {saved.day}, not of {day}", remedy="leave --day out")
    chosen = day or saved.day or hint
    if chosen is None and saved.period == "day":
        raise SourceError("the file does not say of which day it is", remedy="name it with --day")
    listed_on = None if saved.period != "day" and day is None else chosen
    _require_credible(saved, listed_on, now.date())
    with transaction(engine) as session:
        return _store(session, saved, listed_on, now)


def _require_credible(saved: Saved, day: date | None, today: date) -> None:
    if day is None:
        return
    if day > today:
        raise SourceError(f"{day} is still to come", remedy="name the day of the file with --day")
    if not saved.papers.records and day.weekday() not in WEEKEND:
        raise SourceError(
            f"the file lists no paper, and {day} is a {day:%A}",
            remedy=f"ask the source: digest backfill {day} {day}",
        )


def _store(session: Session, saved: Saved, day: date | None, now: datetime) -> Imported:
    arrival = counters.next_arrival(session)
    records = saved.papers.records
    stored = papers.store(session, [record.paper for record in records], now=now)
    search.index(session, stored.new + stored.changed)
    added = 0
    if day is not None:
        known = {listing.paper_id for listing in listings.of_day(session, day)}
        fresh = [record for record in records if record.paper.id not in known]
        listed = listings.store(session, day, fresh, arrival=arrival, silent=True, now=now)
        added = len(listed.added)
        days.save(session, _day_after(session, Reading(day, saved.papers, saved.tier), added, now))
    return Imported(day, len(records), len(saved.papers.refused), added, len(stored.new))


def _day_after(session: Session, reading: Reading, added: int, now: datetime) -> Day:
    """The day's row after an import: never settled by it, for the page may be older than its last papers."""
    known = days.load(session, reading.day)
    if known is not None and known.first_read_at is not None:
        return replace(known, listed=known.listed + added)
    count = listings.count_of_day(session, reading.day)
    row = after_success(known, reading, listed=count, added=added, now=now)
    state = DayState.SETTLING if row.state in DONE else row.state
    return replace(row, state=state, notes=("imported from a file", *row.notes))


# --- replay ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did: days read anew, papers that changed; ``without`` are the days that list papers, but
    whose kept answers give none (any more).
    """

    days: int
    without: tuple[date, ...]
    changed_papers: int
    added: int


def replay(
    engine: Engine, since: date, until: date, *, tell: Callable[[DayReport], None] = lambda _report: None
) -> Replayed:
    """Read kept answers again with today's parsers, each as of the moment it was fetched.

    Only papers are believed: an answer that gives none changes nothing.
    """
    with read_only(engine) as session:
        kept = list(raw_answers.days(session, since, until))
    reports, without = [], []
    for day in kept:
        report = _replay_day(engine, day)
        if report is not None:
            reports.append(report)
            tell(report)
        elif _lists_papers(engine, day):
            without.append(day)
    return Replayed(
        days=len(reports),
        without=tuple(without),
        changed_papers=sum(report.changed_papers for report in reports),
        added=sum(report.added for report in reports),
    )


def _lists_papers(engine: Engine, day: date) -> bool:
    with read_only(engine) as session:
        return listings.count_of_day(session, day) > 0


def _replay_day(engine: Engine, day: date) -> DayReport | None:
    with transaction(engine) as session:
        answers = raw_answers.of_day(session, day)
        moment = max(answer.fetched_at for answer in answers)
        reading = Replay(answers).read_day(day, now=moment)
        if not isinstance(reading.outcome, Papers):
            return None
        return store_reading(session, reading, now=moment, silent=True)
