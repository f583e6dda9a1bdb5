"""A stderr that cannot be written to ends nothing: real processes, with stderr closed, full, or hung up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from digest.store.database import open_engine
from tests.faults.relay import Relay
from tests.processes import settings, wait_for
from tests.store.outbox import fill

CLOSED, FULL, HUNG_UP = "2>&-", "2>/dev/full", "2>&9"
DIGEST = "from digest.cli import run; run()"
LOGS = """
import logging, os
from digest.stderr import forgive_stderr
forgive_stderr()
import click, structlog
from digest.config import LogSettings
from digest.logs import set_up
set_up(LogSettings())
for _ in range(3):
    structlog.get_logger().warning("something")
    logging.getLogger("library").warning("something")
    click.echo("something", err=True)
print(os.open("/dev/null", os.O_RDONLY))
"""


def start(
    code: str, words: str, redirection: str, environment: dict[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    """A program under a shell that redirects its stderr; descriptor 9 is a pipe that nobody reads."""
    reading, pipe = os.pipe()
    os.close(reading)
    try:
        return subprocess.Popen(
            [
                "/bin/bash",
                "-c",
                f'exec 9>&{pipe}; exec "$0" -c "$1" {words} {redirection}',
                sys.executable,
                code,
            ],
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            pass_fds=[pipe],
        )
    finally:
        os.close(pipe)


@pytest.mark.parametrize("redirection", [CLOSED, FULL, HUNG_UP], ids=["closed", "full", "hung up"])
def test_what_cannot_be_logged_is_dropped(tmp_path: Path, redirection: str) -> None:
    """Nothing raises, no line strays to stdout, and no file is opened in the place of stderr."""
    process = start(LOGS, "", redirection, {}, tmp_path)
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    assert int(out) > 2


def test_a_worker_delivers_and_stops_cleanly_with_a_full_disk_under_its_log(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 3)
    engine.dispose()
    refused = "reader2@example.org"  # so that there is something to log

    def fault(phase: str, argument: str) -> str | None:
        return "550 5.1.1 no such user" if phase == "RCPT" and argument == refused else None

    with Relay(fault) as relay:
        environment = settings(sqlite_url, relay, tmp_path, DIGEST_LOG__LEVEL="debug")
        process = start(DIGEST, "worker", FULL, environment, tmp_path)
        try:
            wait_for(lambda: len(relay.accepted) == 2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(200) == 0
        finally:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("redirection", [CLOSED, FULL])
def test_an_error_that_cannot_be_said_keeps_its_exit_code(tmp_path: Path, redirection: str) -> None:
    environment = {"HOME": str(tmp_path), "DIGEST_STORE__URL": "nonsense"}
    process = start(DIGEST, "stats", redirection, environment, tmp_path)
    out, _ = process.communicate(timeout=300)
    assert (process.returncode, out) == (3, b"")
