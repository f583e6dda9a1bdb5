"""``digest run`` as a process: it delivers, serves, and stops as asked."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
import requests

from digest.model import DeliveryState
from digest.store.database import open_engine
from tests.faults.relay import Fault, Relay, no_fault
from tests.processes import Systemd, answers, settings, started, wait_for
from tests.slack_server import TOKEN, running_slack
from tests.store.outbox import all_of, fill


def test_run_delivers_serves_and_ends_with_0_on_sigterm(sqlite_url: str, tmp_path: Path, port: int) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 20)
    with Relay() as relay:
        more = {"DIGEST_WEB__PORT": str(port), "DIGEST_DELIVERY__SHUTDOWN_SECONDS": "3"}
        environment = settings(sqlite_url, relay, tmp_path, **more)
        with started(["run"], environment, tmp_path) as process:
            wait_for(lambda: {one.state for one in all_of(engine)} == {DeliveryState.SENT})
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
            process.send_signal(signal.SIGTERM)
            assert process.wait(200) == 0
    assert len(relay.accepted) == 20
    engine.dispose()


@pytest.mark.slow
def test_run_serves_the_slack_app_by_the_way_its_settings_choose(
    sqlite_url: str, tmp_path: Path, port: int
) -> None:
    with Relay() as relay, running_slack() as slack:
        own = {"ENABLED": "true", "BOT_TOKEN": TOKEN, "SIGNING_SECRET": "hush", "BASE_URL": slack.api}
        environment = settings(
            sqlite_url,
            relay,
            tmp_path,
            DIGEST_WEB__PORT=str(port),
            DIGEST_DELIVERY__SHUTDOWN_SECONDS="1",
            **{f"DIGEST_SLACK__{name}": value for name, value in own.items()},
        )
        for more in ({}, {"DIGEST_SLACK__APP_TOKEN": "xapp-unknown"}):
            with started(["run"], environment | more, tmp_path) as process:
                wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
                unsigned = requests.post(f"http://127.0.0.1:{port}/slack/events", data="x", timeout=60)
                assert unsigned.status_code == (404 if more else 401)
                if more:
                    slack.wait_for("apps.connections.open")
                process.send_signal(signal.SIGTERM)
                assert process.wait(200) == 0


def test_a_stop_in_the_middle_finishes_the_message_in_hand(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 20)
    sixth = Sixth()
    with Relay(sixth) as relay, Systemd(tmp_path) as systemd:
        environment = settings(sqlite_url, relay, tmp_path) | systemd.environment
        with started(["worker"], environment, tmp_path) as process:
            assert sixth.reached.wait(200)
            process.send_signal(signal.SIGTERM)
            systemd.wait_for("STOPPING=1")
            sixth.answer.set()
            assert process.wait(200) == 0
    states = [one.state for one in all_of(engine)]
    assert states.count(DeliveryState.SENT) == len(relay.accepted) == 6
    assert states.count(DeliveryState.PLANNED) == 14
    engine.dispose()


def test_a_second_stop_ends_at_once(sqlite_url: str, tmp_path: Path) -> None:
    """The server has not answered yet, and the process does not wait for it."""
    engine = open_engine(sqlite_url)
    fill(engine, 20)
    sixth = Sixth()
    with Relay(sixth) as relay, Systemd(tmp_path) as systemd:
        environment = settings(sqlite_url, relay, tmp_path) | systemd.environment
        with started(["worker"], environment, tmp_path) as process:
            assert sixth.reached.wait(200)
            process.send_signal(signal.SIGTERM)
            systemd.wait_for("STOPPING=1")
            process.send_signal(signal.SIGTERM)
            assert process.wait(200) == 0
            assert not sixth.answer.is_set()
    assert DeliveryState.HANDING_OVER in {one.state for one in all_of(engine)}
    engine.dispose()


class Sixth:
    """A server that does not answer to the sixth message's final dot until it is told to."""

    def __init__(self) -> None:
        self.dots = 0
        self.reached, self.answer = threading.Event(), threading.Event()

    def __call__(self, phase: str, _argument: str) -> str | None:
        if phase == "dot":
            self.dots += 1
            if self.dots == 6:
                self.reached.set()
                self.answer.wait(100)
        return None


def test_a_hand_over_that_outlasts_the_limit_is_left_to_its_lease(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 3)
    fault: Fault = lambda phase, _: "stall" if phase == "dot" else no_fault(phase, "")  # noqa: E731
    with Relay(fault) as relay:
        environment = settings(sqlite_url, relay, tmp_path, DIGEST_DELIVERY__SHUTDOWN_SECONDS="1")
        with started(["worker"], environment, tmp_path) as process:
            wait_for(lambda: any(one.state is DeliveryState.HANDING_OVER for one in all_of(engine)))
            process.send_signal(signal.SIGTERM)
            assert process.wait(200) == 0
    assert {one.state for one in all_of(engine)} == {DeliveryState.HANDING_OVER}
    engine.dispose()
