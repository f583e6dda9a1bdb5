"""Two workers on Postgres against one: preparing and delivering a day."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine, text

from benchmarks import house, quota
from benchmarks.harness import Budget, Row
from benchmarks.sinks import MISSING, available, sink
from benchmarks.stores import postgres, postgres_server

SUBSCRIBERS = 4_000
SHARE = 0.3
"""Of a core, for each worker where that can be arranged: while cores are free, nothing but each other holds
workers up. Two workers, the database and the mail server need more than the two cores of a small machine.
"""


def rows(subscribers: int = SUBSCRIBERS) -> Iterable[Row]:
    """The same day once by one process and once by two."""
    share = SHARE if quota.available() else None
    allowed = f", {share:g} of a core each" if share else ""
    work = f"2 workers on Postgres vs 1, {subscribers:,} subscribers{allowed}"
    if not available():
        yield Row(work, missing=MISSING)
        return
    seconds: dict[str, float] = {}
    notes = []
    with postgres_server() as server, sink() as mails:
        for workers in (1, 2):
            with postgres(server) as engine:
                house.furnish(engine, subscribers)
                url = engine.url.render_as_string(hide_password=False)
                for step in ("prepare", "deliver"):
                    done = house.by_processes(step, url, mails.port, workers, share=share)
                    if done["done"] != subscribers:
                        raise RuntimeError(f"{done['done']} of {subscribers} were done")
                    seconds[f"{step}, {workers}"] = round(done["wall"], 1)
                notes.append(f"{workers}: {_size(engine):.0f} MiB of database")
    one = seconds["prepare, 1"] + seconds["deliver, 1"]
    two = seconds["prepare, 2"] + seconds["deliver, 2"]
    budgets = (Budget("× as fast with two", one / two, 1.7, at_most=False),)
    yield Row(work, "s", seconds, budgets, "; ".join(notes))


def _size(engine: Engine) -> float:
    with engine.connect() as connection:
        question = text("SELECT pg_database_size(current_database())")
        return float(connection.execute(question).scalar_one()) / 2**20
