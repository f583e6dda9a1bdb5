"""What proposed profiles are worth: ``python -m benchmarks.ranking.suggested DATA``.

For each topic of both readers the latest relevant papers of the earlier judged weeks are examples, as many as
said; the later weeks are ranked by the profile proposed from them, and by the one a person typed. Printed are
nDCG@10 and the share of proposed keywords that fewer than ``FEW`` of the store's papers hold.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np

from benchmarks.ranking.data import READERS, Topic, read_listings, read_topics, weeks
from benchmarks.ranking.quality import ndcg
from digest.model import Candidate, Keyword, Profile
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from digest.ranking.suggest import suggest
from digest.ranking.units import unit_of_keyword
from tests.scores import score_all

EXAMPLES = (1, 3, 8)
FEW = 5
Week = Sequence[Candidate]


def main(data: Path) -> None:
    listings = read_listings(data)
    print(f"{'reader':10}{'examples':>10}{'typed':>10}{'proposed':>10}{'rare':>10}")
    for name, reader in READERS.items():
        judged = list(weeks(listings, reader.mondays))
        half = len(judged) // 2
        seen = [one.paper for _, week in judged[:half] for one in week]
        corpus, tried = Corpus.build(judged[half][0]), [week for _, week in judged[half:]]
        for most in EXAMPLES:
            known = [
                (topic, examples)
                for topic in read_topics(reader)
                if (examples := [paper for paper in seen if topic.grade(paper.id)][-most:])
            ]
            topics = [topic for topic, _ in known]
            proposed = [suggest(examples, corpus) for _, examples in known]
            typed = [parse_profile(topic.profiles["typical"]) for topic in topics]
            figures = [measure(topics, profiles, corpus, tried) for profiles in (typed, proposed)]
            rare = rarity([one for keywords in proposed for one in keywords], corpus)
            print(f"{name:10}{most:10}" + "".join(f"{n:10.3f}" for n in (*figures, rare)), flush=True)


def measure(
    topics: Sequence[Topic], wanted: Sequence[Sequence[Keyword]], corpus: Corpus, tried: Sequence[Week]
) -> float:
    """nDCG@10: the mean over topics of the mean over weeks that hold something relevant."""
    profiles = [Profile(1, 1, "one", "", tuple(keywords)) for keywords in wanted]
    gains: list[list[float]] = [[] for _ in topics]
    for week in tried:
        now = datetime.combine(max(one.day for one in week), time(23), tzinfo=UTC)
        raw = score_all(week, profiles, corpus, now=now).raw
        for place, topic in enumerate(topics):
            grades = np.array([topic.grade(one.paper.id) for one in week])
            if grades.any():
                gains[place].append(ndcg(raw[:, place], grades))
    return float(np.mean([np.mean(found) for found in gains if found]))


def rarity(keywords: Sequence[Keyword], corpus: Corpus) -> float:
    """The share of keywords that fewer than ``FEW`` stored papers hold."""
    terms = [unit_of_keyword(keyword).parts[0].grams[0] for keyword in keywords]
    return float((corpus.frequencies.of(terms) < FEW).mean())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
