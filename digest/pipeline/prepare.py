"""prepare: store → ranking → digest. Who is due gets a digest for their slot, once.

A batch of due subscribers is ranked (``rankings``) and stored in one transaction: digests, entries,
deliveries, and where each subscriber's coverage ends. Unique (subscriber, slot) makes it once,
however many processes prepare at the same time. Nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.compose import Edition, compose
from digest.errors import DigestError, ShownBefore
from digest.garbage import counting_only
from digest.model import (
    DayState,
    Digest,
    DigestKind,
    EmptyDigests,
    Ranking,
    Subscriber,
)
from digest.pipeline.editions import (
    Since,
    Situation,
    catches_up,
    edition,
    was_read,
)
from digest.pipeline.rankings import Ahead, Enqueue, Round, Rules, rank_ahead, rankings_of, read_round
from digest.pipeline.relating import keep
from digest.ranking.memory import lasting
from digest.slots import due_slot, next_due, slot_of
from digest.store import corpora, counters, deliveries, digests, subscribers
from digest.store.database import one_writer, reading, transaction
from digest.store.deliveries import Planned
from digest.store.digests import BY_ITSELF, Coverage
from digest.store.subscribers import Prepared

SILENCE = timedelta(days=7)
"""With ``empty = weekly`` nobody is left without a word for longer: silence must not look like a fault."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did: digests stored, those of them to be delivered, unsent ones merged into them.

    ``left`` are subscribers whose digest of a past day is still due: their schedule makes it.
    """

    prepared: int = 0
    planned: int = 0
    empty: int = 0
    merged: int = 0
    waiting: bool = False
    left: int = 0

    def __add__(self, other: Report) -> Report:
        return Report(
            self.prepared + other.prepared,
            self.planned + other.planned,
            self.empty + other.empty,
            self.merged + other.merged,
            self.waiting or other.waiting,
            self.left + other.left,
        )


def prepare(engine: Engine, rules: Rules, *, now: datetime, enqueue: Enqueue | None = None) -> Report:
    """Prepare the digests of everybody who is due at ``now``, in batches.

    While the source cannot be read, digests wait until they are ``rules.wait`` overdue; then they go
    out and say what is missing. ``enqueue`` tells a queue of what was planned, in the transaction that
    plans it. Most minutes nobody is due and nothing was read: then nothing else is looked at.
    """
    if _nothing_to_do(engine, now):
        return Report()
    found = read_round(engine, rules, now)
    with lasting(found.memory.corpus) as memory:
        return _prepare_due(engine, replace(found, memory=memory, enqueue=enqueue))


def _prepare_due(engine: Engine, round_: Round) -> Report:
    waiting = source_is_behind(round_.situation)
    due_by = round_.now - round_.rules.wait if waiting else round_.now
    report = Report(waiting=waiting)
    with transaction(engine) as session:
        subscribers.wake(session, due_by)
    last: Subscriber | None = None
    while True:
        done, last = _prepare_next(engine, round_, due_by, last)
        keep(engine, round_.memory.corpus)
        if last is None:
            return report
        report += done


def _nothing_to_do(engine: Engine, now: datetime) -> bool:
    """Nobody is due, and the ranking's statistics, which are kept for others too, count every read."""
    with reading(engine) as session:
        counted = corpora.counted(session)
        up_to_date = counted is not None and counted.arrival == counters.arrival(session)
        return up_to_date and not subscribers.anybody_due(session, now)


def prepare_day(
    engine: Engine, rules: Rules, day: date, subscriber_ids: Sequence[int], *, now: datetime
) -> Report:
    """Prepare digests for one slot, due or not: for ``digest prepare --day`` and ``--subscriber``.

    A past day is looked at as it stood at its end, the way a first digest is: what was shown stays
    out. Its digest stands for itself: it merges none, is merged into none, and moves no schedule. A slot
    that has a digest keeps it. Raises ``DigestError`` for a day to come, or of which nothing was read.
    """
    round_ = read_round(engine, rules, end_of(day, now), clock=now)
    if round_.past and not was_read(round_.situation, rules.limits):
        raise DigestError(
            f"nothing was read of {day}, nor of the days before", remedy=f"run `digest backfill {day} {day}`"
        )
    report = Report()
    for start in range(0, len(subscriber_ids), rules.batch):
        with transaction(engine) as session:
            ids = subscriber_ids[start : start + rules.batch]
            batch = [subscribers.get(session, number, lock=True) for number in ids]
            ready = [one for one in batch if not (round_.past and _comes_yet(one, day, now))]
            report += _prepare_batch(session, ready, round_, slot=day) + Report(left=len(batch) - len(ready))
        keep(engine, round_.memory.corpus)
    return report


