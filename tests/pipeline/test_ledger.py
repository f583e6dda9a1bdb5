"""The rules of the days ledger, of plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Day, DayState, EmptyDay, Failed, Paper, Papers, Reading, Record, Tier
from digest.pipeline.ledger import (
    LONGEST_PAUSE,
    after_failure,
    after_success,
    days_to_read,
    empty_weekdays,
    missing_days,
    pause_after,
    reread_after,
    state_after,
)

MONDAY = date(2026, 9, 28)
NOW = datetime(2026, 10, 12, 12, tzinfo=UTC)


def known(day: date, *, hours_ago: float, **more: object) -> Day:
    moment = NOW - timedelta(hours=hours_ago)
    whole = Day(
        day, DayState.SETTLED, 30, first_read_at=moment, last_read_at=moment, tried_at=moment, tier=Tier.API
    )
    return replace(whole, **more)  # type: ignore[arg-type]  # any field


def due(*ledger: Day, look_back: int = 14) -> list[int]:
    """The ages in days of what is due."""
    found = days_to_read({day.day: day for day in ledger}, now=NOW, look_back=look_back)
    return [(NOW.date() - day).days for day in found]


def aged(age: int, hours_ago: float, **more: object) -> Day:
    return known(NOW.date() - timedelta(days=age), hours_ago=hours_ago, **more)


def test_an_empty_ledger_is_read_whole_newest_first() -> None:
    assert due() == list(range(15))
    assert due(look_back=2) == [0, 1, 2]


def test_days_thin_out_with_age() -> None:
    assert due(*(aged(age, 0.5) for age in range(15))) == [0, 1]
    assert due(*(aged(age, 4) for age in range(15))) == [0, 1, 2, 3]
    assert due(*(aged(age, 13) for age in range(15))) == list(range(8))
    assert due(*(aged(age, 25) for age in range(15))) == list(range(15))


def test_a_day_that_was_last_read_before_it_ended_is_read_again() -> None:
    ledger = [aged(age, 0.1) for age in range(15)]
    ledger[5] = aged(5, 24 * 5)
    assert 5 in due(*ledger)


def test_a_failing_day_is_tried_again_ever_more_rarely() -> None:
    def tried(minutes: float, failures: int) -> bool:
        moment = NOW - timedelta(minutes=minutes)
        day = Day(NOW.date(), DayState.FAILED, failures=failures, tried_at=moment)
        return 0 in due(day, look_back=0)

    assert tried(1, 1)
    assert not tried(19, 2)
    assert tried(20, 2)
    assert not tried(359, 50)
    assert tried(360, 50)


@given(st.integers(0, 10_000))
def test_the_pause_of_a_failing_day_grows_and_is_bounded(failures: int) -> None:
    assert timedelta(0) <= pause_after(failures) <= pause_after(failures + 1) <= LONGEST_PAUSE


@given(st.integers(0, 400))
def test_older_days_never_wait_less(age: int) -> None:
    assert reread_after(age) <= reread_after(age + 1)


@pytest.mark.parametrize(
    ("hours", "state"),
    [
        (0, DayState.OPEN),
        (23.9, DayState.OPEN),
        (24, DayState.SETTLING),
        (71.9, DayState.SETTLING),
        (72, DayState.SETTLED),
        (30_000, DayState.SETTLED),
    ],
)
def test_a_day_is_open_then_settling_then_settled(hours: float, state: DayState) -> None:
    start = datetime(2026, 9, 28, tzinfo=UTC)
    assert state_after(None, MONDAY, added=3, now=start + timedelta(hours=hours)) is state


def test_a_settled_day_that_gains_papers_is_revised_and_stays_so() -> None:
    settled = known(MONDAY, hours_ago=1)
    assert state_after(settled, MONDAY, added=0, now=NOW) is DayState.SETTLED
    assert state_after(settled, MONDAY, added=1, now=NOW) is DayState.REVISED
    revised = replace(settled, state=DayState.REVISED)
    assert state_after(revised, MONDAY, added=0, now=NOW) is DayState.REVISED


def papers() -> Papers:
    return Papers((Record(Paper("2609.1", "T")),), ("2609.2: bad",))


def test_a_success_tells_tier_refusals_and_what_fell_through() -> None:
    reading = Reading(MONDAY, papers(), Tier.EMBEDDED, ("api: status 500",))
    day = after_success(None, reading, listed=1, added=1, now=NOW)
    assert (day.tier, day.refused, day.notes) == (
        Tier.EMBEDDED,
        1,
        ("api: status 500", "refused 2609.2: bad"),
    )


def test_the_notes_of_a_day_are_bounded() -> None:
    many = Papers(papers().records, tuple(f"2609.{number}: bad" for number in range(100)))
    day = after_success(None, Reading(MONDAY, many, Tier.API), listed=1, added=1, now=NOW)
    assert (day.refused, len(day.notes)) == (100, 8)


def test_a_failure_tells_its_reason_and_counts() -> None:
    reading = Reading(MONDAY, Failed("it broke"))
    once = after_failure(None, reading, now=NOW)
    twice = after_failure(once, reading, now=NOW)
    assert (once.state, once.reason, once.failures, twice.failures) == (DayState.FAILED, "it broke", 1, 2)


def test_being_asked_to_wait_is_no_failure() -> None:
    reading = Reading(MONDAY, Failed("slow down", retry_at=NOW))
    assert after_failure(known(MONDAY, hours_ago=1), reading, now=NOW).failures == 0


def test_missing_are_weekdays_never_read_with_success() -> None:
    ledger = {
        MONDAY: known(MONDAY, hours_ago=1),
        MONDAY + timedelta(days=1): Day(MONDAY + timedelta(days=1), DayState.FAILED, failures=3),
    }
    missing = missing_days(ledger, MONDAY - timedelta(days=2), MONDAY + timedelta(days=2))
    assert missing == [MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)]


def test_an_empty_weekday_is_worth_a_look_once_it_is_over() -> None:
    def empty(day: date) -> Day:
        return after_success(None, Reading(day, EmptyDay(), Tier.API), listed=0, added=0, now=NOW)

    days = [MONDAY, MONDAY + timedelta(days=5), NOW.date()]
    assert empty_weekdays({day: empty(day) for day in days}, now=NOW) == [MONDAY]
