"""prepare: who is due gets one digest a slot, of what is news to them, and it is accounted for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from digest.errors import DigestError
from digest.model import ChannelName, Digest, DigestKind, EmptyDigests, Mark, Subscriber
from digest.pipeline import prepare as preparing
from digest.pipeline import rankings
from digest.pipeline.backfill import Backfill
from digest.pipeline.collect import collect, read_and_store
from digest.pipeline.editions import Limits
from digest.pipeline.prepare import draft, prepare, prepare_day
from digest.pipeline.rankings import Rules, read_round
from digest.ranking import rank as ranking
from digest.ranking.language import parse_profile
from digest.store import digests, profiles, subscribers
from digest.store.database import hasty, open_engine, reading, transaction
from digest.store.profiles import Draft
from digest.store.schema import DeliveryRow, DigestRow, ProfileRow
from digest.subscriptions import remove_profile, save_profile, unsubscribe
from tests.joining import subscribe
from tests.keys import KEYS
from tests.shelf import Shelf, paper

RULES = Rules(bar=1.0, limit=10, limits=Limits(catch_up=7, late=14), wait=timedelta(hours=2), batch=2)
MON, TUE, WED, THU = (date(2026, 3, day) for day in range(2, 6))
READER = "reader@example.org"


def at(day: date, hour: int = 8, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def join(
    engine: Engine,
    address: str = READER,
    text: str = "diffusion models",
    *,
    now: datetime = at(MON, 1),  # noqa: B008  a constant
    empty: EmptyDigests = EmptyDigests.ALWAYS,
    profiles: dict[str, str] | None = None,
) -> Subscriber:
    with transaction(engine) as session:
        return subscribe(
            session,
            keys=KEYS,
            channel=ChannelName.EMAIL,
            address=address,
            profiles=profiles or {"main": text},
            timezone="UTC",
            send_at=time(7, 30),
            empty_digests=empty,
            confirmed=True,
            now=now,
            source="test",
        )


def read(engine: Engine, shelf: Shelf, now: datetime, days: Sequence[date]) -> None:
    collect(engine, shelf, now=now, days=days)


def deliver(engine: Engine) -> None:
    """What is planned goes out."""
    with transaction(engine) as session:
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.state == "planned")
            .values(state="sent", next_attempt_at=None)
        )


def newest(engine: Engine, subscriber: Subscriber) -> Digest:
    with reading(engine) as session:
        return digests.of_subscriber(session, subscriber.id)[0]


def ids(digest: Digest) -> list[str]:
    return [entry.paper_id for entry in digest.entries]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(
        {
            MON: [paper(1, "Diffusion models for video"), paper(2, "Cooking at home")],
            TUE: [paper(3, "Faster diffusion models"), paper(4, "A robot that walks")],
        }
    )


def test_a_due_subscriber_gets_one_digest_of_what_matches(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    report = prepare(engine, RULES, now=at(MON))
    assert (report.prepared, report.planned) == (1, 1)
    digest = newest(engine, reader)
    assert digest.kind is DigestKind.FIRST
    assert ids(digest) == ["2603.00001"]
    assert digest.account.considered == 2


def test_preparing_again_prepares_nothing(engine: Engine, shelf: Shelf) -> None:
    join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    assert prepare(engine, RULES, now=at(MON, 23)).prepared == 0


def test_the_next_digest_holds_only_what_came_since(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    deliver(engine)
    read(engine, shelf, at(TUE, 6), [MON, TUE])
    prepare(engine, RULES, now=at(TUE))
    digest = newest(engine, reader)
    assert digest.kind is DigestKind.DAILY
    assert [(entry.paper_id, entry.mark) for entry in digest.entries] == [("2603.00003", Mark.NEW)]


def test_a_paper_added_to_a_day_that_was_over_comes_once_marked_late(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    deliver(engine)
    read(engine, shelf, at(TUE, 6), [TUE])
    prepare(engine, RULES, now=at(TUE))
    deliver(engine)
    shelf.add(MON, paper(9, "Late diffusion models"))
    read(engine, shelf, at(WED, 6), [MON])
    prepare(engine, RULES, now=at(WED))
    assert [(entry.paper_id, entry.mark) for entry in newest(engine, reader).entries] == [
        ("2603.00009", Mark.LATE)
    ]
    deliver(engine)
    prepare(engine, RULES, now=at(THU))
    assert newest(engine, reader).kind is DigestKind.EMPTY


def test_a_backfill_plans_nothing_and_brings_nothing_late(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(TUE, 6), [TUE])
    prepare(engine, RULES, now=at(TUE))
    deliver(engine)
    read_and_store(engine, shelf, MON, now=at(TUE, 9), silent=True)
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(DeliveryRow)) == 1
    prepare(engine, RULES, now=at(WED))
    assert ids(newest(engine, reader)) == []


def test_a_real_backfill_sends_nothing_late_and_hides_nothing_that_comes_after_it(
    engine: Engine, shelf: Shelf
) -> None:
    reader = join(engine)
    read(engine, shelf, at(TUE, 6), [TUE])
    prepare(engine, RULES, now=at(TUE))
    deliver(engine)
    before = [MON - timedelta(days=number) for number in range(21, -1, -1)]
    for number, day in enumerate(before):
        shelf.add(day, paper(50 + number, "Diffusion models of old"))
    work = Backfill(engine, lambda: shelf, clock=lambda: at(TUE, 9), pause=lambda _seconds: None)
    done = work.run(before[0], MON)
    assert (done.added >= len(before), bool(done.gaps)) == (True, False)
    for day in (WED, THU):
        prepare(engine, RULES, now=at(day))
        assert ids(newest(engine, reader)) == []
        deliver(engine)
    shelf.add(THU, paper(90, "Diffusion models of today"))
    read(engine, shelf, at(THU, 20), [THU])
    prepare(engine, RULES, now=at(THU + timedelta(days=1)))
    assert ids(newest(engine, reader)) == ["2603.00090"]


def test_after_downtime_one_digest_covers_the_missed_days(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    deliver(engine)
    shelf.add(WED, paper(5, "Diffusion models at night"))
    read(engine, shelf, at(THU, 6), [TUE, WED])
    report = prepare(engine, RULES, now=at(THU))
    digest = newest(engine, reader)
    assert report.prepared == 1
    assert digest.kind is DigestKind.CATCH_UP
    assert set(ids(digest)) == {"2603.00003", "2603.00005"}
    assert [day.day for day in digest.account.days][:3] == [MON, TUE, WED]


def test_a_digest_that_was_never_sent_is_merged_into_the_next(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    read(engine, shelf, at(TUE, 6), [TUE])
    report = prepare(engine, RULES, now=at(TUE))
    assert report.merged == 1
    assert set(ids(newest(engine, reader))) == {"2603.00001", "2603.00003"}
    with reading(engine) as session:
        states = session.scalars(select(DeliveryRow.state).order_by(DeliveryRow.slot)).all()
    assert list(states) == ["merged", "planned"]


def test_a_first_digest_that_was_never_sent_leaves_its_days_to_the_next(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    shelf.add(WED, paper(5, "Diffusion models at night"))
    for day in (MON, TUE, WED):
        read(engine, shelf, at(day, 6), [day])
        prepare(engine, RULES, now=at(day))
    assert set(ids(newest(engine, reader))) == {"2603.00001", "2603.00003", "2603.00005"}
    assert [one.day for one in newest(engine, reader).account.days] == [MON, TUE, WED]


def test_several_profiles_make_sections_and_each_paper_stands_once(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine, profiles={"video": "video", "diffusion": "diffusion models"})
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    digest = newest(engine, reader)
    assert len(ids(digest)) == len(set(ids(digest))) == 1
    assert digest.entries[0].also_in in {("diffusion",), ()}


@pytest.mark.parametrize(
    ("stored", "found"), [("diffusion models, title:-survey", ["2603.00001"]), ("title:-survey", [])]
)
def test_a_stored_profile_that_is_refused_today_keeps_nobody_from_a_digest(
    engine: Engine, shelf: Shelf, stored: str, found: list[str]
) -> None:
    """What can be read of it counts, and nothing is not read as trending."""
    earlier, other = join(engine, "earlier@example.org"), join(engine)
    with transaction(engine) as session:
        session.execute(update(ProfileRow).where(ProfileRow.subscriber_id == earlier.id).values(text=stored))
    read(engine, shelf, at(MON, 6), [MON])
    assert prepare(engine, RULES, now=at(MON)).prepared == 2
    assert [ids(newest(engine, one)) for one in (earlier, other)] == [found, ["2603.00001"]]


def test_the_trending_profile_needs_no_keywords(engine: Engine) -> None:
    shelf = Shelf({MON: [paper(1, "Loved", upvotes=90), paper(2, "Ignored", upvotes=0)]})
    with transaction(engine) as session:
        reader = subscribe(
            session,
            keys=KEYS,
            channel=ChannelName.EMAIL,
            address=READER,
            profiles={"trending": ""},
            trending=True,
            timezone="UTC",
            send_at=time(7, 30),
            confirmed=True,
            now=at(MON, 1),
            source="test",
        )
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    assert ids(newest(engine, reader))[0] == "2603.00001"


def test_empty_digests_obey_the_subscriber(engine: Engine) -> None:
    shelf = Shelf({MON: [paper(1, "Cooking at home")], TUE: [paper(2, "Gardening")]})
    never = join(engine, "never@example.org", empty=EmptyDigests.NEVER)
    weekly = join(engine, "weekly@example.org", empty=EmptyDigests.WEEKLY)
    always = join(engine, "always@example.org", empty=EmptyDigests.ALWAYS)
    sent: dict[int, int] = {never.id: 0, weekly.id: 0, always.id: 0}
    for n in range(8):
        day = MON + timedelta(days=n)
        read(engine, shelf, at(day, 6), [MON, TUE])
        prepare(engine, RULES, now=at(day))
        deliver(engine)
    with reading(engine) as session:
        rows = session.execute(
            select(DeliveryRow.subscriber_id, func.count()).group_by(DeliveryRow.subscriber_id)
        )
        sent.update((row[0], row[1]) for row in rows)
    assert sent == {never.id: 0, weekly.id: 2, always.id: 8}


def test_a_source_that_cannot_be_read_makes_digests_wait_and_then_say_what_is_missing(
    engine: Engine, shelf: Shelf
) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    deliver(engine)
    shelf.broken = True
    read(engine, shelf, at(TUE, 6), [TUE])
    assert prepare(engine, RULES, now=at(TUE)) == prepare(engine, RULES, now=at(TUE, 9))
    assert prepare(engine, RULES, now=at(TUE)).waiting
    assert prepare(engine, RULES, now=at(TUE, 9, 31)).prepared == 1
    assert newest(engine, reader).account.missing_days == (TUE,)


def test_a_paper_featured_again_is_not_sent_twice(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    shelf.add(TUE, paper(1, "Diffusion models for video"))
    read(engine, shelf, at(TUE, 6), [TUE])
    deliver(engine)
    prepare(engine, RULES, now=at(TUE))
    digest = newest(engine, reader)
    assert "2603.00001" not in ids(digest)
    assert digest.account.already_sent == 1


def test_a_paper_whose_votes_climb_comes_once_more_as_rising_and_only_if_wanted(engine: Engine) -> None:
    shelf = Shelf({MON: [paper(1, "Diffusion models for video", upvotes=3)]})
    reader, unmoved = join(engine), join(engine, "unmoved@example.org")
    with transaction(engine) as session:
        subscribers.save(session, replace(unmoved, rising=False))
    for n, votes in enumerate((3, 4, 90, 95)):
        day = MON + timedelta(days=n)
        shelf.days[MON] = [paper(1, "Diffusion models for video", upvotes=votes)]
        read(engine, shelf, at(day, 6), [MON])
        prepare(engine, RULES, now=at(day))
        deliver(engine)
    with reading(engine) as session:
        marks = [[one.mark for one in digest.entries] for digest in digests.of_subscriber(session, reader.id)]
        others = [ids(digest) for digest in digests.of_subscriber(session, unmoved.id)]
    assert marks == [[], [Mark.RISING], [], [Mark.NEW]]
    assert others == [[], [], [], ["2603.00001"]]


def test_somebody_who_comes_back_is_not_shown_the_same_papers_again(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    deliver(engine)
    with transaction(engine) as session:
        unsubscribe(session, reader.id)
    join(engine, now=at(MON, 20))
    prepare(engine, RULES, now=at(TUE))
    assert newest(engine, reader).account.already_sent == 1


def test_many_replicas_at_once_prepare_each_slot_once(engine: Engine, store_url: str, shelf: Shelf) -> None:
    for n in range(7):
        join(engine, f"reader{n}@example.org")
    read(engine, shelf, at(MON, 6), [MON])

    def replica(_: int) -> int:
        own = open_engine(store_url)
        try:
            return prepare(own, RULES, now=at(MON)).prepared
        finally:
            own.dispose()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(replica, range(4)))
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(DigestRow)) == 7
        assert session.scalar(select(func.count()).select_from(DeliveryRow)) == 7
    assert sum(done) == 7


def test_a_past_day_can_be_prepared_by_hand_without_moving_the_subscriber(
    engine: Engine, shelf: Shelf
) -> None:
    reader = join(engine)
    read(engine, shelf, at(TUE, 6), [MON, TUE])
    prepare_day(engine, RULES, MON, [reader.id], now=at(WED))
    assert ids(newest(engine, reader)) == ["2603.00001"]
    assert newest(engine, reader).slot == MON
    with reading(engine) as session:
        assert subscribers.get(session, reader.id) == reader


def test_a_day_to_come_is_refused(engine: Engine) -> None:
    with pytest.raises(DigestError, match="future"):
        prepare_day(engine, RULES, THU, [], now=at(WED))


def test_a_draft_stores_nothing(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    round_ = read_round(engine, RULES, at(MON))
    with reading(engine) as session:
        assert ids(draft(session, reader, round_)) == ["2603.00001"]
        assert session.scalar(select(func.count()).select_from(DigestRow)) == 0


def test_preparing_a_slot_again_by_hand_keeps_what_is_planned(engine: Engine, shelf: Shelf) -> None:
    reader = join(engine)
    read(engine, shelf, at(MON, 6), [MON])
    prepare(engine, RULES, now=at(MON))
    report = prepare_day(engine, RULES, MON, [reader.id], now=at(MON, 9))
    assert (report.prepared, report.merged) == (0, 0)
    assert ids(newest(engine, reader)) == ["2603.00001"]
    with reading(engine) as session:
        assert session.scalars(select(DeliveryRow.state)).all() == ["planned"]


def meanwhile(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Let something happen once, in the middle of ranking."""
    plain, waiting = ranking.rank_on, [what]

    def rank_on(*arguments: Any, **named: Any) -> Any:
        if waiting:
            waiting.pop()()
        return plain(*arguments, **named)

    monkeypatch.setattr(rankings, "rank_on", rank_on)