def _comes_yet(subscriber: Subscriber, slot: date, now: datetime) -> bool:
    """Whether the schedule brings the slot yet: what else took it would have to cover what that covers."""
    if subscriber.next_due_at is None:
        return False
    overdue = subscriber.next_due_at <= now
    return slot >= (
        due_slot(subscriber, now) if overdue else slot_of(subscriber.next_due_at, subscriber.timezone)
    )


def end_of(day: date, now: datetime) -> datetime:
    """The last moment of a day in UTC; for today, now. Raises ``DigestError`` for a day to come."""
    if day > now.date():
        raise DigestError(f"{day} lies in the future", remedy=f"the newest day is {now.date()}")
    if day == now.date():
        return now
    return datetime.combine(day, time.max.replace(microsecond=0), UTC)


def draft(session: Session, subscriber: Subscriber, round_: Round, *, fresh: bool = False) -> Digest:
    """The digest a subscriber would get now; nothing is stored. For previews and the web.

    ``fresh`` looks at the newest day as a first digest does, whatever was sent before.
    """
    since = Since(None, None) if fresh else Since(subscriber.covered_arrival, subscriber.covered_at)
    rankings = rankings_of(session, {subscriber: since}, round_, fresh=fresh, ask_all=True)
    slot = slot_of(round_.now, subscriber.timezone)
    return compose(
        subscriber, rankings[subscriber.id], _edition(_sort(subscriber, since, round_, slot), round_)
    )


def source_is_behind(situation: Situation) -> bool:
    """Whether the newest day that should have been read could not be: waiting may bring it."""
    today = situation.as_of.date()
    newest = situation.ledger.get(today) or situation.ledger.get(today - timedelta(days=1))
    return newest is not None and newest.state is DayState.FAILED


# --- one batch -------------------------------------------------------------------------------


@counting_only()
def _prepare_next(
    engine: Engine, round_: Round, due_by: datetime, after: Subscriber | None
) -> tuple[Report, Subscriber | None]:
    """Prepare the next batch of those who are due; say who was its last, or nobody."""
    ahead = rank_ahead(engine, round_, due_by, after) if one_writer(engine) else {}
    with transaction(engine) as session:
        batch = subscribers.due(session, due_by, after=after, limit=round_.rules.batch)
        if not batch:
            return Report(), None
        return _prepare_batch(session, batch, round_, ahead=ahead), batch[-1]


def _prepare_batch(
    session: Session,
    batch: Sequence[Subscriber],
    round_: Round,
    *,
    ahead: Mapping[int, Ahead] | None = None,
    slot: date | None = None,
) -> Report:
    """Prepare a batch of locked subscribers; a slot that has a digest keeps it and is only moved past."""
    slots = {one.id: slot or due_slot(one, round_.now) for one in batch}
    taken = digests.taken(session, slots)
    wanting = [one for one in batch if one.id not in taken]
    merged = {} if round_.past else _merged(session, wanting, round_.now)
    sinces = {one: _since(one, merged.get(one.id), round_) for one in wanting}
    try:
        rankings = rankings_of(session, sinces, round_, ahead=ahead)
        stored = digests.add(session, _composed(rankings, sinces, slots, merged, round_), now=round_.clock)
    except ShownBefore:
        rankings = rankings_of(session, sinces, round_, ask_all=True)
        stored = digests.add(session, _composed(rankings, sinces, slots, merged, round_), now=round_.clock)
    wanted = _wanted(session, stored, {one.id: one for one in wanting})
    planned = deliveries.plan(session, [_planned(*pair) for pair in wanted], now=round_.clock)
    if not round_.past:
        new = {digest.subscriber_id for digest in stored}
        moved = [_moved_on(one, round_, slots[one.id], covered=one.id in new) for one in batch]
        subscribers.record_prepared(session, moved)
    if round_.enqueue is not None and planned:
        round_.enqueue(session, planned)
    empty = sum(digest.kind is DigestKind.EMPTY for digest in stored)
    return Report(len(stored), sum(map(len, planned.values())), empty, len(merged))


