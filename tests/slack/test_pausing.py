"""Pausing, resuming and stopping in Slack, each also twice."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from digest.errors import SubscriptionError
from digest.model import SubscriberState
from digest.slack.commands import answer
from digest.slack.desk import Desk
from digest.slack.pausing import pause_end
from digest.slack.place import Asked, Place
from tests.slack.conftest import TODAY, Person
from tests.slack.test_commands import found


def test_pause_resume_and_stop_change_the_state_and_may_come_twice(person: Person, desk: Desk) -> None:
    person.types("subscribe agents")
    person.told()
    person.types("pause 2 weeks")
    assert "Paused. Next digest: <!date^" in person.told(2)
    assert found(desk, "U777").paused_until == date(2026, 12, 4)
    person.types("pause")
    assert "until you resume" in person.told(3)
    person.types("resume")
    assert "Next digest" in person.told(4)
    for count in (5, 6):
        person.types("stop")
        assert "no digest any more" in person.told(count)
    assert found(desk, "U777").state is SubscriberState.UNSUBSCRIBED
    person.types("resume")
    assert "no subscription here" in person.told(7)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("", None),
        ("10", date(2026, 11, 30)),
        ("1 week", date(2026, 11, 27)),
        ("for 3 days", date(2026, 11, 23)),
        ("2w", date(2026, 12, 4)),
        ("until 2027-01-10", date(2027, 1, 10)),
        ("2027-01-10", date(2027, 1, 10)),
    ],
)
def test_a_pause_is_said_in_days_weeks_or_a_date(text: str, until: date | None) -> None:
    assert pause_end(text, TODAY) == until


def test_one_day_is_until_tomorrow_where_the_subscriber_is(person: Person, desk: Desk) -> None:
    person.types("subscribe agents")
    person.told()
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # the 21st in Berlin
    answer(desk, Asked(Place("U777", "D999"), "pause", "1 day"), late)
    assert found(desk, "U777").paused_until == date(2026, 11, 22)


def test_a_pause_that_is_no_time_is_refused() -> None:
    with pytest.raises(SubscriptionError, match="no time to pause for"):
        pause_end("a while", TODAY)
