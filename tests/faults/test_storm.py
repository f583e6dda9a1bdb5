"""The kill storm: nothing is lost, and nobody who lives sends twice."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from digest.store.database import open_engine
from tests.faults.relay import Accepted, Relay
from tests.faults.storm import Storm, Verdict, judge
from tests.faults.workers import Work

SHORT = 10
LONG = 1000
ANSWER_SECONDS = 0.004
"""The relay thinks between taking and answering: that is where a kill makes a copy."""


def storm(
    url: str, *, workers: int, kills: int, twin: str = "", lease: float = 4.0, drain: float = 90.0
) -> Verdict:
    engine: Engine = open_engine(url)
    try:
        with Relay(slow=ANSWER_SECONDS) as relay:
            how = Work(url, relay.port, lease=lease, twin=twin)
            return Storm(engine, how, workers, kills, drain_seconds=drain).rage(relay)
    finally:
        engine.dispose()


@pytest.mark.timeout(900)
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
    verdict = storm(url, workers=workers, kills=LONG if soak else SHORT)
    print(f"{store}, {workers} workers: {verdict}")
    assert verdict.sound, verdict


@pytest.mark.timeout(300)
def test_the_oracle_sees_a_twin_that_records_before_it_sends(sqlite_url: str) -> None:
    verdict = storm(sqlite_url, workers=2, kills=12, twin="records before it sends", lease=1.0, drain=8)
    assert verdict.lost


@pytest.mark.timeout(300)
def test_the_oracle_sees_a_twin_that_ignores_leases(sqlite_url: str) -> None:
    verdict = storm(sqlite_url, workers=3, kills=6, twin="ignores leases", drain=5)
    assert verdict.unexcused


def accepted(at: float, worker: int, body: bytes = b"x") -> Accepted:
    return Accepted(at, "reader1@example.org", "", body, f"worker-{worker}")


@pytest.mark.parametrize(
    ("killed", "log", "sound"),
    [
        ({}, [accepted(1, 5)], True),
        ({5: 1.5}, [accepted(1, 5), accepted(2, 6)], True),
        ({}, [], False),
        ({}, [accepted(1, 5), accepted(2, 6)], False),
        ({5: 0.5}, [accepted(1, 5), accepted(2, 6)], False),
        ({5: 60.0}, [accepted(1, 5), accepted(2, 6)], False),
        ({5: 1.5}, [accepted(1, 5), accepted(2, 6, b"other")], False),
    ],
    ids=["once", "killed in between", "lost", "alive", "killed before", "killed long after", "other bytes"],
)
def test_the_oracle_excuses_only_a_kill_between_acceptance_and_record(
    killed: dict[int, float], log: list[Accepted], sound: bool
) -> None:
    assert judge(1, killed, log).sound is sound
