"""``digest backfill`` on a real terminal (a pseudo-terminal) and elsewhere."""

from __future__ import annotations

import os
import pty
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.demo.server import SourceServer, replayed
from tests.cli.conftest import Digest, Ran
from tests.sources.shapes import item

SPAN = [date(2026, 3, 2) + timedelta(days=number) for number in range(4)]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    archive = {day: [item(f"2603.{day.day:05}", submittedOnDailyAt=f"{day}T00:00:00Z")] for day in SPAN}
    with SourceServer(replayed(archive), now=NOW) as server:
        monkeypatch.setenv("DIGEST_SOURCE__BASE_URL", server.url)
        yield


def on_a_terminal(digest: Digest, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[Ran, str]:
    """What a backfill prints, and what a terminal at stderr is sent."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    ours, theirs = pty.openpty()
    shown: list[bytes] = []

    def watch() -> None:
        try:
            while part := os.read(ours, 65_536):
                shown.append(part)
        except OSError:  # the other end is closed: Linux says so by EIO
            return

    watcher = threading.Thread(target=watch)
    watcher.start()
    with open(theirs, "w") as terminal, monkeypatch.context() as patch:  # noqa: PTH123  a descriptor
        patch.setattr(sys, "stderr", terminal)
        ran = digest(*options, "backfill", str(SPAN[0]), str(SPAN[-1]))
    watcher.join()
    os.close(ours)
    return ran, b"".join(shown).decode()


def test_a_terminal_is_shown_a_bar_with_rate_and_time_to_go(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, shown = on_a_terminal(digest, monkeypatch)
    assert ran.code == 0
    for sign in ("4/4", "100%", "━", "days/min", "0:00:00", "\x1b["):
        assert sign in shown
    assert ran.out.splitlines() == ["4 days read, 0 were settled already, 4 listings added", "no gaps"]


def test_a_pipe_is_told_a_plain_line_a_day(digest: Digest) -> None:
    ran = digest("backfill", str(SPAN[0]), str(SPAN[-1]))
    assert ran.code == 0
    assert "\x1b" not in ran.out + ran.err
    assert [line[:10] for line in ran.err.splitlines()] == [str(day) for day in SPAN]


def test_quiet_shows_a_terminal_nothing(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    ran, shown = on_a_terminal(digest, monkeypatch, "--quiet")
    assert (ran.code, shown) == (0, "")
