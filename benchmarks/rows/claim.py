"""Claiming and settling the outbox with its contract, nothing sent: what the store allows."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine, text

from benchmarks import outbox
from benchmarks.harness import Budget, Row
from benchmarks.stores import postgres, postgres_server, sqlite
from digest.channels.smtp import GATE_SIZE
from digest.config import DeliverySettings

DELIVERIES = 20_000
BATCH, GATE = DeliverySettings().batch, GATE_SIZE
"""As the daemon claims and gates mails."""


def rows() -> Iterable[Row]:
    """One and two workers on Postgres, one on SQLite."""
    rates: dict[str, float] = {}
    with postgres_server() as server:
        for workers in (1, 2):
            with postgres(server) as engine:
                rates[f"Postgres, {workers} worker{'s' * (workers > 1)}"] = _rate(engine, workers)
    with sqlite() as engine:
        rates["SQLite, 1 worker"] = _rate(engine, 1)
    yield Row(
        "claim + gate + settle, contract included",
        "/s",
        {name: round(rate) for name, rate in rates.items()},
        (
            Budget("/s on Postgres with 2 workers", rates["Postgres, 2 workers"], 10_000, at_most=False),
            Budget("/s for each worker", rates["Postgres, 1 worker"], 5_000, 50_000, at_most=False),
        ),
        f"claims of {BATCH}, gates of {GATE}",
    )


def _rate(engine: Engine, workers: int) -> float:
    outbox.fill(engine, DELIVERIES)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    url = engine.url.render_as_string(hide_password=False)
    seconds = outbox.race(url, workers, batch=BATCH, gate_size=GATE)
    if outbox.sent(engine) != DELIVERIES:
        raise RuntimeError("not everything was settled")
    return DELIVERIES / seconds
