"""A day of N subscribers on Postgres: prepared by some processes, delivered to a sink by real workers.

``python -m benchmarks.shows.day 100000 --workers 2 [--results FILE]``. The server is a fresh one; workers are
``digest worker`` over the queue. Ends with an error unless every delivery was sent.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks import house
from benchmarks.machine import machine
from benchmarks.shows.meters import Meters, Phase
from benchmarks.shows.server import postgres
from benchmarks.sinks import sink
from digest.cluster.queue import install
from digest.store.database import open_engine
from digest.store.migrating import upgrade

DIGEST = Path(sys.executable).with_name("digest")


def main() -> None:
    given = _arguments()
    with postgres() as server, sink() as mails:
        engine = open_engine(server.url)
        upgrade(engine)
        install(engine)
        meters = Meters(engine, server.pid, frozenset([mails.pid]))
        run(meters, given.subscribers, server.url, mails.port, given.preparers, given.workers)
        result = {
            "subscribers": given.subscribers,
            "preparers": given.preparers,
            "workers": given.workers,
            "machine": machine(),
            "phases": [asdict(phase) for phase in meters.phases],
            "deliveries": states(engine),
        }
        engine.dispose()
    print(table(meters.phases, given.subscribers))
    if given.results:
        given.results.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    if result["deliveries"] != {"sent": given.subscribers}:
        raise SystemExit(f"not every delivery was sent: {result['deliveries']}")


def run(meters: Meters, subscribers: int, url: str, port: int, preparers: int, workers: int) -> None:
    with meters.phase("subscribe"):
        house.furnish(meters.engine, subscribers)
    with meters.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # autovacuum has done it on a store that grew slowly
    with meters.phase("prepare"):
        house.by_processes("prepare with jobs", url, port, preparers)
    with meters.phase("deliver"):
        deliver(url, port, workers)


def deliver(url: str, port: int, workers: int) -> None:
    """Let ``digest worker`` processes empty the queue."""
    with tempfile.TemporaryDirectory(prefix="digest-shows-") as folder:
        crew = [
            subprocess.Popen([DIGEST, "worker", "--until-empty"], env=environment(url, port, Path(folder)))
            for _ in range(workers)
        ]
        failed = [process.args for process in crew if process.wait()]
    if failed:
        raise RuntimeError(f"{len(failed)} of {workers} workers failed")


def environment(url: str, port: int, folder: Path, *, host: str = "127.0.0.1") -> dict[str, str]:
    """What the processes of a house read: its store, its mail server, no configuration file."""
    config = folder / "config.toml"
    config.touch()
    return os.environ | {
        "DIGEST_CONFIG": str(config),
        "DIGEST_STORE__URL": url,
        "DIGEST_EMAIL__HOST": host,
        "DIGEST_EMAIL__PORT": str(port),
        "DIGEST_EMAIL__BOUNCE_DOMAIN": "bounce.example.org",
        "DIGEST_WEB__SECRET_KEYS": '["' + "k" * 32 + '"]',
        "DIGEST_SOURCE__BASE_URL": "http://127.0.0.1:9",  # nobody answers: nothing new is listed
        "DIGEST_LOG__LEVEL": "warning",
    }


def states(engine: Engine) -> dict[str, int]:
    """How many deliveries there are in each state."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT state, count(*) FROM deliveries GROUP BY state"))
        return {str(state): int(count) for state, count in rows}


def table(phases: Sequence[Phase], subscribers: int) -> str:
    """The phases as a table of Markdown."""
    heads = ("s", "CPU s, ours", "MiB, ours (largest)", "MiB, Postgres", "MiB, database", "MiB, WAL")
    lines = ["| " + " | ".join((f"{subscribers:,} subscribers", *heads)) + " |", "|---" * 7 + "|"]
    for one in phases:
        memory = f"{one.our_mib:.0f} ({one.largest_mib:.0f}) | {one.postgres_mib:.0f}"
        disk = f"{one.database_mib:,.0f} | {one.wal_mib:,.0f}"
        lines.append(f"| {one.name} | {one.seconds:,.0f} | {one.cpu_seconds:,.0f} | {memory} | {disk} |")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shows.day", description=__doc__)
    parser.add_argument("subscribers", type=int)
    parser.add_argument("--preparers", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--results", type=Path, help="write the figures here, too (JSON)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
