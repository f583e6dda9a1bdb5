"""Ninety-two days over loopback, against parsing and storing the same days without a network.

Run: ``python -m benchmarks.source.backfill [FOLDER]``: a folder of ``YYYY-MM-DD.json[.gz]`` API bodies, by
default the real days where they lie beside the checkout, else days made of the sample. The server runs in a
process of its own, and its time does not count.
"""

from __future__ import annotations

import gzip
import json
import multiprocessing
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from digest.bootstrap import open_source
from digest.config import SourceSettings
from digest.demo.sample import FIRST_DAY
from digest.demo.server import SourceServer, replayed, sample_source
from digest.model import EmptyDay, Outcome, Reading, Tier
from digest.pipeline.backfill import Backfill
from digest.pipeline.collect import store_reading
from digest.pipeline.pacing import ANONYMOUS, WINDOW
from digest.sources.api import parse_api
from digest.sources.huggingface import FIRST_DAY as SOURCE_BEGAN
from digest.store.database import open_engine, transaction
from digest.store.migrating import upgrade

DAYS = 92
REAL_DAYS = Path(__file__).resolve().parents[3] / "shared" / "data" / "days-2026-api-shaped"
START = date(2026, 3, 1)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
BUDGET = 3.0
LIMIT_BUDGET = 1.05
"""Of the least time that half of the allowance permits."""

Archive = dict[date, list[dict[str, Any]]]


def archive(folder: Path | None) -> Archive:
    """The days: real ones from a folder, or sample papers under other ids."""
    folder = folder or (REAL_DAYS if REAL_DAYS.is_dir() else None)
    if folder is not None:
        return {date.fromisoformat(file.name[:10]): _read(file) for file in sorted(folder.glob("20*.json*"))}
    items = sample_source(FIRST_DAY, NOW)
    return {START + timedelta(days=number): _renamed(items, number) for number in range(DAYS)}


def _read(file: Path) -> list[dict[str, Any]]:
    body = file.read_bytes()
    found: list[dict[str, Any]] = json.loads(gzip.decompress(body) if file.suffix == ".gz" else body)
    return found


def _renamed(items: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    day = START + timedelta(days=number)
    if day.weekday() > 4:
        return []
    copies: list[dict[str, Any]] = json.loads(json.dumps(items))
    for place, item in enumerate(copies):
        item["paper"]["id"] = f"{day:%y%m}.{day.day * 500 + place:05}"
        item["paper"]["submittedOnDailyAt"] = f"{day}T00:00:00.000Z"
    return copies


def serve(days: Archive, pipe: Connection) -> None:
    with SourceServer(replayed(days), now=NOW) as server:
        pipe.send(server.url)
        pipe.recv()


def over_loopback(folder: Path, days: Archive) -> float:
    """Seconds of a backfill against the server."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=serve, args=(days, there))
    process.start()
    engine = open_engine(f"sqlite:///{folder}/loopback.sqlite3")
    upgrade(engine)
    source = open_source(SourceSettings(base_url=here.recv()), engine)
    work = Backfill(engine, lambda: source, clock=lambda: NOW, pause=sleep)
    began = perf_counter()
    done = work.run(min(days), max(days))
    took = perf_counter() - began
    if done.gaps:
        raise SystemExit(f"the backfill left gaps: {done.gaps}")
    here.send("done")
    process.join()
    source.close()
    engine.dispose()
    return took


def at_the_limit(folder: Path) -> tuple[float, float]:
    """Seconds that all days since the first take against the enforced limit, and the least they can take.

    The clock is simulated: it moves only while the backfill waits, for it and for the server alike.
    """
    first, today = SOURCE_BEGAN, NOW.date()
    engine = open_engine(f"sqlite:///{folder}/limit.sqlite3")
    upgrade(engine)
    with SourceServer(lambda day, _now: [one_paper(day)], now=NOW) as server:

        def wait(seconds: float) -> None:
            server.now += timedelta(seconds=seconds)

        source = open_source(SourceSettings(base_url=server.url), engine)
        done = Backfill(engine, lambda: source, clock=lambda: server.now, pause=wait).run(first, today)
        source.close()
        took, asked = (server.now - NOW).total_seconds(), len(server.requests)
    engine.dispose()
    if done.gaps:
        raise SystemExit(f"the backfill left gaps: {done.gaps}")
    half = ANONYMOUS["api"] // 2
    return took, (ceil(asked / half) - 1) * WINDOW.total_seconds()


def one_paper(day: date) -> dict[str, Any]:
    return {"paper": {"id": f"{day:%y%m.%d}001", "title": f"The paper of {day}", "upvotes": 1}}


def without_network(folder: Path, days: Archive) -> float:
    """Seconds of parsing and storing the same bodies."""
    engine = open_engine(f"sqlite:///{folder}/direct.sqlite3")
    upgrade(engine)
    bodies = {day: json.dumps(items).encode() for day, items in days.items()}
    began = perf_counter()
    for day, body in bodies.items():
        papers, _ = parse_api(body)
        outcome: Outcome = papers if papers.records else EmptyDay()
        with transaction(engine) as session:
            store_reading(session, Reading(day, outcome, Tier.API), now=NOW, silent=True)
    took = perf_counter() - began
    engine.dispose()
    return took


def main() -> None:
    days = archive(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    listed = sum(len(items) for items in days.values())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        direct, loopback = without_network(folder, days), over_loopback(folder, days)
        took, least = at_the_limit(folder)
    print(f"{len(days)} days, {listed} listings")
    print(f"{loopback:.2f} s over loopback, {direct:.2f} s to parse and store")
    print(f"{loopback / direct:.2f} × (budget {BUDGET})")
    print(f"{took / least:.3f} × the least time the limit permits, {least:.0f} s (budget {LIMIT_BUDGET})")


if __name__ == "__main__":
    main()
