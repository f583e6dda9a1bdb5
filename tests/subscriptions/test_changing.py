"""Changing and leaving."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import Engine

from digest.errors import NotFound, SubscriptionError
from digest.model import EmptyDigests, SubscriberState, Weight
from digest.ranking.language import parse_profile
from digest.store import profiles, subscribers
from digest.store.database import reading, transaction
from digest.store.profiles import Draft
from digest.subscriptions import (
    Schedule,
    change_schedule,
    pause,
    remove_profile,
    resume,
    save_profile,
    set_profiles,
    unsubscribe,
)
from tests.subscriptions.conftest import NOW, Subscribe

TOKYO = Schedule("Asia/Tokyo", time(6, 0, 59), frozenset({2}), EmptyDigests.ALWAYS, rising=False)


def names(engine: Engine, number: int) -> list[str]:
    with reading(engine) as session:
        return [one.name for one in profiles.of_subscriber(session, number, parse_profile)]


def test_a_changed_schedule_moves_the_next_digest(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        changed = change_schedule(session, ada.id, TOKYO, NOW)
        assert subscribers.get(session, ada.id) == changed
    assert changed.send_at == time(6, 0)
    assert changed.next_due_at == datetime(2026, 3, 3, 21, 0, tzinfo=UTC)


def test_a_schedule_without_weekdays_changes_nothing(engine: Engine, join: Subscribe) -> None:
    ada = join()
    wrong = Schedule("UTC", time(7), frozenset(), EmptyDigests.ALWAYS, rising=True)
    with transaction(engine) as session, pytest.raises(SubscriptionError):
        change_schedule(session, ada.id, wrong, NOW)
    with reading(engine) as session:
        assert subscribers.get(session, ada.id) == ada


def test_a_date_that_had_its_digest_gets_no_second_by_moving_west(engine: Engine, join: Subscribe) -> None:
    ada = join()
    west = Schedule("America/Los_Angeles", time(7, 30), frozenset(range(7)), EmptyDigests.NEVER, rising=True)
    with transaction(engine) as session:
        subscribers.record_prepared(
            session, [subscribers.Prepared(ada.id, date(2026, 3, 2), 1, NOW, NOW + timedelta(days=1))]
        )
        changed = change_schedule(session, ada.id, west, NOW)
    assert changed.next_due_at == datetime(2026, 3, 3, 15, 30, tzinfo=UTC)


def test_a_pause_with_a_date_ends_then_and_one_without_never(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        paused = pause(session, ada.id, NOW, until=date(2026, 3, 9))
        assert paused.state is SubscriberState.PAUSED
        assert paused.next_due_at == datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
        assert pause(session, ada.id, NOW).next_due_at is None
        awake = resume(session, ada.id, NOW)
    assert (awake.state, awake.paused_until) == (SubscriberState.CONFIRMED, None)
    assert awake.next_due_at == ada.next_due_at


@pytest.mark.parametrize("until", [date(2026, 3, 2), date(2025, 1, 1), date(2029, 1, 1)])
def test_a_pause_into_the_past_or_for_years_is_refused(engine: Engine, join: Subscribe, until: date) -> None:
    ada = join()
    with transaction(engine) as session, pytest.raises(SubscriptionError, match="pause"):
        pause(session, ada.id, NOW, until=until)


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        ("America/Los_Angeles", datetime(2026, 3, 3, 2, 0, tzinfo=UTC), date(2026, 3, 2)),
        ("Asia/Tokyo", datetime(2026, 3, 2, 20, 0, tzinfo=UTC), date(2026, 3, 3)),
    ],
)
def test_a_pause_until_tomorrow_counts_from_the_subscribers_own_day(
    engine: Engine, join: Subscribe, zone: str, now: datetime, today: date
) -> None:
    ada = join(timezone=zone)
    with transaction(engine) as session:
        with pytest.raises(SubscriptionError, match="pause"):
            pause(session, ada.id, now, until=today)
        tomorrow = today + timedelta(days=1)
        assert pause(session, ada.id, now, until=tomorrow).paused_until == tomorrow


def test_the_schedule_can_change_during_a_pause(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        pause(session, ada.id, NOW)
        assert change_schedule(session, ada.id, TOKYO, NOW).next_due_at is None
        pause(session, ada.id, NOW, until=date(2026, 3, 10))
        changed = change_schedule(session, ada.id, TOKYO, NOW)
    assert changed.next_due_at == datetime(2026, 3, 10, 21, 0, tzinfo=UTC)


def test_leaving_stops_everything_and_repeating_it_is_the_same(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        gone = unsubscribe(session, ada.id)
        assert unsubscribe(session, ada.id) == gone
        assert unsubscribe(session, 999) is None
        for change in (pause, resume):
            with pytest.raises(SubscriptionError, match="unsubscribed"):
                change(session, ada.id, NOW)
    assert gone is not None
    assert (gone.state, gone.next_due_at) == (SubscriberState.UNSUBSCRIBED, None)


def test_a_suspension_can_be_lifted(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        subscribers.suspend(session, ada.id, "550 5.1.1")
        lifted = resume(session, ada.id, NOW)
    assert (lifted.state, lifted.suspended_reason) == (SubscriberState.CONFIRMED, "")
    assert lifted.next_due_at == ada.next_due_at


def test_profiles_are_added_changed_and_removed_one_by_one(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        speech = save_profile(session, ada.id, None, Draft("Speech", "speech"), NOW)
        profiles.set_weights(session, speech, [Weight("audio", 1.0)])
        assert save_profile(session, ada.id, speech, Draft("Sound", "speech, audio"), NOW) == speech
        assert profiles.get(session, speech, parse_profile).weights == (Weight("audio", 1.0),)
    assert names(engine, ada.id) == ["Robots", "Sound"]
    with transaction(engine) as session:
        remove_profile(session, ada.id, speech)
    assert names(engine, ada.id) == ["Robots"]


def test_profiles_of_somebody_else_are_out_of_reach(engine: Engine, join: Subscribe) -> None:
    ada, eve = join(), join(address="eve@example.org")
    with transaction(engine) as session:
        [hers] = profiles.of_subscriber(session, ada.id, parse_profile)
        with pytest.raises(NotFound):
            save_profile(session, eve.id, hers.id, Draft("Mine", "speech"), NOW)
        with pytest.raises(NotFound):
            remove_profile(session, eve.id, hers.id)
    assert names(engine, ada.id) == ["Robots"]


def test_a_profile_name_is_unique_and_the_last_profile_stays(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        with pytest.raises(SubscriptionError, match="has that name"):
            save_profile(session, ada.id, None, Draft("ROBOTS", "speech"), NOW)
        [own] = profiles.of_subscriber(session, ada.id, parse_profile)
        with pytest.raises(SubscriptionError, match="only profile"):
            remove_profile(session, ada.id, own.id)
        for number in range(11):
            save_profile(session, ada.id, None, Draft(f"more {number}", "speech"), NOW)
        with pytest.raises(SubscriptionError, match="more than 12"):
            save_profile(session, ada.id, None, Draft("one too many", "speech"), NOW)


def test_all_profiles_can_be_set_at_once(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        set_profiles(session, ada.id, {"Robots": "robots", "Trending": ""}, NOW, trending=True)
    assert names(engine, ada.id) == ["Robots", "Trending"]
