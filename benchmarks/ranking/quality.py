"""How well rankings agree with our judgements: ``python -m benchmarks.ranking.quality DATA``.

DATA is a folder of real Daily Papers. Each judged week is ranked with statistics of earlier papers only.
Printed are, for each wording of the profiles, nDCG@10 (mean over topics of the mean over weeks that hold
something relevant), average precision over all weeks on one scale, and F1 with one bar for all topics,
chosen on the other half of the topics.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.ranking.data import STYLES, Topic, read_listings, read_topics, weeks
from benchmarks.ranking.methods import METHODS, Method
from digest.model import Candidate, Paper

Pair = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""Scores and judgements of one topic in one week."""


def main(data: Path) -> None:
    topics = read_topics()
    judged = list(weeks(read_listings(data)))
    print(f"{'':20}" + "".join(f"{style:>24}" for style in STYLES))
    print(f"{'':20}" + f"{'nDCG   AP     F1':>24}" * len(STYLES))
    for name, method in METHODS.items():
        pairs = score(method, judged, topics)
        figures = [measure([pairs[style, topic.name] for topic in topics]) for style in STYLES]
        print(f"{name:20}" + "".join(f"{n:11.3f} {a:6.3f} {f:6.3f}" for n, a, f in figures), flush=True)


def score(
    method: Method, judged: Sequence[tuple[list[Paper], list[Candidate]]], topics: Sequence[Topic]
) -> dict[tuple[str, str], list[Pair]]:
    asked = [(style, topic) for style in STYLES for topic in topics]
    found: dict[tuple[str, str], list[Pair]] = {(style, topic.name): [] for style, topic in asked}
    for before, week in judged:
        scores = method(before, week, [topic.profiles[style] for style, topic in asked])
        for column, (style, topic) in enumerate(asked):
            relevant = np.array([one.paper.id in topic.relevant for one in week])
            found[style, topic.name].append((scores[:, column], relevant))
    return found


def measure(topics: Sequence[list[Pair]]) -> tuple[float, float, float]:
    """nDCG@10, average precision and F1 of one method for one wording."""
    gains = [np.mean([ndcg(s, r) for s, r in topic if r.any()]) for topic in topics]
    streams = [
        (np.concatenate([s for s, _ in topic]), np.concatenate([r for _, r in topic])) for topic in topics
    ]
    return float(np.mean(gains)), float(np.mean([precision(s, r) for s, r in streams])), one_bar(streams)


def ndcg(scores: NDArray[np.float64], relevant: NDArray[np.bool_], depth: int = 10) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002)."""
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    best = np.argsort(-scores, kind="stable")[:depth]
    ideal = discounts[: min(depth, int(relevant.sum()))].sum()
    return float((relevant[best] * discounts[: len(best)]).sum() / ideal)


def precision(scores: NDArray[np.float64], relevant: NDArray[np.bool_]) -> float:
    """Average precision."""
    ordered = relevant[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(ordered) / np.arange(1, len(ordered) + 1) * ordered).sum() / ordered.sum())


def one_bar(streams: Sequence[Pair]) -> float:
    """F1 over all topics with one bar, chosen on the even topics for the odd ones and the other way round."""
    hits = taken = wanted = 0
    for mine, others in ((streams[::2], streams[1::2]), (streams[1::2], streams[::2])):
        bar = _best_bar(others)
        for scores, relevant in mine:
            passing = scores >= bar
            hits += int((passing & relevant).sum())
            taken += int(passing.sum())
            wanted += int(relevant.sum())
    return 2 * hits / (taken + wanted)


def _best_bar(streams: Sequence[Pair]) -> float:
    scores = np.concatenate([s for s, _ in streams])
    relevant = np.concatenate([r for _, r in streams])
    order = np.argsort(-scores)
    f1 = 2 * np.cumsum(relevant[order]) / (np.arange(1, len(order) + 1) + relevant.sum())
    return float(scores[order][np.argmax(f1)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
