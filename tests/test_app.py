"""``digest run`` as a process: it delivers, serves, and stops as asked."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import requests

from digest.cli import run
from digest.model import DeliveryState
from digest.store.database import open_engine
from tests.faults.relay import Fault, Relay, no_fault
from tests.faults.storm import PROCESSES
from tests.slack_server import TOKEN, running_slack
from tests.store.outbox import all_of, fill


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def settings(url: str, relay: Relay, folder: Path, **more: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")},
        "HOME": str(folder),
        "DIGEST_STORE__URL": url,
        "DIGEST_WEB__SECRET_KEYS": '["a secret key for tests only"]',
        "DIGEST_EMAIL__HOST": "127.0.0.1",
        "DIGEST_EMAIL__PORT": str(relay.port),
        "DIGEST_EMAIL__CONNECTIONS": "1",
        "DIGEST_SOURCE__BASE_URL": "http://127.0.0.1:1",
        **more,
    }


def digest(command: list[str], environment: dict[str, str], folder: Path) -> None:
    """The console script, in a process that has been given its surroundings."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["digest", *command]
    run()


@dataclass(frozen=True)
class Process:
    """A process of its own, forked from one that has the imports behind it."""

    process: BaseProcess

    def send_signal(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def wait(self, seconds: float) -> int | None:
        """Its exit code, or ``None`` when it still runs."""
        self.process.join(seconds)
        return self.process.exitcode


@contextmanager
def started(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[Process]:
    process = PROCESSES.Process(target=digest, args=(command, environment, folder))
    process.start()
    try:
        yield Process(process)
    finally:
        process.kill()
        process.join()


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_run_delivers_serves_and_ends_with_0_on_sigterm(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 20)
    port = free_port()
    with Relay() as relay:
        environment = settings(sqlite_url, relay, tmp_path, DIGEST_WEB__PORT=str(port))
        with started(["run"], environment, tmp_path) as process:
            wait_for(lambda: len(relay.accepted) == 20)
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0
    assert {one.state for one in all_of(engine)} == {DeliveryState.SENT}
    engine.dispose()


@pytest.mark.slow
def test_run_serves_the_slack_app_by_the_way_its_settings_choose(sqlite_url: str, tmp_path: Path) -> None:
    port = free_port()
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
                unsigned = requests.post(f"http://127.0.0.1:{port}/slack/events", data="x", timeout=20)
                assert unsigned.status_code == (404 if more else 401)
                if more:
                    slack.wait_for("apps.connections.open")
                process.send_signal(signal.SIGTERM)
                assert process.wait(40) == 0


@pytest.mark.parametrize(("second", "most"), [(False, 25.0), (True, 5.0)])
def test_a_stop_in_the_middle_finishes_the_message_in_hand(
    sqlite_url: str, tmp_path: Path, second: bool, most: float
) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 20)
    inside: list[str] = []

    def fault(phase: str, argument: str) -> str | None:
        if phase == "dot" and len(inside) == 5:
            time.sleep(3.0)  # the answer to the sixth message takes its time
        if phase == "dot":
            inside.append(argument)
        return None

    with Relay(fault) as relay:
        environment = settings(sqlite_url, relay, tmp_path)
        with started(["worker"], environment, tmp_path) as process:
            wait_for(lambda: len(inside) >= 5)
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            if second:
                time.sleep(0.5)
                process.send_signal(signal.SIGTERM)
            before = time.monotonic()
            assert process.wait(60) == 0
            assert time.monotonic() - before < most
    states = [one.state for one in all_of(engine)]
    if second:
        assert DeliveryState.HANDING_OVER in states
    else:
        assert states.count(DeliveryState.SENT) == len(relay.accepted) == 6
        assert states.count(DeliveryState.PLANNED) == 14
    engine.dispose()


def test_a_hand_over_that_outlasts_the_limit_is_left_to_its_lease(sqlite_url: str, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 3)
    fault: Fault = lambda phase, _: "stall" if phase == "dot" else no_fault(phase, "")  # noqa: E731
    with Relay(fault) as relay:
        environment = settings(sqlite_url, relay, tmp_path, DIGEST_DELIVERY__SHUTDOWN_SECONDS="1")
        with started(["worker"], environment, tmp_path) as process:
            wait_for(lambda: any(one.state is DeliveryState.HANDING_OVER for one in all_of(engine)))
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    assert {one.state for one in all_of(engine)} == {DeliveryState.HANDING_OVER}
    engine.dispose()
