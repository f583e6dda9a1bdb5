"""How ranking fares in a young store: ``python -m benchmarks.ranking.young DATA``.

Each judged week of both readers is ranked with the latest n earlier papers as the store, for several n.
Printed is F1 at the default bar.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.ranking.data import READERS, STYLES, Judged, Topic, read_listings, read_topics, weeks
from benchmarks.ranking.methods import ours
from benchmarks.ranking.quality import counted, f1, score, stream
from digest.ranking.calibration import DEFAULT_BAR, evidence_of
from digest.ranking.reasons import TENTHS

STORES = (5, 30, 75, 150, 300, 600, 1_200, 2_400)
BAR = float(evidence_of(DEFAULT_BAR - 0.5 / TENTHS))
"""Evidence whose score is rounded to the default bar."""


def main(data: Path) -> None:
    listings = read_listings(data)
    print(f"{'reader':8}{'papers':>8}" + "".join(f"{style:>10}" for style in STYLES))
    for name, reader in READERS.items():
        topics, judged = read_topics(reader), list(weeks(listings, reader.mondays))
        for papers in STORES:
            figures = measure([(before[-papers:], week) for before, week in judged], topics)
            print(f"{name:8}{papers:8,}" + "".join(f"{one:10.3f}" for one in figures), flush=True)


def measure(judged: Sequence[Judged], topics: Sequence[Topic]) -> list[float]:
    """F1 at the default bar, over all topics, for each wording."""
    pairs = score(ours, judged, topics)
    return [f1(counted([stream(pairs[style, topic.name]) for topic in topics], BAR)) for style in STYLES]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
