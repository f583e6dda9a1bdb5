"""A third set of judgements that costs nobody a day's reading: the source's own keywords as labels.

Nearly every paper of 2026 comes with keywords that a machine took from its title and abstract. They are
removed before anything is counted or ranked. Each that ``FEWEST`` to ``MOST`` papers bear is then asked for,
as a profile of one keyword, and the papers that bear it are to be found. What this is good for and what not:
``docs/ranking.md``, "Labels".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from benchmarks.ranking.data import ON_TOPIC, READERS, Judged, Topic, weeks
from digest.model import Candidate, Paper
from digest.ranking.text import BREAK, singular, words

STYLE = "label"
"""The one wording there is."""
FEWEST, MOST = 4, 25
"""Papers that bear a label. With fewer, one paper decides its figure; more bear what nearly names the field:
*large language model*, *reinforcement learning*, *diffusion model*."""
MONDAYS = READERS["first"].mondays[::2]
SPAN = timedelta(weeks=2)
"""The first reader's six weeks, by fortnights: half of the labels stand on five papers or fewer."""


def read_labels(listings: Sequence[Candidate]) -> tuple[list[Judged], list[Topic]]:
    """The fortnights to rank, from which the labels are gone, and the labels."""
    papers = [one.paper for _, fortnight in weeks(listings, MONDAYS, SPAN) for one in fortnight]
    return list(weeks([without_labels(one) for one in listings], MONDAYS, SPAN)), labels(papers)


def without_labels(candidate: Candidate) -> Candidate:
    return replace(candidate, paper=replace(candidate.paper, source_keywords=()))


def labels(papers: Iterable[Paper]) -> list[Topic]:
    """A topic for each label that neither too few nor too many papers bear, in the spelling seen first."""
    bearing: dict[str, set[str]] = defaultdict(set)
    written: dict[str, str] = {}
    for paper in papers:
        for keyword in paper.source_keywords:
            name = name_of(keyword)
            bearing[name].add(paper.id)
            written.setdefault(name, keyword)
    return [
        Topic(name, {STYLE: written[name]}, dict.fromkeys(ids, ON_TOPIC))
        for name, ids in sorted(bearing.items())
        if name and FEWEST <= len(ids) <= MOST
    ]


def name_of(keyword: str) -> str:
    """What two spellings of a label share: capitals, hyphens and plurals folded. Empty if no word is left."""
    return " ".join(singular(word.folded) for word in words(keyword) if word.folded != BREAK)
