"""The kill storm: nothing is lost, and nobody who lives sends twice."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from digest.channels.smtp import GATE_SIZE
from digest.config import DeliverySettings
from digest.store.database import open_engine
from tests.faults.relay import Accepted, Relay
from tests.faults.storm import Records, Storm, Verdict, judge
from tests.faults.workers import Work

SHORT = 6
LONG = 1000
ANSWER_SECONDS = 0.004
"""The relay thinks between taking and answering: that is where a kill makes a copy."""


def lost(verdict: Verdict) -> bool:
    return bool(verdict.lost)


def unexcused(verdict: Verdict) -> bool:
    return bool(verdict.unexcused)


TINY = (4, 2)
SMALL = (10, 5)
AS_SHIPPED = (DeliverySettings().batch, GATE_SIZE)
"""What a worker claims at once, and takes through the gate at once."""
LEASE = 30.0
"""In the long form; longer than anybody who lives needs, even on a machine shared with its tormentors."""


def storm(
    url: str,
    *,
    workers: int,
    kills: int,
    twin: str = "",
    lease: float = 3600.0,
    sizes: Sequence[tuple[int, int]] = (SMALL,),
    seen: Callable[[Verdict], bool] | None = None,
) -> Verdict:
    """Without a ``lease`` nobody waits for one to end."""
    engine: Engine = open_engine(url)
    try:
        with Relay(slow=ANSWER_SECONDS) as relay, tempfile.NamedTemporaryFile() as records:
            how = Work(
                url,
                relay.port,
                lease=lease,
                command_seconds=10.0,
                final_dot_seconds=15.0,
                twin=twin,
                records=records.name,
            )
            ways = [replace(how, batch=batch, gate_size=gate_size) for batch, gate_size in sizes]
            waits = lease == LEASE
            return Storm(engine, ways, workers, kills, waits_for_leases=waits, twin_seen=seen).rage(relay)
    finally:
        engine.dispose()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("store", "workers"),
    [("sqlite", 1), ("sqlite", 4), ("postgres", 1), ("postgres", 2), ("postgres", 4)],
)
def test_nothing_is_lost_and_no_copy_is_unexcused(
    request: pytest.FixtureRequest, store: str, workers: int, soak: bool
) -> None:
    if not soak and (store, workers) not in {("sqlite", 4), ("postgres", 2)}:
        pytest.skip("in the long form: make soak")
    url: str = request.getfixturevalue(f"{store}_url")
    kills = int(os.environ.get("KILLS", LONG)) if soak else SHORT
    if soak:
        verdict = storm(url, workers=workers, kills=kills, lease=LEASE, sizes=(SMALL, AS_SHIPPED))
    else:
        verdict = storm(url, workers=workers, kills=kills, sizes=(TINY,))
    print(f"{store}, {workers} workers: {verdict}")
    assert verdict.sound, verdict


@pytest.mark.timeout(900)
def test_the_oracle_sees_a_twin_that_records_before_it_sends(sqlite_url: str) -> None:
    verdict = storm(sqlite_url, workers=1, kills=1, twin="records before it sends", seen=lost)
    assert verdict.lost


@pytest.mark.timeout(900)
def test_the_oracle_sees_a_twin_that_ignores_leases(sqlite_url: str) -> None:
    """Nobody is killed: whatever comes twice has no excuse."""
    verdict = storm(sqlite_url, workers=2, kills=0, twin="ignores leases", seen=unexcused)
    assert verdict.unexcused


@pytest.mark.timeout(900)
def test_the_oracle_sees_a_twin_that_sends_again_what_was_recorded(sqlite_url: str) -> None:
    """Each sender was killed, but after its record: soon after it, but that is no excuse."""
    verdict = storm(sqlite_url, workers=1, kills=2, twin="doubts what was recorded", seen=unexcused)
    assert verdict.unexcused


def accepted(at: float, worker: int, body: bytes = b"x") -> Accepted:
    return Accepted(at, "reader1@example.org", "", body, f"worker-{worker}")


def records(at: float, worker: int) -> Records:
    return {(worker, "reader1@example.org"): [at]}


@pytest.mark.parametrize(
    ("killed", "log", "recorded", "sound"),
    [
        ({}, [accepted(1, 5)], records(1.1, 5), True),
        ({5: 1.5}, [accepted(1, 5), accepted(2, 6)], {}, True),
        ({5: 0.9}, [accepted(1, 5), accepted(2, 6)], {}, True),
        ({5: 1.5, 6: 2.5}, [accepted(1, 5), accepted(2, 6), accepted(3, 7)], {}, True),
        ({}, [], {}, False),
        ({}, [accepted(1, 5), accepted(2, 6)], {}, False),
        ({5: 1.5}, [accepted(1, 5), accepted(2, 6)], records(1.1, 5), False),
        ({5: 60.0}, [accepted(1, 5), accepted(2, 6)], {}, False),
        ({5: 2.5}, [accepted(1, 5), accepted(2, 5), accepted(3, 6)], records(1.1, 5), False),
        ({5: 1.5}, [accepted(1, 5), accepted(2, 6), accepted(3, 7)], {}, False),
        ({5: 1.5}, [accepted(1, 5), accepted(2, 6, b"other")], {}, False),
    ],
    ids=[
        "once",
        "killed in between",
        "killed with the message on its way",
        "two killed in between",
        "lost",
        "alive",
        "killed after its record",
        "killed after the copy",
        "its own copy",
        "the second lives",
        "other bytes",
    ],
)
def test_the_oracle_excuses_only_a_kill_between_acceptance_and_record(
    killed: dict[int, float], log: list[Accepted], recorded: Records, sound: bool
) -> None:
    assert judge(["reader1@example.org"], killed, log, recorded).sound is sound
