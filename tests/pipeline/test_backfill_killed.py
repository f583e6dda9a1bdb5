"""A backfill that is killed at any moment goes on where it was, in real processes against a real server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.demo.server import SourceServer, replayed
from digest.store import days, listings
from digest.store.database import open_engine, reading
from tests.sources.shapes import item

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SPAN = [date(2026, 3, 2) + timedelta(days=number) for number in range(40)]
RUN = "import sys; from digest.cli import main; sys.exit(main(sys.argv[1:]))"


def archive() -> dict[date, list[dict[str, object]]]:
    weekdays = [day for day in SPAN if day.weekday() < 5]
    return {
        day: [
            item(f"26{day:%m}.{day.day}{number:03}", submittedOnDailyAt=f"{day}T00:00:00Z")
            for number in range(5)
        ]
        for day in weekdays
    }


def backfill(environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", RUN, "backfill", str(SPAN[0]), str(SPAN[-1]), "--workers", "2"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_backfill_killed_again_and_again_ends_complete(store_url: str) -> None:
    engine = open_engine(store_url)

    def known() -> int:
        with reading(engine) as session:
            return len(days.ledger(session, SPAN[0], SPAN[-1]))

    with SourceServer(replayed(archive()), now=NOW) as server:
        environment = {
            **os.environ,
            "DIGEST_STORE__URL": store_url,
            "DIGEST_SOURCE__BASE_URL": server.url,
        }
        for kills in (1, 2, 3):
            process = backfill(environment)
            while process.poll() is None and known() < kills * 8:
                time.sleep(0.01)
            process.kill()
            process.communicate()
        last = backfill(environment)
        said, _ = last.communicate(timeout=300)
    assert last.returncode == 0, said
    assert b"no gaps" in said
    with reading(engine) as session:
        found = listings.candidates(session, since_day=SPAN[0], until_day=SPAN[-1])
        assert len(found) == sum(len(items) for items in archive().values())
        assert all(
            day.listed == len(listings.of_day(session, day.day))
            for day in days.ledger(session, SPAN[0], SPAN[-1])
        )
    assert known() == len(SPAN)
    engine.dispose()
