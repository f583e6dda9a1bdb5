"""The sleeper: a worker stopped past its lease neither sends nor overwrites."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest.delivery import LATE_ANSWER
from digest.model import ChannelName, DeliveryState
from digest.pipeline.deliver import deliver
from digest.store.database import open_engine
from tests.faults.outbox import TERMS, PlainMail, at, sheets
from tests.faults.relay import Relay
from tests.faults.storm import PROCESSES
from tests.faults.workers import LEAP_SECONDS, Work, work
from tests.store.outbox import address_of, all_of, end_leases, fill

LEASE = 3600.0
"""Nobody waits for its end: once the worker sleeps, it is made to be over."""
FRESH_SECONDS = 60.0


@pytest.mark.parametrize(
    ("fresh", "copies"),
    [(FRESH_SECONDS, 0), (2 * LEAP_SECONDS, 1)],
    ids=["sound", "a twin that trusts an old gate"],
)
def test_a_worker_stopped_past_its_lease_does_not_send(
    store_url: str, tmp_path: Path, fresh: float, copies: int
) -> None:
    """The first case is the promise; the second shows that the test would see it broken."""
    engine = open_engine(store_url)
    (number,) = fill(engine, 1)
    asleep, stopped = threading.Event(), [0]

    def fault(phase: str, _argument: str) -> str | None:
        if phase == "DATA" and stopped[0]:  # the gate is passed; the content would come next
            _put_to_sleep(stopped[0])
            stopped[0] = 0
            asleep.set()
        return None

    with Relay(fault) as relay:
        how = Work(
            store_url,
            relay.port,
            lease=LEASE,
            fresh_seconds=fresh,
            command_seconds=60.0,
            final_dot_seconds=60.0,
            leap=str(tmp_path / "leap"),
        )
        process = PROCESSES.Process(target=work, args=(how,), daemon=True)
        process.start()
        assert process.pid is not None
        stopped[0] = process.pid
        try:
            assert asleep.wait(100)
            _another_sends(engine, relay)
            before = all_of(engine)[0]
            (tmp_path / "leap").touch()
            os.kill(process.pid, signal.SIGCONT)
            _sends_the_next(engine, relay, f"worker-{how.number}")
        finally:
            process.kill()
            process.join()
        assert [one.recipient for one in relay.accepted].count(before.address) == 1 + copies
        after = next(one for one in all_of(engine) if one.id == number)
        assert after == before
        assert after.state is DeliveryState.SENT
    engine.dispose()


def _put_to_sleep(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    while "T (stopped)" not in Path(f"/proc/{pid}/status").read_text():
        time.sleep(0.01)


def _sends_the_next(engine: Engine, relay: Relay, worker: str) -> None:
    """Awake, it finds out or sends; once it has sent another message, it has done the one or the other."""
    fill(engine, 1)
    until = time.monotonic() + 100
    while not any(one.hello == worker and one.recipient == address_of(2) for one in relay.accepted):
        assert time.monotonic() < until
        time.sleep(0.05)


def _another_sends(engine: Engine, relay: Relay) -> None:
    """Another worker, once the lease is over: what it takes back may go out again a little later."""
    end_leases(engine)
    terms = replace(TERMS, worker="another", lease=timedelta(minutes=5))
    channels = {ChannelName.EMAIL: PlainMail(relay.port)}
    for later in (timedelta(0), 2 * LATE_ANSWER):
        deliver(engine, channels, sheets, terms, clock=at(datetime.now(UTC) + later))
    assert relay.accepted
