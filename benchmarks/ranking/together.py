"""How several interests fare in one profile: ``python -m benchmarks.ranking.together DATA [second]``.

So many topics of a reader as said, drawn at random, are joined: their keywords make one profile, and a paper
is relevant to it if it is to any of them. Printed are, for each method and number of topics, means over the
four wordings: F1 with the bar that suits that number best; F1 with the bar that suits single topics best,
which tells whether one bar fits few interests and many; and with the latter bar a topic's recall, the mean
and the worst of a profile. "default bar" is ours with the bar that people get.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks.ranking.data import READERS, STYLES, Judged, Topic, read_listings, read_topics, weeks
from benchmarks.ranking.methods import METHODS, Method, Scores
from benchmarks.ranking.quality import Stream, best_bar, counted, f1
from benchmarks.ranking.young import BAR

SIZES = (1, 2, 3, 6, 12)
DRAWINGS = {1: 1, 2: 4, 3: 4, 6: 8, 12: 16}
"""How often all topics are shuffled and cut into groups of a size."""
SEED = 7
OURS = "ours"
COLUMNS = ("F1", "lone bar", "recall", "worst")
Relevant = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Joined:
    """One profile for several topics, which are named by their places."""

    style: str
    topics: tuple[int, ...]
    text: str


def main(data: Path, whose: str) -> None:
    reader = READERS[whose]
    topics, judged = read_topics(reader), list(weeks(read_listings(data), reader.mondays))
    profiles = [joined(topics, group, style) for style in STYLES for group in drawn(len(topics))]
    relevant = np.array([[topic.grade(one.paper.id) > 0 for topic in topics] for _, w in judged for one in w])
    print(f"{'':20}" + "".join(f"{f'{size} together':>36}" for size in SIZES))
    print(f"{'':20}" + "".join(f"{column:>9}" for column in COLUMNS) * len(SIZES))
    for name, method in METHODS.items():
        scores = _scores(method, judged, [one.text for one in profiles])
        for row, bar in [(name, None), *([("  default bar", BAR)] if name == OURS else [])]:
            figures = [measure(profiles, scores, relevant, size, bar) for size in SIZES]
            print(f"{row:20}" + "".join(f"{one:9.3f}" for some in figures for one in some), flush=True)


def drawn(topics: int) -> list[tuple[int, ...]]:
    """Groups of each size, of so many topics: shuffled and cut, each group once."""
    random, order, groups = Random(SEED), list(range(topics)), []
    for size, drawings in DRAWINGS.items():
        for _ in range(drawings):
            random.shuffle(order)
            cuts = range(0, topics - size + 1, size)
            groups += [tuple(sorted(order[start : start + size])) for start in cuts]
    return list(dict.fromkeys(groups))


def joined(topics: Sequence[Topic], group: tuple[int, ...], style: str) -> Joined:
    """The keywords of the topics, a topic a line."""
    return Joined(style, group, ",\n".join(topics[place].profiles[style] for place in group))


def _scores(method: Method, judged: Sequence[Judged], texts: Sequence[str]) -> Scores:
    """The papers of all weeks × profiles."""
    return np.concatenate([method(before, week, texts) for before, week in judged])


def measure(
    profiles: Sequence[Joined], scores: Scores, relevant: Relevant, size: int, bar: float | None
) -> tuple[float, ...]:
    """The figures of ``COLUMNS``, means over the wordings; ``relevant`` is papers × topics. A given ``bar``
    stands for both.
    """
    figures = []
    for style in STYLES:
        lone = streams(profiles, scores, relevant, style, 1)
        mine = streams(profiles, scores, relevant, style, size)
        own, common = (bar, bar) if bar is not None else (best_bar(mine), best_bar(lone))
        recalls = [
            recall(scores[:, place] >= common, relevant[:, list(one.topics)])
            for place, one in enumerate(profiles)
            if (one.style, len(one.topics)) == (style, size)
        ]
        shown = [f1(counted(mine, own)), f1(counted(mine, common))]
        figures.append([*shown, *np.mean([(some.mean(), some.min()) for some in recalls], axis=0)])
    return tuple(np.mean(figures, axis=0).tolist())


def streams(
    profiles: Sequence[Joined], scores: Scores, relevant: Relevant, style: str, size: int
) -> list[Stream]:
    """Of each profile of a wording and size the scores, and which papers answer any of its topics."""
    return [
        (scores[:, place], np.any(relevant[:, list(one.topics)], axis=1))
        for place, one in enumerate(profiles)
        if (one.style, len(one.topics)) == (style, size)
    ]


def recall(passing: Relevant, relevant: Relevant) -> NDArray[np.float64]:
    """Of each topic the share of its papers that pass."""
    return np.asarray((passing[:, None] & relevant).sum(axis=0) / relevant.sum(axis=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "first")
