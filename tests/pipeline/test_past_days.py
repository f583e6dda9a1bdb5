"""A past day prepared by hand stands for itself: in whatever order, no paper is lost and none sent twice."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from digest.errors import DigestError
from digest.model import DeliveryState, Digest, Subscriber
from digest.pipeline.collect import read_and_store
from digest.pipeline.editions import Limits
from digest.pipeline.prepare import draft, prepare, prepare_day
from digest.pipeline.rankings import read_round
from digest.store import deliveries, digests, subscribers
from digest.store.database import reading, transaction
from digest.store.schema import DeliveryRow, DigestRow
from digest.subscriptions import Schedule, change_schedule
from tests.pipeline.test_prepare import MON, RULES, THU, TUE, WED, at, deliver, ids, join, newest, read
from tests.shelf import Shelf, paper

FRI = THU + timedelta(days=1)
BEFORE = MON - timedelta(days=3)


@pytest.fixture
def shelf() -> Shelf:
    """A paper a day, and one of the week before."""
    days = {
        day: [paper(number, f"Diffusion models, part {number}")]
        for number, day in enumerate((BEFORE, MON, TUE, WED, THU))
    }
    return Shelf(days)


def states(engine: Engine) -> dict[date, str]:
    with reading(engine) as session:
        rows = session.execute(select(DeliveryRow.slot, DeliveryRow.state).order_by(DeliveryRow.slot))
        return {row.slot: row.state for row in rows}


def of_slot(engine: Engine, reader: Subscriber, slot: date) -> Digest:
    with reading(engine) as session:
        kept = digests.of_subscriber(session, reader.id)
    return next(one for one in kept if one.slot == slot)


def now_of(engine: Engine, reader: Subscriber) -> Subscriber:
    with reading(engine) as session:
        return subscribers.get(session, reader.id)


def test_a_past_day_takes_nothing_back_that_waits(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(WED, 6), [MON, TUE, WED])
    prepare(engine, RULES, now=at(WED))
    before = now_of(engine, reader)
    report = prepare_day(engine, RULES, MON, [reader.id], now=at(WED, 9))
    assert (report.planned, report.merged) == (1, 0)
    assert states(engine) == {MON: "planned", WED: "planned"}
    assert set(ids(of_slot(engine, reader, WED))) == {"2603.00002", "2603.00003"}
    assert ids(of_slot(engine, reader, MON)) == ["2603.00001"]
    assert now_of(engine, reader) == before


def test_the_next_digest_takes_no_past_day_back(engine: Engine, shelf: Shelf) -> None:
    """It would not hold those papers, and would begin where the past day does: at nothing."""
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    deliver(engine)
    read_and_store(engine, shelf, BEFORE, now=at(MON), silent=True)
    prepare_day(engine, RULES, BEFORE, [reader.id], now=at(MON, 9))
    read(engine, shelf, at(FRI, 6), [TUE, WED, THU])
    assert prepare(engine, RULES, now=at(FRI)).merged == 0
    assert states(engine) == {BEFORE: "planned", MON: "sent", FRI: "planned"}
    assert ids(of_slot(engine, reader, BEFORE)) == ["2603.00000"]
    assert set(ids(newest(engine, reader))) == {"2603.00002", "2603.00003", "2603.00004"}


def test_what_a_past_day_brought_the_next_digest_leaves_out(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    deliver(engine)
    read(engine, shelf, at(THU, 5), [TUE, WED])
    prepare_day(engine, RULES, TUE, [reader.id], now=at(THU, 6))
    assert ids(of_slot(engine, reader, TUE)) == ["2603.00002"]
    with reading(engine) as session:
        assert ids(draft(session, now_of(engine, reader), read_round(engine, RULES, at(THU)))) == [
            "2603.00003"
        ]
    assert prepare(engine, RULES, now=at(THU)).prepared == 1
    assert ids(newest(engine, reader)) == ["2603.00003"]
    assert newest(engine, reader).account.already_sent == 1


def test_a_digest_that_is_due_yet_is_left_to_its_schedule(engine: Engine, shelf: Shelf) -> None:
    """Else the week it covers would be in none: the slot were taken, and the next looks back one week."""
    reader = join(engine)
    with transaction(engine) as session:
        tuesdays = frozenset({TUE.weekday()})
        weekly = Schedule("UTC", reader.send_at, tuesdays, reader.empty_digests, reader.rising)
        change_schedule(session, reader.id, weekly, at(MON, 1))
    read(engine, shelf, at(WED, 6), [BEFORE, MON, TUE])
    report = prepare_day(engine, RULES, TUE, [reader.id], now=at(WED))
    assert (report.prepared, report.left) == (0, 1)
    assert prepare(engine, RULES, now=at(WED)).prepared == 1
    assert newest(engine, reader).slot == TUE


def test_a_past_day_bears_the_time_at_which_it_was_prepared(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(WED, 6), [MON, TUE, WED])
    prepare_day(engine, RULES, MON, [reader.id], now=at(WED))
    with reading(engine) as session:
        assert session.scalars(select(DigestRow.created_at)).all() == [at(WED)]
        (waiting,) = deliveries.listed(session)
    assert (waiting.created_at, waiting.next_attempt_at) == (at(WED), at(WED))


@pytest.mark.parametrize("day", [date(2020, 1, 1), THU])
def test_a_past_day_of_which_nothing_was_read_is_refused(engine: Engine, shelf: Shelf, day: date) -> None:
    reader = join(engine)
    shelf.broken = True
    read(engine, shelf, at(THU, 6), [WED, THU])
    with pytest.raises(DigestError, match="nothing was read") as refused:
        prepare_day(engine, RULES, day, [reader.id], now=at(FRI))
    assert f"digest backfill {day}" in refused.value.remedy
    assert states(engine) == {}


# --- in any order ----------------------------------------------------------------------------

DAYS = 12
WIDE = replace(RULES, limit=100, limits=Limits(catch_up=DAYS * 2, late=DAYS * 2))


class Weeks:
    """Days that pass for two readers, with what may happen on them; counts what is sent to whom."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine, self.chance = engine, random.Random(seed)
        self.shelf = Shelf({})
        self.listed = 0
        self.sent: Counter[tuple[int, str]] = Counter()
        self.readers = [join(engine, f"reader{number}@example.org").id for number in range(2)]
        self.now = at(MON)

    def live(self) -> None:
        self._read(MON)
        self._prepare()
        for number in range(1, DAYS):
            self.now = at(MON + timedelta(days=number), hour=6)
            for _ in range(self.chance.randrange(6)):
                what = (self._prepare, self._past, self._today, self._deliver, self._take, self._let_go)
                self.chance.choice((*what, partial(self._read, self._some_day())))()
                self.now += timedelta(hours=2)
        self._read(self.now.date())
        self._let_go()
        self.now += timedelta(days=1)
        self._prepare()
        self._deliver()

    def _some_day(self) -> date:
        return self.chance.choice([self.now.date(), MON + timedelta(days=self.chance.randrange(DAYS))])

    def _read(self, day: date) -> None:
        """A paper more, on a day that may be over."""
        if day <= self.now.date():
            self.listed += 1
            self.shelf.add(day, paper(self.listed, f"Diffusion models, part {self.listed}"))
            read(self.engine, self.shelf, self.now, [day])

    def _prepare(self) -> None:
        prepare(self.engine, WIDE, now=self.now)

    def _past(self) -> None:
        days = (self.now.date() - MON).days
        if days:
            past = MON + timedelta(days=self.chance.randrange(days))
            prepare_day(self.engine, WIDE, past, self._some(), now=self.now)

    def _today(self) -> None:
        prepare_day(self.engine, WIDE, self.now.date(), self._some(), now=self.now)

    def _some(self) -> list[int]:
        return self.chance.sample(self.readers, self.chance.randint(1, 2))

    def _deliver(self) -> None:
        with transaction(self.engine) as session:
            for one in deliveries.listed(session, states=[DeliveryState.PLANNED], limit=1_000):
                self._count(session, one.digest_id, one.subscriber_id)
        deliver(self.engine)

    def _count(self, session: Session, digest_id: int, reader: int) -> None:
        self.sent.update((reader, one) for one in ids(digests.load(session, [digest_id])[digest_id]))

    def _take(self) -> None:
        """A worker holds what waits for one reader: it cannot be merged meanwhile."""
        self._set("planned", "claimed", self.chance.choice(self.readers))

    def _let_go(self) -> None:
        for reader in self.readers:
            self._set("claimed", "planned", reader)

    def _set(self, before: str, after: str, reader: int) -> None:
        mine = DeliveryRow.subscriber_id == reader, DeliveryRow.state == before
        with transaction(self.engine) as session:
            session.execute(update(DeliveryRow).where(*mine).values(state=after))


@pytest.mark.parametrize("seed", range(8))
def test_in_any_order_no_paper_is_lost_and_none_sent_twice(engine: Engine, seed: int) -> None:
    weeks = Weeks(engine, seed)
    weeks.live()
    numbers = range(1, weeks.listed + 1)
    assert weeks.sent == {(reader, f"2603.{number:05}"): 1 for reader in weeks.readers for number in numbers}
