"""Logs: one line a record, and no address in full."""

from __future__ import annotations

import json

import pytest
import structlog

from digest.config import LogSettings
from digest.logs import logger, mask, set_up, set_up_later


def test_a_record_is_one_line_of_json_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogSettings(format="json"))
    structlog.get_logger().info("collected", day="2026-03-02", title="two\nlines")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) == 1
    assert json.loads(shown.err)["title"] == "two\nlines"


def test_logs_left_for_the_first_record_are_set_up_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    set_up_later(LogSettings(format="json"), quiet=True)
    logger().info("collected")
    logger().warning("stale")
    shown = capsys.readouterr()
    assert (shown.out, json.loads(shown.err)["event"]) == ("", "stale")


def test_quiet_silences_what_is_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogSettings(format="json"), quiet=True)
    structlog.get_logger().info("collected")
    structlog.get_logger().warning("stale")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["stale"]


def test_what_is_no_terminal_gets_no_escapes_even_when_the_console_format_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up(LogSettings(format="console"))
    structlog.get_logger().warning("stale", hours=9)
    shown = capsys.readouterr().err
    assert "hours=9" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("reader@example.org", "r…@example.org"),
        ("https://hooks.slack.com/services/T1/B2/secret", "https://hooks.slack.com…"),
        ("C012345", "C012345"),
    ],
)
def test_an_address_is_recognisable_but_not_whole(address: str, shown: str) -> None:
    assert mask(address) == shown
