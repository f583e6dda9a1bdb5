"""Real days of 2026, to be served by ``digest.demo.server`` as the API served them."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from pathlib import Path

from digest.demo.shapes import Item

FIRST = date(2026, 3, 1)
LAST = date(2026, 5, 31)


def real_days(folder: Path) -> dict[date, list[Item]]:
    """The 92 days of ``days-2026-api-shaped``, weekends included; ``folder`` is the real data."""
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    return {day: _read(folder / "days-2026-api-shaped" / f"{day}.json.gz") for day in days}


def _read(path: Path) -> list[Item]:
    items: list[Item] = json.loads(gzip.decompress(path.read_bytes()))
    return items
