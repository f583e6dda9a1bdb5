"""Postgres goes away while the daemon runs, and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.shows.server import postgres
from digest.model import DeliveryState
from digest.store.database import open_engine
from digest.store.migrating import upgrade
from tests.faults.relay import Relay
from tests.processes import answers, settings, started, wait_for
from tests.store.outbox import all_of, fill


@pytest.mark.slow
def test_the_daemon_outlasts_a_postgres_that_goes_away_and_sends_what_waited(
    tmp_path: Path, port: int
) -> None:
    """It lives on without its store, says that it is not ready, and needs nobody when the store is back."""
    site = f"http://127.0.0.1:{port}"
    with postgres(settings={}) as server, Relay() as relay:
        engine = open_engine(server.url)
        upgrade(engine)
        more = {"DIGEST_WEB__PORT": str(port), "DIGEST_DIGEST__WAIT_MINUTES": "0"}
        with started(["run"], settings(server.url, relay, tmp_path, **more), tmp_path) as process:
            wait_for(lambda: answers(f"{site}/subscribe"), 100)
            server.stop()
            engine.dispose()
            wait_for(lambda: not answers(f"{site}/readyz"))
            assert process.wait(15) is None, "it ended"
            assert answers(f"{site}/healthz")
            assert not answers(f"{site}/")
            server.start()
            fill(engine, 3)
            wait_for(lambda: {one.state for one in all_of(engine)} == {DeliveryState.SENT}, 120)
            assert len(relay.accepted) == 3
            assert answers(f"{site}/")
        engine.dispose()
