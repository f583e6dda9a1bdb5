"""Takes work in a transaction of its own, and knows what it took even when nobody answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.errors import StoreBusy
from digest.store.database import reading, transaction

PAUSE_SECONDS = 1.0
MOST_READS = 5
"""So often, a pause apart, is a claim read back whose COMMIT got no answer."""

Row = TypeVar("Row")


def take(
    engine: Engine, claim: Callable[[Session], list[Row]], claimed: Callable[[Session], list[Row]]
) -> list[Row]:
    """What ``claim`` takes; when the answer to its COMMIT is lost, ``claimed`` reads back what it did.

    Raises ``StoreBusy`` when nothing was taken, or when it cannot be read back: then it waits for its lease.
    """
    taken: list[Row] = []
    try:
        with transaction(engine) as session:
            taken = claim(session)
    except StoreBusy:
        taken = taken and _read_back(engine, claimed)
        if not taken:
            raise
    return taken


def _read_back(engine: Engine, claimed: Callable[[Session], list[Row]]) -> list[Row]:
    for _ in range(MOST_READS - 1):
        with suppress(StoreBusy), reading(engine) as session:
            return claimed(session)
        time.sleep(PAUSE_SECONDS)
    with reading(engine) as session:
        return claimed(session)
