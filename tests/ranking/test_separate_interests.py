"""A profile may name many things: each counts for itself, also in a store that knows what is common."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from digest.model import Candidate, Paper, Profile
from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from digest.ranking.rank import judge
from tests.ranking.test_sum import NOW, TOPICS, made

INTERESTS = tuple(words[0] for words in TOPICS.values())
ABSTRACT = " ".join(
    f"Rivers carry sand, and in year {n} their bed rose slowly behind the dam." for n in range(8)
)


@cache
def store() -> Corpus:
    """So large that what the bundled table says of common words counts for a fifth."""
    topics = list(TOPICS)
    return Corpus.build([made(number, topics[number % len(topics)]) for number in range(2_000)])


def score(profile: str, title: str) -> float:
    asked = Profile(1, 1, "mine", profile, parse_profile(profile))
    paper = Candidate(Paper("2610.00001", title, ABSTRACT), date(2026, 5, 19), 4, 1)
    return judge(paper, asked, store(), now=NOW).score.value


@pytest.mark.parametrize("interest", INTERESTS)
def test_a_title_that_names_one_of_eight_interests_counts_as_if_it_were_the_only_one(interest: str) -> None:
    alone, among = score(interest, f"On {interest}"), score(", ".join(INTERESTS), f"On {interest}")
    assert alone - 0.5 <= among
    assert among >= DEFAULT_BAR