def _merged(session: Session, wanting: Sequence[Subscriber], now: datetime) -> dict[int, Coverage]:
    """Take back what waits for these subscribers; return what it covered, by subscriber."""
    unsent = deliveries.merge(session, [one.id for one in wanting], now=now)
    return digests.withdraw(session, [number for numbers in unsent.values() for number in numbers])


def _composed(
    rankings: Mapping[int, Sequence[Ranking]],
    sinces: Mapping[Subscriber, Since],
    slots: Mapping[int, date],
    merged: Collection[int],
    round_: Round,
) -> list[tuple[Digest, Coverage]]:
    composed = []
    editions: dict[Sort, Edition] = {}
    for one, since in sinces.items():
        sort = _sort(one, since, round_, slots[one.id], merged=one.id in merged)
        about = editions.get(sort) or editions.setdefault(sort, _edition(sort, round_))
        composed.append((compose(one, rankings[one.id], about), _coverage(since, round_)))
    return composed


def _coverage(since: Since, round_: Round) -> Coverage:
    if round_.past:
        return BY_ITSELF
    return Coverage(since.arrival, round_.situation.arrival, since.at or round_.now)


def _planned(digest: Digest, subscriber: Subscriber) -> Planned:
    return Planned(digest.id, subscriber.id, subscriber.channel, subscriber.address, digest.slot)


def _since(subscriber: Subscriber, merged: Coverage | None, round_: Round) -> Since:
    """Where the last digest that was sent ended; what was withdrawn unsent is covered again.

    A past day is looked at by itself.
    """
    if round_.past:
        return Since(None, None)
    if merged is not None:
        return Since(merged.after, merged.since)
    return Since(subscriber.covered_arrival, subscriber.covered_at)


class Sort(NamedTuple):
    """What makes two digests of one run the same edition."""

    since: Since
    slot: date
    next_slot: date
    catch_up: bool


def _sort(subscriber: Subscriber, since: Since, round_: Round, slot: date, *, merged: bool = False) -> Sort:
    upcoming = slot_of(next_due(subscriber, slot, round_.now), subscriber.timezone)
    return Sort(since, slot, upcoming, merged or catches_up(subscriber, slot))


def _edition(sort: Sort, round_: Round) -> Edition:
    return edition(
        round_.situation,
        sort.since,
        round_.rules.limits,
        slot=sort.slot,
        next_slot=sort.next_slot,
        catch_up=sort.catch_up,
    )


def _moved_on(subscriber: Subscriber, round_: Round, slot: date, *, covered: bool) -> Prepared:
    """Where the subscriber's next digest starts: after this one, if it covered what there was.

    A slot that had its digest moves no coverage.
    """
    newest = max(slot, subscriber.last_slot or slot)
    return Prepared(
        subscriber_id=subscriber.id,
        slot=newest,
        covered_arrival=round_.situation.arrival if covered else subscriber.covered_arrival,
        covered_at=round_.now if covered else subscriber.covered_at,
        next_due_at=next_due(subscriber, newest, round_.now),
    )


def _wanted(
    session: Session, stored: Sequence[Digest], owners: Mapping[int, Subscriber]
) -> list[tuple[Digest, Subscriber]]:
    """The digests to deliver: all with entries, and the empty ones their subscribers asked for."""
    empty = [digest.subscriber_id for digest in stored if digest.kind is DigestKind.EMPTY]
    last = deliveries.last_slots(session, empty)
    return [
        (digest, owners[digest.subscriber_id])
        for digest in stored
        if digest.kind is not DigestKind.EMPTY
        or wants_empty(owners[digest.subscriber_id], digest.slot, last.get(digest.subscriber_id))
    ]


def wants_empty(subscriber: Subscriber, slot: date, last: date | None) -> bool:
    """Whether a digest without entries is sent; ``last`` is the slot of the newest delivery."""
    if subscriber.empty_digests is EmptyDigests.WEEKLY:
        return last is None or slot - last >= SILENCE
    return subscriber.empty_digests is EmptyDigests.ALWAYS
