"""Rising: climbing faster than papers do, and far enough to matter."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from digest.model import Observation
from digest.ranking.rising import is_rising
from digest.ranking.trending import settled_share

DAY = date(2026, 3, 2)
OPENED = datetime(2026, 3, 2, tzinfo=UTC)


def history(*points: tuple[float, int]) -> list[Observation]:
    return [Observation("2603.00010", OPENED + timedelta(hours=hours), votes) for hours, votes in points]


def test_a_jump_after_the_first_days_is_rising() -> None:
    assert is_rising(history((20, 4), (72, 6), (190, 40)), DAY, OPENED + timedelta(hours=190))


def test_a_loved_paper_that_grows_as_papers_do_is_not_rising() -> None:
    grown = history(*((hours, round(120 * settled_share(hours))) for hours in (10, 40, 100, 300)))
    assert not is_rising(grown, DAY, OPENED + timedelta(hours=300))


@pytest.mark.parametrize("joined", [0, 7, 14, 22])
def test_a_paper_seen_from_its_first_minute_is_not_rising_for_being_read_often(joined: int) -> None:
    polls = [joined + half / 2 for half in range(240)]
    grown = history(*((hours, round(60 * settled_share(hours - joined + 0.01))) for hours in polls))
    for number in range(2, len(grown)):
        assert not is_rising(grown[:number], DAY, grown[number - 1].observed_at)


def test_a_jump_is_rising_for_a_paper_seen_from_its_first_minute_too() -> None:
    grown = history(*((hours, round(6 * settled_share(hours - 13))) for hours in range(14, 60)), (75, 90))
    assert is_rising(grown, DAY, OPENED + timedelta(hours=75))


@pytest.mark.parametrize("points", [(), ((20, 3),), ((20, 0), (100, 6))])
def test_what_is_unknown_or_stays_small_is_not_rising(points: tuple[tuple[float, int], ...]) -> None:
    assert not is_rising(history(*points), DAY, OPENED + timedelta(hours=100))


def test_the_first_day_itself_has_no_rising_papers() -> None:
    assert not is_rising(history((2, 1), (20, 90)), DAY, OPENED + timedelta(hours=20))


@pytest.mark.real_data
def test_of_real_papers_read_twice_very_few_rise_and_each_jumped(real_data: Path) -> None:
    """Hundreds of papers were read at two moments some days apart: rising is rare, and never mere ageing."""
    pairs = list(_read_twice(real_data))
    risen = [history for day, history in pairs if is_rising(history, day, history[-1].observed_at)]
    assert len(pairs) > 1_000
    assert 1 <= len(risen) <= len(pairs) // 100
    assert all(history[1].upvotes >= 2 * history[0].upvotes for history in risen)


def _read_twice(real_data: Path) -> Iterator[tuple[date, list[Observation]]]:
    index = json.loads((real_data / "days-2026-api-shaped" / "index.json").read_text(encoding="utf-8"))
    for path in sorted((real_data / "days-2026-normalized").glob("2*.json.gz")):
        second = json.loads(gzip.decompress(path.read_bytes()))
        if index[second["date"]]["fetched_at"] is None:
            continue
        items = json.loads(gzip.decompress((real_data / "days-2026-api-shaped" / path.name).read_bytes()))
        votes = {item["paper"]["id"]: item["paper"]["upvotes"] for item in items}
        moments = [_moment(index[second["date"]]["fetched_at"]), _moment(second["generated_at"])]
        for paper in second["papers"]:
            if paper["id"] in votes:
                seen = zip(moments, (votes[paper["id"]], paper["upvotes"]), strict=True)
                history = sorted((Observation(paper["id"], at, n) for at, n in seen), key=_when)
                yield date.fromisoformat(second["date"]), history


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written.replace("Z", "+00:00"))


def _when(one: Observation) -> datetime:
    return one.observed_at
