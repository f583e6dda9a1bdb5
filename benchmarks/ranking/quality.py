"""How well rankings agree with judgements: ``python -m benchmarks.ranking.quality DATA``.

DATA is a folder of real Daily Papers; ``--judgements`` says whose: the first reader's (for development), the
second's (set apart from it), those of public reading lists (``lists``), or the source's own keywords
(``labels``). Each judged week, or fortnight for labels, is ranked with statistics of earlier papers only.
Printed are, for each wording of the profiles, nDCG@10 (mean over topics of the mean over weeks that hold
something relevant), average precision over all weeks on one scale, and F1 with one bar for all topics,
chosen on the other half of the topics (mean over ``HALVINGS`` ways of halving them). nDCG gains twice as much
from a paper on the topic as from a related one; for the other two measures both are relevant.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.ranking.data import READERS, Judged, Topic, read_listings, read_topics, weeks
from benchmarks.ranking.labels import read_labels
from benchmarks.ranking.methods import METHODS, Method
from digest.model import Candidate

Pair = tuple[NDArray[np.float64], NDArray[np.int_]]
"""Scores and grades of one topic in one week."""
Stream = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""Scores of one topic over all weeks, and which papers are relevant."""
LABELS = "labels"
HALVINGS = 40
"""One way of halving the topics moves F1 by 0.01."""


def main(data: Path, whose: str) -> None:
    judged, topics = judgements(read_listings(data), whose)
    styles = list(topics[0].profiles)
    print(f"{'':20}" + "".join(f"{style:>24}" for style in styles))
    print(f"{'':20}" + f"{'nDCG   AP     F1':>24}" * len(styles))
    for name, method in METHODS.items():
        pairs = score(method, judged, topics)
        figures = [measure([pairs[style, topic.name] for topic in topics]) for style in styles]
        print(f"{name:20}" + "".join(f"{n:11.3f} {a:6.3f} {f:6.3f}" for n, a, f in figures), flush=True)


def judgements(listings: Sequence[Candidate], whose: str) -> tuple[list[Judged], list[Topic]]:
    """What is to be ranked, and the topics by which."""
    if whose == LABELS:
        return read_labels(listings)
    reader = READERS[whose]
    return list(weeks(listings, reader.mondays)), read_topics(reader)


def score(
    method: Method, judged: Sequence[Judged], topics: Sequence[Topic]
) -> dict[tuple[str, str], list[Pair]]:
    asked = [(style, topic) for topic in topics for style in topic.profiles]
    found: dict[tuple[str, str], list[Pair]] = {(style, topic.name): [] for style, topic in asked}
    for before, week in judged:
        scores = method(before, week, [topic.profiles[style] for style, topic in asked])
        for column, (style, topic) in enumerate(asked):
            grades = np.array([topic.grade(one.paper.id) for one in week])
            found[style, topic.name].append((scores[:, column], grades))
    return found


def measure(topics: Sequence[list[Pair]]) -> tuple[float, float, float]:
    """nDCG@10, average precision and F1 of one method for one wording."""
    gains = [np.mean([ndcg(s, g) for s, g in topic if g.any()]) for topic in topics]
    streams = [stream(topic) for topic in topics]
    return float(np.mean(gains)), float(np.mean([precision(s, r) for s, r in streams])), one_bar(streams)


def stream(pairs: Sequence[Pair]) -> Stream:
    """The weeks of one topic in a row."""
    return np.concatenate([s for s, _ in pairs]), np.concatenate([g > 0 for _, g in pairs])


def ndcg(scores: NDArray[np.float64], grades: NDArray[np.int_], depth: int = 10) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), the gain being the grade."""
    discounts = 1 / np.log2(np.arange(2, min(depth, len(grades)) + 2))
    best = np.argsort(-scores, kind="stable")[:depth]
    return float(discounts @ grades[best] / (discounts @ np.sort(grades)[::-1][:depth]))


def precision(scores: NDArray[np.float64], relevant: NDArray[np.bool_]) -> float:
    """Average precision."""
    ordered = relevant[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(ordered) / np.arange(1, len(ordered) + 1) * ordered).sum() / ordered.sum())


def one_bar(streams: Sequence[Stream]) -> float:
    """F1 over all topics with one bar, chosen on one half of them for the other and the other way round."""
    rng = np.random.default_rng(HALVINGS)
    halvings = [np.array_split(rng.permutation(len(streams)), 2) for _ in range(HALVINGS)]
    return float(
        np.mean([_halved(*([streams[place] for place in half] for half in two)) for two in halvings])
    )


def _halved(one: Sequence[Stream], other: Sequence[Stream]) -> float:
    """F1 over both halves, each with the bar that is best for the other."""
    counts = counted(one, best_bar(other)) + counted(other, best_bar(one))
    return f1(counts)


def counted(streams: Sequence[Stream], bar: float) -> NDArray[np.int_]:
    """How many papers pass the bar and are relevant, pass it, are relevant."""
    counts = [
        (int(((scores >= bar) & relevant).sum()), int((scores >= bar).sum()), int(relevant.sum()))
        for scores, relevant in streams
    ]
    return np.asarray(np.sum(counts, axis=0))


def f1(counts: NDArray[np.int_]) -> float:
    """Twice the hits by all that passed or were relevant."""
    hits, passed, wanted = counts.tolist()
    return float(2 * hits / (passed + wanted))


def best_bar(streams: Sequence[Stream]) -> float:
    """The bar with the best F1."""
    scores = np.concatenate([s for s, _ in streams])
    relevant = np.concatenate([r for _, r in streams])
    order = np.argsort(-scores)
    f1s = 2 * np.cumsum(relevant[order]) / (np.arange(1, len(order) + 1) + relevant.sum())
    return float(scores[order][np.argmax(f1s)])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking.quality")
    parser.add_argument("data", type=Path, help="folder of real Daily Papers")
    parser.add_argument(
        "--judgements", choices=(*READERS, LABELS), default="first", help="whose (default: first)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    main(given.data, given.judgements)
