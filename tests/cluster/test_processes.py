"""Real workers and schedulers as processes: they drain when told, and others take over."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from click.testing import CliRunner
from sqlalchemy import text

from digest.cli import root
from digest.store.database import reading
from tests.cluster.conftest import Cluster

DIGEST = Path(sys.executable).with_name("digest")
MANY = 60


def environment(cluster: Cluster, folder: Path) -> dict[str, str]:
    config = folder / "config.toml"
    config.touch()
    return os.environ | {
        "DIGEST_CONFIG": str(config),
        "DIGEST_STORE__URL": cluster.house.settings.store.url,
        "DIGEST_EMAIL__HOST": "127.0.0.1",
        "DIGEST_EMAIL__PORT": str(cluster.mailbox.port),
        "DIGEST_WEB__SECRET_KEYS": '["' + "k" * 32 + '"]',
        "DIGEST_SOURCE__BASE_URL": "http://127.0.0.1:9",
    }


def start(cluster: Cluster, folder: Path, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
    surroundings = environment(cluster, folder) | settings
    return subprocess.Popen([DIGEST, *arguments], env=surroundings, stderr=subprocess.PIPE)


def wait_until(true: Callable[[], bool], seconds: float = 200) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)


def test_a_worker_drains_on_sigterm_and_another_finishes(cluster: Cluster, tmp_path: Path) -> None:
    cluster.subscribe(MANY)
    cluster.prepare()
    first = start(cluster, tmp_path, "worker", "--at-once", "1")
    wait_until(lambda: len(cluster.mailbox.mails) >= 3)
    first.send_signal(signal.SIGTERM)
    _, said = first.communicate(timeout=200)
    assert first.returncode == 0, said.decode()
    with reading(cluster.house.engine) as session:
        stuck = session.execute(
            text("SELECT count(*) FROM deliveries WHERE state IN ('claimed', 'handing-over')")
        ).scalar_one()
    assert stuck == 0

    cluster.care.sweep(datetime.now(UTC))
    second = start(cluster, tmp_path, "worker", "--until-empty")
    _, said = second.communicate(timeout=200)
    assert second.returncode == 0, said.decode()
    assert cluster.recipients() == sorted(f"reader{number}@example.org" for number in range(MANY))


def test_a_worker_set_up_wrongly_takes_no_jobs(cluster: Cluster, tmp_path: Path) -> None:
    cluster.subscribe(3)
    cluster.prepare()
    short = environment(cluster, tmp_path) | {"DIGEST_DELIVERY__LEASE_SECONDS": "1"}
    command = [str(DIGEST), "worker", "--until-empty"]
    done = subprocess.run(command, env=short, check=False, capture_output=True, text=True, timeout=200)
    assert done.returncode != 0
    assert "must outlast a hand-over" in done.stderr
    with reading(cluster.house.engine) as session:
        waiting = session.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"))
        assert waiting.scalar_one() == 1


def test_a_worker_that_was_counted_as_dead_works_on(cluster: Cluster, tmp_path: Path) -> None:
    """As after its line was cut: the others have struck it off, and the database refuses it jobs."""
    worker = start(cluster, tmp_path, "worker")
    listed = "SELECT count(*) FROM procrastinate_workers"
    wait_until(lambda: scalar(cluster, listed) == 1)
    with cluster.house.engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_workers"))
    cluster.subscribe(3)
    cluster.prepare()
    wait_until(lambda: len(cluster.mailbox.mails) == 3)
    worker.send_signal(signal.SIGTERM)
    _, said = worker.communicate(timeout=200)
    assert worker.returncode == 0, said.decode()


def scalar(cluster: Cluster, question: str) -> int:
    with reading(cluster.house.engine) as session:
        return int(session.execute(text(question)).scalar_one())


class _Broken(BaseHTTPRequestHandler):
    """A source that is overloaded for the moment."""

    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(503)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        pass


def test_a_scheduler_told_to_stop_reads_no_further_day(cluster: Cluster, tmp_path: Path) -> None:
    """All days of a source that does not answer take minutes. What was due five minutes ago runs at once."""
    asked: list[str] = []
    handler = type("Broken", (_Broken,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as source:
        threading.Thread(target=source.serve_forever, daemon=True).start()
        settings = {
            "DIGEST_SOURCE__BASE_URL": f"http://127.0.0.1:{source.server_port}",
            "DIGEST_SOURCE__COLLECT_MINUTES": "5",
        }
        scheduler = start(cluster, tmp_path, "scheduler", **settings)
        wait_until(lambda: bool(asked))
        scheduler.send_signal(signal.SIGTERM)
        _, said = scheduler.communicate(timeout=200)
        source.shutdown()
    assert scheduler.returncode == 0, said.decode()
    assert "left_running" not in said.decode()
    assert len({day for path in asked for day in re.findall(r"\d{4}-\d\d-\d\d", path)}) == 1, asked


def test_a_worker_leaves_to_its_lease_what_outlasts_the_limit(cluster: Cluster, tmp_path: Path) -> None:
    """A mail server that never greets would keep it for minutes."""
    cluster.subscribe(3)
    cluster.prepare()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = {
            "DIGEST_EMAIL__PORT": str(silent.getsockname()[1]),
            "DIGEST_DELIVERY__SHUTDOWN_SECONDS": "1",
        }
        worker = start(cluster, tmp_path, "worker", **settings)
        silent.settimeout(200)
        connection, _ = silent.accept()
        with connection:
            worker.send_signal(signal.SIGTERM)
            _, said = worker.communicate(timeout=200)
    assert worker.returncode == 0, said.decode()
    assert "left_running" in said.decode()
    assert scalar(cluster, "SELECT count(*) FROM deliveries WHERE lease_until IS NOT NULL") == 3


def test_db_upgrade_installs_the_queue(cluster: Cluster, tmp_path: Path) -> None:
    with cluster.house.engine.begin() as connection:
        connection.exec_driver_sql("COMMENT ON TABLE procrastinate_jobs IS 'procrastinate 3.9.0'")
    done = CliRunner().invoke(root, ["db", "upgrade"], env=environment(cluster, tmp_path))
    assert done.exit_code == 0, done.output
    assert "the queue went from 3.9.0" in done.stderr


def test_a_worker_on_sqlite_knows_no_queue(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.touch()
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    settings = os.environ | {"DIGEST_CONFIG": str(config), "DIGEST_STORE__URL": url}
    subprocess.run([DIGEST, "db", "upgrade"], env=settings, check=True, capture_output=True)
    command = [str(DIGEST), "worker", "--until-empty"]
    done = subprocess.run(command, env=settings, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "need the queue" in done.stderr
