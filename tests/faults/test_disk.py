"""A full disk under the store: what cannot be recorded is not sent, and it heals by itself."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import structlog
from sqlalchemy import Engine

from digest.errors import StoreError
from digest.model import ChannelName, DeliveryState, Sheet
from digest.pipeline import handing
from digest.pipeline.deliver import deliver
from digest.store.revisions import check_schema
from tests.faults.outbox import TERMS, PlainMail, at, await_refused_records, sheets
from tests.faults.relay import Relay
from tests.faults.small_disk import Disk
from tests.store.outbox import all_of, fill

COUNT = 6


@dataclass
class Mail(PlainMail):
    """Says when it begins to render: after the claim, before the gate."""

    before_the_gate: Callable[[], None] = lambda: None

    def render(self, sheet: Sheet) -> bytes:
        self.before_the_gate()
        return super().render(sheet)


class Once:
    """Does a thing the first time it is called."""

    def __init__(self, what: Callable[[], None]) -> None:
        self.what = what
        self.done = threading.Event()

    def __call__(self) -> None:
        if not self.done.is_set():
            self.what()
            self.done.set()


def run(engine: Engine, mail: PlainMail) -> None:
    deliver(engine, {ChannelName.EMAIL: mail}, sheets, TERMS, clock=at())


def assert_all_sent_once(engine: Engine, relay: Relay) -> None:
    assert {one.state for one in all_of(engine)} == {DeliveryState.SENT}
    assert Counter(one.recipient for one in relay.accepted) == {one.address: 1 for one in all_of(engine)}


def test_with_a_full_disk_nothing_is_claimed(disk: Disk) -> None:
    engine = disk.open()
    fill(engine, COUNT)
    with Relay() as relay:
        disk.fill_up()
        with pytest.raises(StoreError, match="full"):
            run(engine, PlainMail(relay.port))
        assert relay.accepted == []
        disk.free()
        run(engine, PlainMail(relay.port))
        assert_all_sent_once(engine, relay)
    engine.dispose()


def test_a_store_that_cannot_even_be_opened_for_want_of_room_is_on_a_full_disk(disk: Disk) -> None:
    """SQLite reports an I/O error where it has no room for its -shm."""
    disk.take_all_room()
    engine = disk.open()
    with pytest.raises(StoreError, match="the disk of the store is full"):
        check_schema(engine)
    disk.free()
    check_schema(engine)
    engine.dispose()


@pytest.mark.parametrize(("moment", "handed_over"), [("gate", 0), ("record", 1)])
def test_a_disk_that_fills_up_at_work_stops_sending_until_it_is_freed(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, moment: str, handed_over: int
) -> None:
    """Before the gate nothing is sent; after an acceptance nothing further is, until that is recorded."""
    monkeypatch.setattr(handing, "PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(handing, "FLUSH_SECONDS", 0.0)
    engine = disk.open()
    fill(engine, COUNT)
    full = Once(disk.fill_up)

    def fault(phase: str, _argument: str) -> str | None:
        if phase == "dot:after" and moment == "record":
            full()
        return None

    with structlog.testing.capture_logs() as logs, Relay(fault) as relay:
        mail = Mail(
            relay.port, before_the_gate=full if moment == "gate" else lambda: None, final_dot_seconds=30
        )
        work = threading.Thread(target=run, args=(engine, mail))
        work.start()
        try:
            await_refused_records(logs)
            assert len(relay.accepted) == handed_over
            assert DeliveryState.SENT not in {one.state for one in all_of(engine)}
        finally:
            disk.free()
            work.join(60)
        run(engine, mail)
        assert_all_sent_once(engine, relay)
    engine.dispose()
