"""What following the lab's advice is worth: ``python -m benchmarks.ranking.advice DATA``.

For each topic the lab tries the profile as typed on the ``DAYS`` before the later judged weeks. Those are
then ranked by the profile as it was, with all that might be added, and with all that might be excluded. Each
cell: the precision at the default bar / the share of relevant papers found, over all topics of a reader; last
how many terms were proposed for a topic, to add / to exclude.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from benchmarks.ranking.data import READERS, STYLES, Topic, read_listings, read_topics, weeks
from digest.model import Candidate, Keyword, KeywordKind, Profile
from digest.ranking.corpus import Corpus
from digest.ranking.lab import try_profile
from digest.ranking.language import parse_profile
from digest.ranking.memory import Memory

DAYS = 30


def main(data: Path) -> None:
    listings = read_listings(data)
    print(f"{'reader':8}{'wording':10}{'as typed':>16}{'all added':>16}{'all excluded':>16}{'terms':>12}")
    for name, reader in READERS.items():
        judged = list(weeks(listings, reader.mondays))
        half = len(judged) // 2
        memory = Memory(Corpus.build(judged[half][0]))
        begin = reader.mondays[half]
        before = [one for one in listings if begin - timedelta(DAYS) <= one.day < begin]
        later = [one for _, week in judged[half:] for one in week]
        for style in STYLES:
            print(f"{name:8}{style:10}{row(read_topics(reader), style, before, later, memory)}", flush=True)


def row(
    topics: Sequence[Topic],
    style: str,
    before: Sequence[Candidate],
    later: Sequence[Candidate],
    memory: Memory,
) -> str:
    """Precision / share found of the three profiles, and how many terms are proposed."""
    counts, terms = [[0, 0, 0] for _ in range(3)], [0, 0]
    now = datetime.combine(later[-1].day, time(23), tzinfo=UTC)
    for topic in topics:
        typed = Profile(1, 1, "one", "", parse_profile(topic.profiles[style]))
        lab = try_profile(before, typed, memory, now=now)
        advised = (
            typed,
            replace(typed, keywords=(*typed.keywords, *map(Keyword, lab.add))),
            replace(typed, keywords=(*typed.keywords, *map(_excluded, lab.exclude))),
        )
        relevant = {one.paper.id for one in later if topic.grade(one.paper.id)}
        for count, profile in zip(counts, advised, strict=True):
            chosen = set(try_profile(later, profile, memory, now=now).chosen_ids)
            for place, number in enumerate((len(chosen & relevant), len(chosen), len(relevant))):
                count[place] += number
        terms = [terms[0] + len(lab.add), terms[1] + len(lab.exclude)]
    shown = (f"{right / max(chosen, 1):.2f} / {right / wanted:.2f}" for right, chosen, wanted in counts)
    proposed = " / ".join(f"{number / len(topics):.1f}" for number in terms)
    return "".join(f"{one:>16}" for one in shown) + f"{proposed:>12}"


def _excluded(term: str) -> Keyword:
    return Keyword(term, KeywordKind.EXCLUDE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
