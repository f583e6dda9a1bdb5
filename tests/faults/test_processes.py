"""The program as it is run: after an outage, beside itself, and on a store that cannot be written."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from digest.model import DeliveryState
from digest.store.database import open_engine, transaction
from digest.store.schema import SubscriberRow
from tests.faults.relay import Relay
from tests.faults.small_disk import Disk
from tests.processes import settings, started, wait_for
from tests.store.outbox import all_of, fill, plan, subscribe

READERS = 30


def outage(engine: Engine) -> list[int]:
    """Nothing ran for three days, and everybody is due since then."""
    numbers = subscribe(engine, READERS)
    now = datetime.now(UTC)
    hour = (now - timedelta(hours=1)).time().replace(second=0, microsecond=0)  # the next one is far from now
    wishes = {"next_due_at": now - timedelta(days=3), "empty_digests": "always", "send_at": hour}
    with transaction(engine) as session:
        session.execute(update(SubscriberRow).values(wishes))
    return numbers


def alone(url: str, relay: Relay, folder: Path, port: int) -> dict[str, str]:
    """No source answers, and no digest waits for one."""
    more = {"DIGEST_DIGEST__WAIT_MINUTES": "0", "DIGEST_WEB__PORT": str(port)}
    return settings(url, relay, folder, **more)


@pytest.mark.slow
def test_daemon_cron_and_hand_together_send_one_digest_after_an_outage(
    store_url: str, tmp_path: Path, port: int
) -> None:
    """Three days were missed: one digest and one mail for each reader, whoever prepares and delivers it."""
    engine = open_engine(store_url)
    outage(engine)
    with Relay() as relay, ExitStack() as stack:
        environment = alone(store_url, relay, tmp_path, port)
        for command in (["run"], ["prepare"], ["deliver"], ["worker"], ["prepare"], ["deliver"]):
            stack.enter_context(started(command, environment, tmp_path))
        wait_for(lambda: [one.state for one in all_of(engine)] == [DeliveryState.SENT] * READERS, 150)
        assert Counter(one.recipient for one in relay.accepted) == {one.address: 1 for one in all_of(engine)}
    engine.dispose()


def test_what_waited_before_an_outage_is_merged_and_no_flood_comes(
    sqlite_url: str, tmp_path: Path, port: int
) -> None:
    engine = open_engine(sqlite_url)
    numbers, now = outage(engine), datetime.now(UTC)
    for days in (5, 4):
        plan(engine, numbers, slot=now.date() - timedelta(days=days), now=now - timedelta(days=days))
    with Relay() as relay, started(["run"], alone(sqlite_url, relay, tmp_path, port), tmp_path):
        done = {DeliveryState.SENT: READERS, DeliveryState.MERGED: 2 * READERS}
        wait_for(lambda: Counter(one.state for one in all_of(engine)) == done, 150)
        assert len(relay.accepted) == READERS
    engine.dispose()


def test_a_worker_outlasts_a_store_that_somebody_else_has_locked(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 3)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Relay() as relay, started(["worker"], settings(sqlite_url, relay, tmp_path), tmp_path) as process:
        assert process.wait(5) is None
        assert relay.connections == 0
        other.execute("ROLLBACK")
        wait_for(lambda: {one.state for one in all_of(engine)} == {DeliveryState.SENT})
        assert len(relay.accepted) == 3
    other.close()
    engine.dispose()


def test_a_worker_outlasts_a_disk_that_fills_up(disk: Disk, tmp_path: Path) -> None:
    """After its claim, before its gate: it neither sends nor ends, and goes on by itself."""
    engine = disk.open()
    fill(engine, 3)
    full = threading.Event()

    def fault(phase: str, _argument: str) -> str | None:
        if phase == "EHLO" and not full.is_set():
            disk.fill_up()
            full.set()
        return None

    with (
        Relay(fault) as relay,
        started(["worker"], settings(disk.url, relay, tmp_path), tmp_path) as process,
    ):
        assert full.wait(60)
        assert process.wait(3) is None, "it ended"
        assert relay.accepted == []
        disk.free()
        wait_for(lambda: {one.state for one in all_of(engine)} == {DeliveryState.SENT}, 100)
        assert len(relay.accepted) == 3
    engine.dispose()


def test_a_worker_does_not_start_on_a_read_only_disk(disk: Disk, tmp_path: Path) -> None:
    engine = disk.open()
    fill(engine, 3)
    engine.dispose()
    disk.freeze(frozen=True)
    with Relay() as relay:
        environment = settings(disk.url, relay, tmp_path)
        with started(["worker"], environment, tmp_path) as process:
            assert process.wait(60), "it ends, and not with 0"
        assert relay.connections == 0
        disk.freeze(frozen=False)
        with started(["worker"], environment, tmp_path):
            wait_for(lambda: len(relay.accepted) == 3)
