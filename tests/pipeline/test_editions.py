"""Editions: what is news to whom, said of plain values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from digest.model import ChannelName, Day, DayState, Mark, Paper, Subscriber, SubscriberState
from digest.pipeline.editions import (
    Arrived,
    Limits,
    Since,
    Situation,
    candidates,
    catches_up,
    edition,
    seen_by,
)

MON, TUE, WED, THU, FRI = (date(2026, 3, day) for day in range(2, 7))
LIMITS = Limits(catch_up=7, late=14)


def at(day: date, hour: int = 7) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def arrived(number: int, day: date, arrival: int, *, silent: bool = False, rising: bool = False) -> Arrived:
    return Arrived(Paper(f"2603.0000{number}", f"Paper {number}"), day, 5, arrival, silent, rising=rising)


def situation(*pool: Arrived, as_of: datetime, ledger: tuple[Day, ...] = ()) -> Situation:
    days = {day.day: day for day in ledger}
    return Situation(as_of, max((one.arrival for one in pool), default=0), pool, days)


def marks(found: Situation, since: Since) -> dict[str, Mark]:
    return {one.paper.id[-1]: one.mark for one in candidates(found, since, LIMITS)}


def test_what_arrived_after_the_last_digest_is_new() -> None:
    found = situation(arrived(1, TUE, 1), arrived(2, TUE, 2), as_of=at(WED))
    assert marks(found, Since(1, at(TUE))) == {"2": Mark.NEW}


def test_a_paper_added_to_a_day_that_was_over_then_is_late() -> None:
    found = situation(arrived(1, MON, 5), arrived(2, TUE, 5), as_of=at(WED))
    assert marks(found, Since(4, at(TUE))) == {"1": Mark.LATE, "2": Mark.NEW}


def test_what_a_backfill_brings_for_past_days_is_no_news() -> None:
    found = situation(arrived(1, MON, 5, silent=True), as_of=at(WED))
    assert marks(found, Since(4, at(TUE))) == {}


def test_what_a_backfill_brings_for_days_not_yet_covered_is_new_so_that_no_day_is_lost() -> None:
    found = situation(arrived(1, WED, 5, silent=True), as_of=at(THU))
    assert marks(found, Since(4, at(TUE))) == {"1": Mark.NEW}


def test_downtime_is_caught_up_for_a_week_and_not_for_months() -> None:
    long_ago = date(2026, 2, 20)
    found = situation(arrived(1, date(2026, 2, 24), 5), arrived(2, MON, 5), as_of=at(THU))
    assert marks(found, Since(4, at(long_ago))) == {"2": Mark.NEW}


def test_a_late_paper_of_a_month_ago_is_no_news() -> None:
    found = situation(arrived(1, date(2026, 2, 2), 5), as_of=at(WED))
    assert marks(found, Since(4, at(TUE))) == {}


def test_a_first_digest_holds_the_newest_full_day_only() -> None:
    found = situation(arrived(1, MON, 1), arrived(2, TUE, 2), as_of=at(WED))
    assert marks(found, Since(None, None)) == {"2": Mark.NEW}


def test_a_first_digest_on_a_day_that_still_fills_holds_the_day_before_too() -> None:
    found = situation(arrived(1, MON, 1), arrived(2, TUE, 2), arrived(3, WED, 3), as_of=at(WED))
    assert marks(found, Since(None, None)) == {"2": Mark.NEW, "3": Mark.NEW}


def test_a_first_digest_from_a_store_that_is_months_old_is_empty() -> None:
    assert marks(situation(arrived(1, date(2025, 11, 3), 1), as_of=at(WED)), Since(None, None)) == {}


def test_a_paper_featured_on_two_days_is_one_piece_of_news() -> None:
    found = situation(arrived(1, TUE, 5), arrived(1, WED, 6), as_of=at(WED))
    assert [one.day for one in candidates(found, Since(4, at(TUE)), LIMITS)] == [WED]


def test_a_rising_paper_is_offered_again_but_news_comes_first() -> None:
    old, new = arrived(1, MON, 1, rising=True), arrived(1, WED, 5)
    assert marks(situation(old, as_of=at(WED)), Since(4, at(TUE))) == {"1": Mark.RISING}
    assert marks(situation(old, new, as_of=at(WED)), Since(4, at(TUE))) == {"1": Mark.NEW}


def test_shown_papers_stay_hidden_except_once_more_as_rising() -> None:
    pool = candidates(
        situation(arrived(1, WED, 5), arrived(2, MON, 1, rising=True), as_of=at(WED)),
        Since(4, at(TUE)),
        LIMITS,
    )
    new, rising = pool[0].paper.id, pool[1].paper.id
    assert seen_by(pool, {new: {False}, rising: {False}}, rising=True) == {new}
    assert seen_by(pool, {rising: {False, True}}, rising=True) == {rising}
    assert seen_by(pool, {}, rising=False) == {rising}


def test_an_edition_speaks_of_every_day_since_the_last_and_names_the_missing() -> None:
    ledger = (Day(TUE, DayState.SETTLED, 30), Day(THU, DayState.OPEN, 4), Day(WED, DayState.FAILED))
    found = situation(as_of=at(THU), ledger=ledger)
    spoken = edition(found, Since(4, at(TUE)), LIMITS, slot=THU, next_slot=FRI, catch_up=False)
    assert [day.day for day in spoken.days] == [TUE, WED, THU]
    assert spoken.listed == 34
    assert spoken.missing_days == (WED,)


def test_a_weekday_that_was_never_read_is_missing_once_it_is_over() -> None:
    found = situation(as_of=at(WED), ledger=(Day(MON, DayState.SETTLED, 30),))
    spoken = edition(found, Since(4, at(MON)), LIMITS, slot=WED, next_slot=THU, catch_up=False)
    assert spoken.missing_days == (TUE,)


def test_a_store_that_never_read_a_day_says_so_instead_of_listing_nothing() -> None:
    nothing = edition(
        situation(as_of=at(WED)), Since(None, None), LIMITS, slot=WED, next_slot=THU, catch_up=False
    )
    assert (nothing.days, nothing.missing_days) == ((), (TUE,))
    sunday = date(2026, 3, 8)
    on_sunday = situation(as_of=at(sunday))
    first = edition(on_sunday, Since(None, None), LIMITS, slot=sunday, next_slot=None, catch_up=False)
    assert first.missing_days == (sunday,)
    read = (Day(TUE, DayState.SETTLED, 0), Day(WED, DayState.OPEN, 0))
    empty = situation(as_of=at(WED), ledger=read)
    listed = edition(empty, Since(None, None), LIMITS, slot=WED, next_slot=THU, catch_up=False)
    assert ([day.day for day in listed.days], listed.missing_days) == ([TUE, WED], ())


def test_an_empty_weekend_is_neither_missing_nor_spoken_of() -> None:
    sunday = date(2026, 3, 8)
    ledger = (Day(FRI, DayState.SETTLED, 30), Day(date(2026, 3, 7), DayState.SETTLED, 0))
    spoken = edition(
        situation(as_of=at(sunday), ledger=ledger),
        Since(4, at(FRI)),
        LIMITS,
        slot=sunday,
        next_slot=None,
        catch_up=False,
    )
    assert [day.day for day in spoken.days] == [FRI]
    assert spoken.missing_days == ()


def test_a_skipped_slot_makes_a_catch_up_but_an_unwanted_weekday_does_not() -> None:
    daily = Subscriber(
        1, ChannelName.EMAIL, "r@example.org", SubscriberState.CONFIRMED, "UTC", time(7), last_slot=MON
    )
    workdays = Subscriber(
        1,
        ChannelName.EMAIL,
        "r@example.org",
        SubscriberState.CONFIRMED,
        "UTC",
        time(7),
        weekdays=frozenset(range(5)),
        last_slot=FRI,
    )
    assert catches_up(daily, WED)
    assert not catches_up(daily, TUE)
    assert not catches_up(workdays, date(2026, 3, 9))
