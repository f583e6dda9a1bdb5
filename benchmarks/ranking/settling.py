"""How well early votes, projected to where they settle, foretell later ones:
``python -m benchmarks.ranking.settling DATA``.

Two archives read the same Daily Papers at two moments (``days-2026-api-shaped``, ``days-2026-normalized``).
Of each day the earlier reading is what a digest would have known. Within a day the projection changes no
order, since all its papers are as old; so what is counted are pairs of a paper of that day and one of a day
read when ``SETTLED`` or older, as they meet in a digest of several days. Printed is the share of pairs that
stand as their later votes do (equal later votes left out, ties half), when ordered by

- ``raw``: the votes as read,
- ``hour``: votes divided by age,
- ``ours``: ``projected_votes``;

then the sum of the later votes of the day's papers, divided by the sum foreseen for the later moment, by the
law with and without its prior. A later reading is not the last: papers two days old still grow by a fifth.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.ranking.trending import age_hours, projected_votes, settled_share

EARLY, SETTLED = 96.0, 24.0 * 7
"""Hours: days first read younger than the one are looked at, beside those older than the other."""
APART = 12.0
"""Hours between two readings of a day, at least: one was read twice within two minutes."""
Floats = NDArray[np.float64]
WAYS = ("raw", "hour", "ours")


class Twice(NamedTuple):
    """A day's papers read twice: ages in hours, and votes of the papers that both readings hold."""

    day: date
    ages: tuple[float, float]
    votes: tuple[Floats, Floats]


def read_twice(data: Path) -> Iterator[Twice]:
    """The days that both archives hold, each with its earlier reading first."""
    moments = json.loads((data / "days-2026-api-shaped" / "index.json").read_text(encoding="utf-8"))
    for path in sorted((data / "days-2026-normalized").glob("2*.json.gz")):
        content = json.loads(gzip.decompress(path.read_bytes()))
        day = date.fromisoformat(content["date"])
        one = {item["id"]: item["upvotes"] for item in content["papers"]}
        items = json.loads(gzip.decompress((data / "days-2026-api-shaped" / path.name).read_bytes()))
        other = {item["paper"]["id"]: item["paper"]["upvotes"] for item in items}
        both = [paper for paper in one if paper in other]
        if both:
            read = [
                (_age(day, content["generated_at"]), one),
                (_age(day, moments[str(day)]["fetched_at"]), other),
            ]
            (early, first), (late, last) = sorted(read, key=lambda reading: reading[0])
            yield Twice(day, (early, late), (_of(first, both), _of(last, both)))


def _age(day: date, moment: str) -> float:
    return age_hours(day, datetime.fromisoformat(moment.replace("Z", "+00:00")))


def _of(votes: dict[str, int], papers: Sequence[str]) -> Floats:
    return np.array([votes[paper] for paper in papers], dtype=np.float64)


def worth(day: Twice, way: str) -> Floats:
    """What each paper's votes at the earlier reading are taken for."""
    age, votes = day.ages[0], day.votes[0]
    if way == "hour":
        return votes / age
    return votes if way == "raw" else np.array([projected_votes(int(one), age) for one in votes])


def right_pairs(day: Twice, others: Sequence[Twice], way: str) -> float:
    """The share of pairs of a paper of the day and one of other days that later votes order alike."""
    later = day.votes[1][:, None] - np.concatenate([one.votes[1] for one in others])[None, :]
    said = worth(day, way)[:, None] - np.concatenate([worth(one, way) for one in others])[None, :]
    alike = np.sign(later) * np.sign(said)
    return float(((alike[later != 0] + 1) / 2).mean())


def growth(day: Twice, *, prior: bool) -> float:
    """Later votes by those foreseen for that moment."""
    early, late = day.ages
    settled = worth(day, "ours") if prior else day.votes[0] / settled_share(early)
    return float(day.votes[1].sum() / (settled.sum() * settled_share(late)))


def early_and_settled(data: Path) -> tuple[list[Twice], list[Twice]]:
    """The days first read early, the youngest first; and those that had settled."""
    days = [one for one in read_twice(data) if one.ages[1] - one.ages[0] >= APART]
    early = sorted((one for one in days if one.ages[0] < EARLY), key=lambda one: one.ages)
    return early, [one for one in days if one.ages[0] >= SETTLED]


def main(data: Path) -> None:
    """Print a line for each day that was read early."""
    early, settled = early_and_settled(data)
    print(f"{'day':12}{'papers':>8}{'read at, hours':>16}" + "".join(f"{way:>8}" for way in WAYS), end="")
    print(f"{'sum':>8}{'bare':>8}")
    for day in early:
        figures = [right_pairs(day, settled, way) for way in WAYS]
        figures += [growth(day, prior=True), growth(day, prior=False)]
        moments = f"{day.ages[0]:.0f} to {day.ages[1]:.0f}"
        print(f"{day.day!s:12}{len(day.votes[0]):8}{moments:>16}" + "".join(f"{one:8.2f}" for one in figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
