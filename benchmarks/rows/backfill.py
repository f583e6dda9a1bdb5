"""Backfilling over loopback, against parsing and storing the same bodies without a network."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.harness import Budget, Row
from benchmarks.house import quiet
from benchmarks.source.backfill import (
    BUDGET,
    LIMIT_BUDGET,
    REAL_DAYS,
    archive,
    at_the_limit,
    over_loopback,
    without_network,
)


def rows() -> Iterable[Row]:
    """As ``benchmarks.source.backfill`` does it."""
    quiet()
    days = archive(None)
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as name:
        direct = without_network(Path(name), days)
        loopback = over_loopback(Path(name), days)
        took, least = at_the_limit(Path(name))
    yield Row(
        f"backfill {len(days)} days over loopback",
        "s",
        {"over loopback": round(loopback, 2), "parse and store": round(direct, 2)},
        (Budget("× parse and store", loopback / direct, BUDGET),),
        f"{sum(map(len, days.values()))} listings{', real days' if REAL_DAYS.is_dir() else ''}",
    )
    yield Row(
        "backfill of all days against the limit",
        "s, simulated",
        {"backfill": took, "the least half of the allowance permits": least},
        (Budget("× the least time", took / least, LIMIT_BUDGET),),
    )
