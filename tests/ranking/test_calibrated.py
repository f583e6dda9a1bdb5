"""Scores and reasons are believable from the first day: words lead, kinship is earned, the scale is used."""

from __future__ import annotations

import math
import random
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Candidate, Field, Paper, Profile, Ranked, ReasonKind
from digest.ranking import Corpus, judge, parse_profile
from digest.ranking.calibration import calibrated
from digest.ranking.product import ALONE_MOST, tempered
from digest.ranking.stopwords import GENERAL
from tests.ranking.test_sum import CORPUS, TOPICS, made

NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)
evidence = st.floats(0, 200, allow_nan=False)


def store(papers: int) -> Corpus:
    """A store that holds a paper of robots in ten."""
    others = list(TOPICS)[1:]
    return Corpus.build([made(n, others[n % 7] if n % 10 else "robots") for n in range(papers)])


def judged(title: str, abstract: str, text: str, corpus: Corpus) -> Ranked:
    profile = Profile(1, 1, "mine", text, parse_profile(text))
    return judge(Candidate(Paper("x", title, abstract), date(2026, 5, 20), 12, 1), profile, corpus, now=NOW)


def filled(number: int, *words: str) -> str:
    """A text of 25 words, most of them of no topic."""
    pick = random.Random(number)
    plain = [f"{pick.choice('bcdfgklmnprst')}{pick.choice('aeiou')}{n}x" for n in range(25 - len(words))]
    return " ".join([*plain, *words])


@pytest.mark.parametrize("papers", [40, 78, 150])
def test_a_young_store_tells_the_heart_of_a_matter_from_a_scattered_word(papers: int) -> None:
    corpus = store(papers)
    heart = judged("Robot grasping anew", filled(1, *("robot", "grasping") * 2), "robot grasping", corpus)
    scattered = judged("Of other things", filled(2, "grasping"), "robot grasping", corpus)
    assert 5 <= heart.score.value <= 9.5
    assert 0 < scattered.score.value < 4


@pytest.mark.parametrize("papers", [40, 78, 190])
def test_a_young_store_claims_no_kinship(papers: int) -> None:
    hand = judged(
        "Dexterous hand", "imitation demonstration policy dexterous hand", "grasping", store(papers)
    )
    assert hand.score.value == 0


def test_trust_in_kinship_grows_with_the_store() -> None:
    values = [
        judged("Dexterous hand", "imitation demonstration policy hand", "grasping", store(papers)).score.value
        for papers in (200, 500, 1000)
    ]
    assert values == sorted(values)
    assert values[0] < values[2]


def test_two_papers_show_no_company() -> None:
    two = [Paper(f"q{n}", "Quokka ethology", "quokka marsupial burrow island") for n in range(2)]
    corpus = Corpus.build([*(made(number, list(TOPICS)[number % 8]) for number in range(1000)), *two])
    assert judged("An island", "marsupial burrow", "quokka", corpus).score.value == 0


def test_kinship_alone_earns_at_most_six_points() -> None:
    everything = " ".join(word for word in TOPICS["robots"] if word != "grasping")
    ranked = judged(everything, f"{everything}. {everything}", "grasping", CORPUS)
    assert {reason.kind for reason in ranked.score.reasons} <= {ReasonKind.LEARNT, ReasonKind.VOTES}
    assert 0 < ranked.score.value <= 6.2


def test_words_outweigh_kinship_where_the_phrase_stands_in_the_title() -> None:
    ranked = judged("Robot grasping", " ".join(TOPICS["robots"]), "robot grasping", CORPUS)
    learnt = math.fsum(r.points for r in ranked.score.reasons if r.kind is ReasonKind.LEARNT)
    assert 0 < learnt <= ranked.score.value / 2


@given(evidence, evidence, evidence)
def test_kinship_is_bounded_and_words_never_take_away(near: float, words: float, more: float) -> None:
    kept = float(tempered(np.array(near), np.array(words)))
    assert 0 <= kept <= near
    assert kept <= max(words, ALONE_MOST - words) + 1e-9
    richer = words + more
    assert words + kept <= richer + float(tempered(np.array(near), np.array(richer))) + 1e-9


def test_kinship_alone_is_measured_in_points() -> None:
    assert float(calibrated(np.array([ALONE_MOST]))[0]) == pytest.approx(6.0)


def test_kinship_is_named_by_telling_words_beyond_the_keyword() -> None:
    general = ("small", "large", "method", "high", "models")
    papers = [
        Paper(paper.id, paper.title, f"{paper.abstract} {random.Random(number).choice(general)}")
        for number, paper in enumerate(made(n, list(TOPICS)[n % 8]) for n in range(1000))
    ]
    ranked = judged("Imitation, small", "robot hand small models", "robot arm", Corpus.build(papers))
    named = [reason.term for reason in ranked.score.reasons if reason.kind is ReasonKind.LEARNT]
    assert named
    words = " ".join(named).replace(",", "").split()
    assert not set(words) & (GENERAL | {"robot", "arm"})
    assert len(words) == len(set(words))


def test_a_wildcard_is_shown_as_typed() -> None:
    ranked = judged("Graspers", "grasping", "grasp*, title:graspe*", CORPUS)
    terms = {(reason.term, reason.field) for reason in ranked.score.reasons if not reason.related_to}
    assert ("grasp*", Field.TITLE) in terms
    assert ("graspe*", Field.TITLE) in terms