def profile(session: Session, subscriber: Subscriber) -> int:
    """The number of the subscriber's first profile."""
    return profiles.of_subscriber(session, subscriber.id, parse_profile)[0].id


def test_ranking_keeps_nobody_from_writing(
    sqlite_engine: Engine, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = join(sqlite_engine)
    read(sqlite_engine, shelf, at(MON, 6), [MON])
    meanwhile(
        monkeypatch,
        lambda: join(hasty(sqlite_engine, timedelta(seconds=1)), "other@example.org", now=at(MON)),
    )

    assert prepare(sqlite_engine, RULES, now=at(MON)).prepared == 1
    assert ids(newest(sqlite_engine, reader)) == ["2603.00001"]


def test_what_changes_while_a_batch_is_ranked_counts(
    sqlite_engine: Engine, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing, leaving = join(sqlite_engine), join(sqlite_engine, "leaving@example.org")
    read(sqlite_engine, shelf, at(MON, 6), [MON])

    def change() -> None:
        with transaction(sqlite_engine) as session:
            save_profile(session, changing.id, profile(session, changing), Draft("main", "cooking"), at(MON))
            unsubscribe(session, leaving.id)

    meanwhile(monkeypatch, change)

    assert prepare(sqlite_engine, RULES, now=at(MON)).prepared == 1
    assert ids(newest(sqlite_engine, changing)) == ["2603.00002"]


def test_a_profile_removed_while_a_batch_is_ranked_leaves_the_others(
    sqlite_engine: Engine, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = join(sqlite_engine, profiles={"one": "diffusion models", "two": "cooking"})
    read(sqlite_engine, shelf, at(MON, 6), [MON])

    def remove() -> None:
        with transaction(sqlite_engine) as session:
            remove_profile(session, reader.id, profile(session, reader))

    meanwhile(monkeypatch, remove)

    assert prepare(sqlite_engine, RULES, now=at(MON)).prepared == 1
    assert ids(newest(sqlite_engine, reader)) == ["2603.00002"]


def test_while_nobody_is_due_and_nothing_was_read_no_paper_is_looked_at(
    engine: Engine, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon asks each minute. A new read is counted into the statistics at once, due or not."""
    rounds: list[datetime] = []

    def counted(engine: Engine, rules: Rules, now: datetime) -> rankings.Round:
        rounds.append(now)
        return read_round(engine, rules, now)

    monkeypatch.setattr(preparing, "read_round", counted)
    join(engine)
    prepare(engine, RULES, now=at(MON, 7))
    read(engine, shelf, at(MON, 7, 5), [MON])
    for minute in (6, 7, 8):
        prepare(engine, RULES, now=at(MON, 7, minute))
    assert rounds == [at(MON, 7), at(MON, 7, 6)]
    assert prepare(engine, RULES, now=at(MON)).prepared == 1
