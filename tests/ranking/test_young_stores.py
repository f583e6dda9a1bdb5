"""A score means the same from the first paper on: words lead, relatedness is earned, the scale is used."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import material
from digest.model import Candidate, Field, Paper, Profile, Ranked, ReasonKind
from digest.ranking.background import shares
from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from digest.ranking.rank import judge
from digest.ranking.relations import EVEN_BESIDE, MOST_ALONE, held_back

NOW = datetime(2026, 10, 16, 8, tzinfo=UTC)
SIZES = (1, 5, 24, 75, 300)
GROWING = (1, 5, 24, 75, 120, 199, 300)
KEYWORDS = (
    "manipulation",
    "robot manipulation",
    "diffusion policy",
    "RAG",
    '"world model"',
    "reinforcement learning",
    "video generation",
    "agent*",
    "title:reasoning",
    "speech",
    "quokkas",
)
ABOUT_OTHER_THINGS = " ".join(
    f"We study how rivers carry sand in year {n}. Measurements show that the bed rises slowly. A simple law "
    "explains what was seen. It holds in dry summers as well, and fails where dams stand."
    for n in range(5)
)
"""As long as an abstract."""
evidence = st.floats(0, 100, allow_nan=False)


@cache
def store(papers: int) -> Corpus:
    return Corpus.build(material.papers(papers))


def judged(text: str, title: str, abstract: str, corpus: Corpus, *, source: tuple[str, ...] = ()) -> Ranked:
    profile = Profile(1, 1, "mine", text, parse_profile(text))
    paper = Paper("x", title, abstract, source_keywords=source)
    return judge(Candidate(paper, date(2026, 10, 15), 4, 1), profile, corpus, now=NOW)


def written(keyword: str) -> str:
    """The keyword as a title has it."""
    return {"agent*": "agents", "quokkas": "Quokkas"}.get(keyword, keyword.removeprefix("title:").strip('"'))


@pytest.mark.parametrize("size", SIZES)
def test_a_title_that_names_the_keyword_is_above_the_bar(size: int) -> None:
    for keyword in KEYWORDS:
        found = judged(keyword, f"On {written(keyword)}", ABOUT_OTHER_THINGS, store(size))
        assert DEFAULT_BAR <= found.score.value <= 9.5, keyword


@pytest.mark.parametrize("size", SIZES)
def test_a_paper_about_it_a_title_and_a_mention_are_told_apart(size: int) -> None:
    for keyword in (one for one in KEYWORDS if not one.startswith("title:")):
        word, corpus = written(keyword), store(size)
        about = f"{ABOUT_OTHER_THINGS} We need {word}. Better {word} follows, since {word} is what counts."
        heart = judged(keyword, f"On {word}", about, corpus, source=(word,)).score.value
        title = judged(keyword, f"On {word}", ABOUT_OTHER_THINGS, corpus).score.value
        mention = judged(keyword, "On rivers", f"{ABOUT_OTHER_THINGS} We need {word}.", corpus).score.value
        assert 0 < mention + 1.5 <= title <= heart - 0.4, keyword
        assert heart < 9.9


@pytest.mark.parametrize("size", [1, 24, 75, 199])
@pytest.mark.parametrize("text", ["robot manipulation, diffusion policy, world model", "speech", "retrieval"])
def test_a_paper_without_any_word_of_the_profile_is_below_the_bar_of_a_young_store(
    text: str, size: int
) -> None:
    corpus = store(size)
    words = {gram.text.split()[0] for gram in parse_profile(text)}
    for paper in material.papers(12, seed=7):
        bare = replace(paper, abstract=" ".join(w for w in paper.abstract.split() if w not in words))
        found = judged(text, bare.title, bare.abstract, corpus)
        literal = [one for one in found.score.reasons if one.kind is ReasonKind.KEYWORD]
        if not literal:
            assert found.score.value < DEFAULT_BAR


@pytest.mark.parametrize("keyword", ["manipulation", "reinforcement learning", '"world model"', "quokkas"])
def test_a_score_changes_smoothly_with_the_size_of_the_store(keyword: str) -> None:
    texts = {"title": (f"On {written(keyword)}", ABOUT_OTHER_THINGS)}
    texts["mention"] = ("On rivers", f"{ABOUT_OTHER_THINGS} We need {written(keyword)}.")
    for title, abstract in texts.values():
        scores = [judged(keyword, title, abstract, store(size)).score.value for size in GROWING]
        assert np.abs(np.diff(scores)).max() <= 1.0, scores


def test_a_common_word_weighs_little_and_a_rare_one_much_from_the_first_day() -> None:
    model, robot, quokka = store(1).idf_of_grams([("s:model",), ("s:robot",), ("s:quokka",)]).tolist()
    assert model < 1 < robot < 4 < quokka


def test_the_store_outgrows_the_background() -> None:
    robots = Corpus.build([Paper(str(n), f"Robot {n}", "robot") for n in range(2_000)])
    [idf] = robots.idf_of_grams([("s:robot",)])
    assert idf < 0.5


def test_the_background_knows_pairs_and_takes_the_unknown_for_rare() -> None:
    model, pair, unknown = shares(["s:model", "s:languagemodel", "s:quokka"]).tolist()
    assert 0 < unknown < pair < model < 1


def test_a_keyword_s_own_words_are_hits_and_nothing_related() -> None:
    corpus = store(300)
    found = judged("robot manipulation", "On robots", "The robot moves. Manipulation by robots.", corpus)
    named = " ".join(one.term for one in found.score.reasons if one.kind is ReasonKind.LEARNT).split(", ")
    assert not {"robot", "robots", "manipulation"} & {word for term in named for word in term.split()}


@given(evidence, evidence, evidence)
def test_words_lead_and_more_of_them_never_take_away(near: float, words: float, more: float) -> None:
    def total(own: float) -> float:
        return own + float(held_back(np.array([near]), np.array([own]))[0])

    kept = total(words) - words
    assert -1e-4 <= kept <= min(near, MOST_ALONE) / (1 + words / EVEN_BESIDE) + 1e-4
    assert total(words) <= total(words + more) + 1e-4


def test_a_wildcard_is_shown_as_typed() -> None:
    found = judged("manipul*, title:manip*", "Manipulators", "We manipulate.", store(24))
    told = {(one.term, one.field) for one in found.score.reasons if one.kind is ReasonKind.KEYWORD}
    assert told == {("manipul*", Field.TITLE), ("manipul*", Field.ABSTRACT), ("manip*", Field.TITLE)}


def test_a_weight_counts_among_keywords_of_their_own() -> None:
    def points(text: str) -> dict[str, float]:
        found = judged(text, "Speech and chemistry", ABOUT_OTHER_THINGS, store(75))
        told = [one for one in found.score.reasons if one.kind is ReasonKind.KEYWORD]
        return {one.term: math.fsum(o.points for o in told if o.term == one.term) for one in told}

    plain, weighted = points("speech, chemistry"), points("speech^3, chemistry")
    assert weighted["speech"] / weighted["chemistry"] > 2 * plain["speech"] / plain["chemistry"]
