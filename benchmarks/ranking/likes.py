"""What likes are worth: ``python -m benchmarks.ranking.likes DATA``.

For each topic of both readers the latest relevant papers of the earlier half of the judged weeks are liked,
at most so many as said; the later half is ranked. Printed are nDCG@10 and F1 at the default bar.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np

from benchmarks.ranking.data import READERS, STYLES, Topic, read_listings, read_topics, weeks
from benchmarks.ranking.quality import ndcg
from digest.model import Candidate, Paper, Profile
from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.corpus import Corpus
from digest.ranking.feedback import learn_weights
from digest.ranking.language import parse_profile
from tests.scores import score_all

LIKES = (0, 5, 10, 20)


def main(data: Path) -> None:
    listings = read_listings(data)
    print(f"{'reader':8}{'likes':>6}" + "".join(f"{style:>18}" for style in STYLES))
    for name, reader in READERS.items():
        topics, judged = read_topics(reader), list(weeks(listings, reader.mondays))
        half = len(judged) // 2
        taught, tried = judged[:half], judged[half:]
        seen = [one.paper for _, week in taught for one in week]
        corpus = Corpus.build(tried[0][0])
        for most in LIKES:
            liked = [
                [paper for paper in seen if topic.grade(paper.id)][-most:] if most else [] for topic in topics
            ]
            figures = [measure(style, topics, liked, corpus, [week for _, week in tried]) for style in STYLES]
            print(f"{name:8}{most:6}" + "".join(f"{n:10.3f} {f:7.3f}" for n, f in figures), flush=True)


def measure(
    style: str,
    topics: Sequence[Topic],
    liked: Sequence[Sequence[Paper]],
    corpus: Corpus,
    tried: Sequence[Sequence[Candidate]],
) -> tuple[float, float]:
    """nDCG@10, and F1 at the default bar."""
    profiles = [
        Profile(1, 1, "one", text, parse_profile(text), weights=learn_weights(papers, (), corpus))
        for text, papers in zip((topic.profiles[style] for topic in topics), liked, strict=True)
    ]
    gains, hits, taken, wanted = [], 0, 0, 0
    for week in tried:
        now = datetime.combine(max(one.day for one in week), time(23), tzinfo=UTC)
        scored = score_all(week, profiles, corpus, now=now)
        grades = np.array([[topic.grade(one.paper.id) for topic in topics] for one in week])
        chosen = scored.values >= DEFAULT_BAR
        hits += int((chosen & (grades > 0)).sum())
        taken += int(chosen.sum())
        wanted += int((grades > 0).sum())
        gains.append(
            [
                ndcg(scored.raw[:, place], grades[:, place]) if grades[:, place].any() else np.nan
                for place in range(len(topics))
            ]
        )
    return float(np.nanmean(np.nanmean(gains, axis=0))), 2 * hits / (taken + wanted)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
