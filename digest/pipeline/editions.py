"""What one digest is about: which papers are candidates for whom, and which days it covers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.compose import Edition
from digest.model import Candidate, Day, DayAccount, DayState, Mark, Paper, Subscriber

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Arrived:
    """A paper on a day as the store holds it, with what decides whether it is news to somebody.

    ``revisited`` papers may have been shown before (another listing, or votes that climb);
    ``rising`` ones are offered again because their votes climb.
    """

    paper: Paper
    day: date
    upvotes: int
    arrival: int
    silent: bool = False
    revisited: bool = False
    rising: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """The store as one run of prepare sees it; every subscriber of the run sees the same.

    ``arrival`` is the counter at the moment of reading: the next digest starts after it.
    """

    as_of: datetime
    arrival: int
    pool: tuple[Arrived, ...]
    ledger: Mapping[date, Day]


@dataclass(frozen=True, slots=True)
class Since:
    """Where a subscriber's last digest ended; ``arrival`` is ``None`` before the first was sent.

    ``at`` is then the moment for which the first was made, if one was made and taken back unsent.
    """

    arrival: int | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How far back digests look, in days: ``catch_up`` for new papers, ``late`` for late ones."""

    catch_up: int
    late: int


def candidates(situation: Situation, since: Since, limits: Limits) -> list[Candidate]:
    """The papers that are news since the last digest: new, late and rising. In the pool's order."""
    if since.arrival is None or since.at is None:
        return _first(situation, since, limits)
    found = []
    for arrived in situation.pool:
        mark = _mark(arrived, since.arrival, since.at.date(), situation.as_of.date(), limits)
        if mark is not None:
            found.append(_candidate(arrived, mark))
    return _once(found)


def _mark(arrived: Arrived, after: int, over: date, today: date, limits: Limits) -> Mark | None:
    """New, late (its day was over when the last digest was prepared), rising, or no news at all."""
    if arrived.rising:
        return Mark.RISING if arrived.arrival <= after else None
    if arrived.arrival <= after:
        return None
    if arrived.day >= over:
        return Mark.NEW if arrived.day >= today - timedelta(days=limits.catch_up) else None
    late = not arrived.silent and arrived.day >= today - timedelta(days=limits.late)
    return Mark.LATE if late else None


def _first(situation: Situation, since: Since, limits: Limits) -> list[Candidate]:
    """A first digest: the newest day with papers, and the one before while that day still fills."""
    days = first_days(situation, since, limits)
    return _once([_candidate(one, Mark.NEW) for one in situation.pool if one.day in days and not one.rising])


def first_days(situation: Situation, since: Since, limits: Limits) -> frozenset[date]:
    """The days of a first digest: no more history than yesterday and today hold.

    One in place of a first that was never sent has its days, and those that came since.
    """
    today = situation.as_of.date()
    begun = since.at.date() if since.at else today
    oldest = today - timedelta(days=limits.catch_up)
    stored = sorted({one.day for one in situation.pool if oldest <= one.day <= today}, reverse=True)
    later = [day for day in stored if day > begun]
    until = stored[len(later) :]
    return frozenset(later + (until[:2] if until[:1] == [begun] else until[:1]))


def _candidate(arrived: Arrived, mark: Mark) -> Candidate:
    return Candidate(arrived.paper, arrived.day, arrived.upvotes, arrived.arrival, mark)


def _once(found: Iterable[Candidate]) -> list[Candidate]:
    """Each paper once, on its newest day: a paper featured on two days is one piece of news."""
    newest: dict[str, Candidate] = {}
    for candidate in found:
        known = newest.get(candidate.paper.id)
        if known is None or _rank(candidate) > _rank(known):
            newest[candidate.paper.id] = candidate
    return list(newest.values())


def _rank(candidate: Candidate) -> tuple[bool, date]:
    return candidate.mark is not Mark.RISING, candidate.day


def edition(
    situation: Situation,
    since: Since,
    limits: Limits,
    *,
    slot: date,
    next_slot: date | None,
    catch_up: bool,
) -> Edition:
    """The days a digest speaks of, with their states, the weekdays that are missing, and which of the
    candidates are late or rising.
    """
    first = since.arrival is None
    marks = [candidate.mark for candidate in candidates(situation, since, limits)]
    days = _newest(situation, since, limits) if first else _span(situation, since, limits)
    ledger = situation.ledger
    spoken = [day for day in days if day in ledger and (ledger[day].listed or day.weekday() < SATURDAY)]
    return Edition(
        slot=slot,
        as_of=situation.as_of,
        days=tuple(DayAccount(day, ledger[day].state, ledger[day].listed) for day in spoken),
        listed=sum(ledger[day].listed for day in spoken),
        next_slot=next_slot,
        missing_days=_missing(days, situation),
        first=first,
        catch_up=catch_up,
        late=tuple(row for row, mark in enumerate(marks) if mark is Mark.LATE),
        rising=tuple(row for row, mark in enumerate(marks) if mark is Mark.RISING),
    )


def _newest(situation: Situation, since: Since, limits: Limits) -> list[date]:
    """The days of a first digest; where there are none, the two that should have been there."""
    today = situation.as_of.date()
    span = _span(situation, since, limits) if since.at else []
    return sorted({*first_days(situation, since, limits), *span}) or [today - timedelta(days=1), today]


def was_read(situation: Situation, limits: Limits) -> bool:
    """Whether any day was read that a first digest of this moment speaks of."""
    known = (situation.ledger.get(day) for day in _newest(situation, Since(None, None), limits))
    return any(day is not None and day.state is not DayState.FAILED for day in known)


def _missing(days: Sequence[date], situation: Situation) -> tuple[date, ...]:
    """The days that could not be read; today, where not one of ``days`` was: nothing is known then."""
    found = tuple(day for day in days if missing(situation.ledger.get(day), day, situation.as_of))
    unknown = not found and not any(day in situation.ledger for day in days)
    return tuple(days[-1:]) if unknown else found


def _span(situation: Situation, since: Since, limits: Limits) -> list[date]:
    """Every day from the one the last digest ended in until today, at most the catch-up span."""
    today = situation.as_of.date()
    start = max(since.at.date() if since.at else today, today - timedelta(days=limits.catch_up))
    return [start + timedelta(days=n) for n in range((today - start).days + 1)]


def missing(day: Day | None, date_: date, as_of: datetime) -> bool:
    """Whether a day that should have papers could not be read.

    A day never read is missing once it is over, unless it is a weekend's; today may not have been
    opened yet.
    """
    if day is not None:
        return day.state is DayState.FAILED
    return date_ < as_of.date() and date_.weekday() < SATURDAY


def catches_up(subscriber: Subscriber, slot: date) -> bool:
    """Whether slots the subscriber should have had lie between the last one and this one."""
    if subscriber.last_slot is None:
        return False
    last = subscriber.last_slot
    skipped = (last + timedelta(days=n) for n in range(1, (slot - last).days))
    return any(day.weekday() in subscriber.weekdays for day in skipped)


def seen_by(pool: Sequence[Candidate], shown: Mapping[str, set[bool]], *, rising: bool) -> frozenset[str]:
    """The candidates a subscriber must not see: shown already, or rising when switched off.

    ``shown`` says of each paper whether it was shown as new (False) and as rising (True).
    """
    if rising and not shown:  # as for most
        return frozenset()
    hidden = set()
    for candidate in pool:
        before = shown.get(candidate.paper.id, set())
        if candidate.mark is Mark.RISING:
            if not rising or True in before:
                hidden.add(candidate.paper.id)
        elif before:
            hidden.add(candidate.paper.id)
    return frozenset(hidden)
