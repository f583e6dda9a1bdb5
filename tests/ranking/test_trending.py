"""Votes of different ages on one scale."""

from __future__ import annotations

import gzip
import json
import math
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from benchmarks.ranking.settling import early_and_settled, right_pairs
from digest.ranking.trending import age_hours, settled_share, trending_score


@pytest.mark.parametrize(("young", "old", "growth"), [(5, 31, 2.2), (31, 58, 1.21), (72, 180, 1.138)])
def test_votes_settle_as_measured(young: float, old: float, growth: float) -> None:
    assert settled_share(old) / settled_share(young) == pytest.approx(growth, rel=0.1)


@pytest.mark.parametrize(("votes", "share"), [(5, 2.5), (12, 5.0), (28, 7.5), (58, 9.0), (199, 9.8)])
def test_a_score_is_the_share_of_papers_that_settle_lower(votes: int, share: float) -> None:
    assert trending_score(votes, 24 * 30) == pytest.approx(share, abs=0.4)


def test_a_few_votes_in_the_first_hour_are_no_sensation() -> None:
    now = datetime(2026, 5, 20, 0, 30, tzinfo=UTC)
    assert age_hours(date(2026, 5, 20), now) == 1.0
    assert trending_score(2, 1.0) < 7 < trending_score(20, 1.0)


@pytest.mark.real_data
def test_real_papers_read_twice_grow_as_the_law_says(real_data: Path) -> None:
    """The mean growth of votes between two real readings, by age at the first, is foreseen within 4 %."""
    grown: dict[str, list[tuple[float, float]]] = {"young": [], "old": []}
    first_read = json.loads((real_data / "days-2026-api-shaped" / "index.json").read_text(encoding="utf-8"))
    for path in sorted((real_data / "days-2026-normalized").glob("2*.json.gz")):
        second = json.loads(gzip.decompress(path.read_bytes()))
        day = date.fromisoformat(second["date"])
        first = _votes(real_data / "days-2026-api-shaped" / path.name)
        if not first:
            continue
        ages = [_age(day, moment) for moment in (first_read[str(day)]["fetched_at"], second["generated_at"])]
        foreseen = math.log(settled_share(ages[1]) / settled_share(ages[0]))
        grown["young" if min(ages) < 24 * 14 else "old"] += [
            (math.log(paper["upvotes"] / first[paper["id"]]), foreseen)
            for paper in second["papers"]
            if first.get(paper["id"], 0) > 5 and paper["upvotes"]
        ]
    for pairs in grown.values():
        assert len(pairs) > 100
        actual, foreseen_mean = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
        assert foreseen_mean == pytest.approx(actual, abs=0.04)


@pytest.mark.real_data
def test_projected_votes_order_real_papers_of_several_days_better_than_votes_do(real_data: Path) -> None:
    """As later votes order them: a paper of each day read early beside those of settled days. After three
    days there is nothing left to win.
    """
    early, settled = early_and_settled(real_data)
    assert (len(early), len(settled) > 20) == (5, True)
    for day in early[:4]:
        ours, raw, hour = (right_pairs(day, settled, way) for way in ("ours", "raw", "hour"))
        assert ours > max(raw, hour, 0.85)


def _age(day: date, moment: str) -> float:
    return age_hours(day, datetime.fromisoformat(moment.replace("Z", "+00:00")))


def _votes(path: Path) -> dict[str, int]:
    items = json.loads(gzip.decompress(path.read_bytes()))
    return {item["paper"]["id"]: item["paper"]["upvotes"] for item in items}
