"""Slots: once per local date, whatever the clocks do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import ChannelName, Subscriber, SubscriberState
from digest.slots import due_slot, first_due, moment_of, next_due, slot_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
READER = Subscriber(1, ChannelName.EMAIL, "ada@example.org", SubscriberState.CONFIRMED, "UTC", time(7, 30))
HARD = (
    ("Europe/Berlin", time(2, 30)),
    ("America/New_York", time(1, 30)),
    ("Australia/Lord_Howe", time(1, 45)),
    ("Europe/Dublin", time(1, 30)),
    ("Africa/Cairo", time(0, 0)),
    ("Asia/Beirut", time(0, 0)),
    ("America/Santiago", time(0, 0)),
    ("Asia/Kathmandu", time(23, 59)),
)


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year to minute


@pytest.mark.parametrize(("zone", "hour"), HARD)
def test_a_year_has_one_slot_on_every_local_date(zone: str, hour: time) -> None:
    reader = replace(READER, timezone=zone, send_at=hour)
    moment = at(2026, 1, 1, 0, 0)
    dates: list[date] = []
    while len(dates) < 365:
        moment = first_due(reader, moment)
        dates.append(slot_of(moment, zone))
        moment = next_due(reader, dates[-1], moment)
    assert dates == [dates[0] + timedelta(days=step) for step in range(365)]


def test_a_missing_hour_gives_the_first_instant_after_the_jump() -> None:
    assert moment_of(date(2026, 3, 29), time(2, 30), "Europe/Berlin") == at(2026, 3, 29, 1, 0)


def test_an_hour_that_comes_twice_gives_the_first() -> None:
    assert moment_of(date(2026, 10, 25), time(2, 30), "Europe/Berlin") == at(2026, 10, 25, 0, 30)


def test_a_midnight_that_does_not_exist_gives_the_first_instant_of_the_date() -> None:
    assert moment_of(date(2026, 9, 6), time(0, 0), "America/Santiago") == at(2026, 9, 6, 4, 0)


def test_a_date_the_zone_left_out_has_no_moment() -> None:
    assert moment_of(date(2011, 12, 30), time(7, 30), "Pacific/Apia") is None


def test_the_hour_that_has_passed_today_is_due_tomorrow() -> None:
    assert first_due(READER, NOW) == at(2026, 3, 3, 7, 30)


def test_the_hour_to_come_is_due_today() -> None:
    assert first_due(replace(READER, send_at=time(9, 0)), NOW) == NOW


def test_a_date_that_had_its_digest_has_none_again_in_another_zone() -> None:
    moved = replace(READER, timezone="America/Los_Angeles", last_slot=date(2026, 3, 2))
    assert first_due(moved, NOW) == at(2026, 3, 3, 15, 30)


def test_weekly_waits_for_the_weekday() -> None:
    assert first_due(replace(READER, weekdays=frozenset({4})), NOW) == at(2026, 3, 6, 7, 30)


def test_a_pause_ends_on_its_date() -> None:
    assert first_due(replace(READER, paused_until=date(2026, 4, 1)), NOW) == at(2026, 4, 1, 7, 30)


def test_nobody_without_weekdays_is_ever_due() -> None:
    with pytest.raises(ValueError, match="weekdays"):
        first_due(replace(READER, weekdays=frozenset()), NOW)


@given(
    now=st.integers(1_577_836_800, 2_051_222_400).map(lambda second: datetime.fromtimestamp(second, UTC)),
    hour=st.times(),
    zone=st.sampled_from([zone for zone, _ in HARD]),
    days=st.frozensets(st.integers(0, 6), min_size=1),
)
def test_what_is_due_is_never_in_the_past_and_on_a_chosen_weekday(
    now: datetime, hour: time, zone: str, days: frozenset[int]
) -> None:
    due = first_due(replace(READER, timezone=zone, send_at=hour, weekdays=days), now)
    assert due >= now
    assert slot_of(due, zone).weekday() in days


def test_a_digest_prepared_after_midnight_belongs_to_the_day_it_was_due_on() -> None:
    late = replace(READER, send_at=time(23, 50))
    assert due_slot(late, at(2026, 3, 3, 0, 5)) == date(2026, 3, 2)
    assert next_due(late, date(2026, 3, 2), at(2026, 3, 3, 0, 5)) == at(2026, 3, 3, 23, 50)


def test_after_downtime_the_newest_missed_slot_is_due() -> None:
    assert due_slot(READER, at(2026, 3, 5, 7, 0)) == date(2026, 3, 4)
    assert due_slot(replace(READER, weekdays=frozenset({0})), at(2026, 3, 5, 7, 0)) == date(2026, 3, 2)


@pytest.mark.parametrize(("zone", "hour"), HARD)
def test_processing_hours_late_neither_skips_nor_doubles_a_slot(zone: str, hour: time) -> None:
    reader = replace(READER, timezone=zone, send_at=hour)
    slots: list[date] = []
    due = first_due(reader, at(2026, 1, 1, 0, 0))
    for number in range(365):
        now = due + timedelta(minutes=number % 300)
        slots.append(due_slot(reader, now))
        due = next_due(reader, slots[-1], now)
    assert slots == [slots[0] + timedelta(days=n) for n in range(365)]
