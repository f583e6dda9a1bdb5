"""What an answer says about coming back is believed within bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from digest.sources.limits import LONGEST, SHORTEST, not_before

NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)


def wait(status: int, **headers: str) -> float | None:
    """Seconds to wait."""
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    until = not_before(status, named, NOW)
    return (until - NOW).total_seconds() if until else None


def test_an_ordinary_answer_asks_for_nothing() -> None:
    assert wait(200) is None
    assert wait(200, RateLimit='"api";r=499;t=300', Retry_After="30") is None
    assert wait(500) is None


@pytest.mark.parametrize("header", ['"api";r=0;t=55', '"api"; r=0; t=55', "r=0;t=55", '"pages";t=55;r=0'])
def test_a_window_that_is_used_up_is_waited_for(header: str) -> None:
    assert wait(200, ratelimit=header) == 55
    assert wait(429, RateLimit=header) == 55


def test_the_window_goes_before_retry_after() -> None:
    assert wait(429, RateLimit='"api";r=0;t=55', Retry_After="7") == 55
    assert wait(429, RateLimit='"api";r=12;t=55', Retry_After="7") == 7


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("7.5", 7.5),
        (" 120 ", 120),
        ("0", 1),
        ("Mon, 28 Sep 2026 12:01:30 GMT", 90),
        ("Mon, 28 Sep 2026 11:00:00 GMT", 1),
        ("Mon, 28 Sep 2036 12:00:00 GMT", 3600),
        ("315360000", 3600),
        ("999999999999", 3600),
        ("-5", 60),
        ("soon", 60),
        ("", 60),
        ("1e9", 60),
        ("9" * 400, 60),
        ("Mon, 99 Foo 2026 12:00:00 GMT", 60),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds_as_a_date_and_as_nonsense(status: int, value: str, seconds: float) -> None:
    assert wait(status, Retry_After=value) == seconds


def test_a_refusal_without_a_word_waits_a_minute() -> None:
    assert wait(429) == 60


@given(st.sampled_from([200, 429, 503]), st.text(max_size=60), st.text(max_size=60))
def test_whatever_the_headers_say_the_wait_is_bounded(status: int, ratelimit: str, retry: str) -> None:
    until = not_before(status, {"RateLimit": ratelimit, "Retry-After": retry}, NOW)
    assert until is None or NOW + SHORTEST <= until <= NOW + LONGEST


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_whatever_the_window_the_wait_is_bounded(left: int, seconds: int) -> None:
    until = not_before(429, {"RateLimit": f'"api";r={left};t={seconds}'}, NOW)
    assert until is not None
    assert timedelta(seconds=1) <= until - NOW <= LONGEST
