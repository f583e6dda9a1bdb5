"""``digest once``: a whole day's work by one call, and what it says when a part of it fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from digest.demo.server import SourceServer
from digest.demo.shapes import Item
from digest.errors import StoreError
from tests.cli.conftest import Digest
from tests.faults.relay import Relay
from tests.sources.shapes import item

EVENING = datetime(2026, 11, 3, 20, tzinfo=UTC)
MORNING = EVENING + timedelta(hours=12)


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
    with Relay() as running:
        monkeypatch.setenv("DIGEST_EMAIL__PORT", str(running.port))
        yield running


def published(day: date, now: datetime) -> list[Item]:
    """Three papers a day, there from noon on."""
    if now < datetime.combine(day, time(12), UTC):
        return []
    numbers = range(3)
    return [
        item(f"26{day:%m.%d}{number:03}", submittedOnDailyAt=f"{day}T00:00:00.000Z") for number in numbers
    ]


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceServer]:
    with SourceServer(published, now=EVENING) as running:
        monkeypatch.setenv("DIGEST_SOURCE__BASE_URL", running.url)
        monkeypatch.setenv("DIGEST_SOURCE__LOOK_BACK_DAYS", "2")
        yield running


def test_one_call_reads_prepares_and_sends_and_the_next_has_nothing_to_do(
    digest: Digest, source: SourceServer, relay: Relay
) -> None:
    with time_machine.travel(EVENING, tick=False):
        assert digest("subscribers", "add", "ada@example.org", "--trending").code == 0
        first = digest("once")
        assert (first.code, relay.accepted) == (0, [])
        assert "days read" in first.err
    source.now = MORNING
    with time_machine.travel(MORNING, tick=False):
        second = digest("once")
        assert second.code == 0, second.err
        assert "1 digest prepared, 1 to be delivered" in second.err
        assert "email: 1 sent" in second.err
        quiet = digest("--quiet", "once")
        assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert [one.recipient for one in relay.accepted] == ["ada@example.org"]


def test_a_source_out_of_reach_ends_with_5_and_keeps_nothing_from_being_sent(
    digest: Digest, source: SourceServer, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(EVENING, tick=False):
        assert digest("subscribers", "add", "ada@example.org", "--trending").code == 0
        assert digest("once").code == 0
        assert digest("prepare", "--subscriber", "ada@example.org").code == 0
    assert source.requests
    monkeypatch.setenv("DIGEST_SOURCE__BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("digest.sources.fetching.ATTEMPTS", 1)
    with time_machine.travel(MORNING, tick=False):
        ran = digest("once")
    assert (ran.code, "3 days could not be read, such as 2026-11-04: " in ran.err) == (5, True)
    assert "read, 0 new listings" not in ran.err
    assert len(relay.accepted) == 1


def test_without_a_source_a_few_days_are_tried_and_the_others_named(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SOURCE__BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("digest.sources.fetching.ATTEMPTS", 1)
    with time_machine.travel(MORNING, tick=False):
        ran = digest("once")
    assert (ran.code, "3 days could not be read, such as 2026-11-04: " in ran.err) == (5, True)
    assert "not tried: 2026-11-01, 2026-10-31, " in ran.err


def test_a_step_that_fails_keeps_no_other_from_running_and_is_told_in_the_end(
    digest: Digest, source: SourceServer, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object, **_named: object) -> None:
        raise StoreError("the disk of the store is full", remedy="free some space")

    with time_machine.travel(EVENING, tick=False):
        assert digest("subscribers", "add", "ada@example.org", "--trending").code == 0
        assert digest("once").code == 0
    source.now = MORNING
    with time_machine.travel(MORNING, tick=False):
        assert digest("collect").code == 0
        monkeypatch.setattr("digest.scheduler.collect", full)
        ran = digest("once")
    assert ran.code != 0
    assert "the disk of the store is full" in ran.err
    assert "email: 1 sent" in ran.err
    assert len(relay.accepted) == 1


@pytest.mark.usefixtures("source")
def test_a_mail_server_out_of_reach_ends_with_6(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
    monkeypatch.setenv("DIGEST_EMAIL__PORT", "9")
    with time_machine.travel(EVENING, tick=False):
        assert digest("subscribers", "add", "ada@example.org", "--trending").code == 0
        assert digest("once").code == 0
        assert digest("prepare", "--subscriber", "ada@example.org").code == 0
        ran = digest("--quiet", "once")
        again = digest("--quiet", "once")
    assert (ran.code, "email cannot be used" in ran.err) == (6, True)
    assert again.code == 6, "the server is not asked until the next probe, and the mail waits"
    assert "email cannot be used since 2026-11-03 20:00 UTC: " in again.err
    assert "1 waits; next probe at 2026-11-03 20:01 UTC" in again.err
