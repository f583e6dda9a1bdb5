"""The verdict of every candidate, one byte each, for the account."""

from __future__ import annotations

from datetime import UTC, date, datetime

from digest.model import VERDICTS, Candidate, Paper, Profile, Verdict
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from digest.ranking.rank import rank

NOW = datetime(2026, 3, 3, 7, 30, tzinfo=UTC)
TITLES = (
    "Diffusion models",
    "More diffusion models",
    "A survey of diffusion models",
    "Cooking",
    "Diffusion sent",
)
CANDIDATES = [
    Candidate(Paper(f"2603.0000{n}", title, f"{title} are studied in this paper."), date(2026, 3, 2), 5, 1)
    for n, title in enumerate(TITLES)
]


def test_every_candidate_has_exactly_one_verdict_and_the_counts_agree() -> None:
    text = "diffusion models, -survey"
    profile = Profile(1, 1, "main", text, parse_profile(text), bar=1.0, limit=1)
    corpus = Corpus.build(one.paper for one in CANDIDATES)
    found = rank(CANDIDATES, [profile], corpus, seen=[{"2603.00004"}], now=NOW)[0]
    verdicts = [VERDICTS[code] for code in found.verdicts]
    assert len(verdicts) == len(CANDIDATES)
    assert verdicts.count(Verdict.CHOSEN) == len(found.chosen) == 1
    assert verdicts.count(Verdict.OVER_LIMIT) == found.count(Verdict.OVER_LIMIT) == 1
    assert verdicts[2] is Verdict.EXCLUDED
    assert verdicts[3] in (Verdict.NO_MATCH, Verdict.BELOW_BAR)
    assert verdicts[4] is Verdict.ALREADY_SENT
