"""The program's commands as processes of their own, with their surroundings and their signals."""

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
from typing import Self

from digest.cli import run
from tests.faults.relay import Relay
from tests.faults.storm import PROCESSES


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


def wait_for(what: Callable[[], bool], seconds: float = 200) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class Systemd:
    """Hears what a process tells systemd: ``READY=1``, ``STOPPING=1``."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "notify.socket")

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.settimeout(200)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def environment(self) -> dict[str, str]:
        return {"NOTIFY_SOCKET": self.path}

    def wait_for(self, word: str) -> None:
        while word not in self._socket.recv(4096).decode():
            pass
