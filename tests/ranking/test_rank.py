"""The public seam: candidates and profiles in, rankings with verdicts and reasons out."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.model import Candidate, Paper, Profile, Verdict
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from digest.ranking.rank import judge, rank

NOW = datetime(2026, 5, 20, 7, 30, tzinfo=UTC)
DAY = date(2026, 5, 20)

PAPERS = (
    Paper("2605.00001", "Diffusion Policy for Robots", "A diffusion policy moves a robot arm."),
    Paper("2605.00002", "Retrieval-Augmented Generation at Scale", "We study RAG with long contexts."),
    Paper("2605.00003", "Dragging Points in Images", "Users drag points to edit an image."),
    Paper("2605.00004", "A Survey of Robot Learning", "This survey reviews robot learning and policies."),
    Paper("2605.00005", "Weather Forecasting", "Global weather from satellites."),
)
CORPUS = Corpus.build(PAPERS)


def profile(text: str, *, bar: float | None = 0.1, limit: int | None = None) -> Profile:
    return Profile(1, 1, "mine", text, parse_profile(text), bar=bar, limit=limit)


def candidates(upvotes: int = 10) -> list[Candidate]:
    return [Candidate(paper, DAY, upvotes, arrival=1) for paper in PAPERS]


def chosen(text: str) -> list[str]:
    [ranking] = rank(candidates(), [profile(text)], CORPUS, now=NOW)
    return [ranked.candidate.paper.id for ranked in ranking.chosen]


def test_an_acronym_is_not_found_inside_or_in_small_letters() -> None:
    assert chosen("RAG") == ["2605.00002"]


def test_an_excluded_keyword_keeps_a_paper_out_and_says_so() -> None:
    assert chosen("robots, -survey") == ["2605.00001"]
    verdict = judge(candidates()[3], profile("robots, -survey"), CORPUS, now=NOW)
    assert verdict.verdict is Verdict.EXCLUDED
    assert verdict.because == "excluded by -survey"


def test_a_required_keyword_must_stand_in_the_paper() -> None:
    assert chosen("robots, +policy") == ["2605.00001", "2605.00004"]
    assert chosen("robots, +diffusion") == ["2605.00001"]


def test_every_candidate_falls_in_exactly_one_count() -> None:
    [ranking] = rank(
        candidates(), [profile("robots, -survey", limit=0)], CORPUS, seen=[{"2605.00005"}], now=NOW
    )
    counts = (
        ranking.count(Verdict.BELOW_BAR, Verdict.NO_MATCH),
        ranking.count(Verdict.EXCLUDED),
        ranking.count(Verdict.OVER_LIMIT),
        ranking.count(Verdict.ALREADY_SENT),
        len(ranking.chosen),
    )
    assert counts == (2, 1, 1, 1, 0)


@pytest.mark.parametrize("text", ["robots", "diffusion policy, RAG, image", "", "survey^3, learn*"])
def test_reasons_add_up_to_the_score_as_shown(text: str) -> None:
    [ranking] = rank(candidates(), [profile(text)], CORPUS, now=NOW)
    assert ranking.chosen
    for ranked in ranking.chosen:
        total = math.fsum(reason.points for reason in ranked.score.reasons)
        assert f"{total:.1f}" == f"{ranked.score.value:.1f}"


def test_without_keywords_the_votes_decide() -> None:
    few, many = Candidate(PAPERS[0], DAY, 3, 1), Candidate(PAPERS[4], DAY, 90, 1)
    [ranking] = rank([few, many], [profile("", bar=None)], CORPUS, now=NOW)
    assert [ranked.candidate for ranked in ranking.chosen] == [many, few]


def test_an_empty_corpus_ranks_too() -> None:
    [ranking] = rank(candidates(), [profile("diffusion policy")], Corpus(), now=NOW)
    assert ranking.chosen[0].candidate.paper.id == "2605.00001"


def test_a_corpus_survives_its_bytes() -> None:
    again = Corpus.from_bytes(CORPUS.to_bytes())
    assert rank(candidates(), [profile("robots")], again, now=NOW) == rank(
        candidates(), [profile("robots")], CORPUS, now=NOW
    )


def test_of_papers_with_the_same_score_the_newer_comes_first() -> None:
    twins = [replace(PAPERS[0], id=f"2605.1000{number}") for number in range(3)]
    days = (DAY - timedelta(days=2), DAY, DAY - timedelta(days=1))
    caught_up = [Candidate(paper, day, 10, 1) for paper, day in zip(twins, days, strict=True)]
    [ranking] = rank(caught_up, [profile("diffusion policy")], CORPUS, now=NOW)
    assert [one.candidate.day for one in ranking.chosen] == sorted(days, reverse=True)


SPELLINGS = (
    "texttoimage", "text-to-image", "text to image", '"texttoimage"', '"text to image"', "textto image",
    "text to ima*", "texttoim*", "endtoend", "end-to-end", "end-to-end*", "endtoe*", "post training*",
    "posttraining*", "parameter efficient finetuning", "parameter-efficient fine-tuning",
    '"parameter efficient finetuning"', "-texttoimage, model", "-text-to-image, model", "+endtoend, model",
    "+end-to-end, model",
)  # fmt: skip


def spelt_papers() -> list[Candidate]:
    said = (
        "text-to-image", "texttoimage", "text toimage", "end-to-end", "endtoend", "post-training models",
        "parameter-efficient fine-tuning", "parameter efficient finetuning", "posttraining", "text too",
    )  # fmt: skip
    return [
        Candidate(Paper(f"2605.9{number:04}", f"A model for {words}", f"We try {words} again."), DAY, 0, 1)
        for number, words in enumerate(said)
    ]


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_keyword_finds_the_same_whoever_else_spells_it_otherwise(text: str) -> None:
    candidates, corpus = spelt_papers(), Corpus()
    asked = [profile(one, bar=0.1) for one in (*SPELLINGS, text, *reversed(SPELLINGS))]
    [alone] = rank(candidates, [profile(text, bar=0.1)], corpus, now=NOW)
    beside = rank(candidates, asked, corpus, now=NOW)[len(SPELLINGS)]
    assert (beside.rows, beside.values, beside.verdicts) == (alone.rows, alone.values, alone.verdicts)
    judged = [judge(one, profile(text, bar=0.1), corpus, now=NOW).score.value for one in candidates]
    assert [judged[row] for row in beside.rows] == beside.values


def test_a_phrase_of_more_than_two_words_is_found_however_they_are_joined() -> None:
    for text in ("parameter efficient finetuning", '"parameter-efficient fine-tuning"', "text-to-image"):
        [ranking] = rank(spelt_papers(), [profile(text, bar=4.0)], Corpus(), now=NOW)
        assert len(ranking.rows) == (3 if text.startswith("text") else 2)


@pytest.mark.parametrize(
    ("keyword", "said"),
    [
        ("llm", "LLMs"), ("llms", "an LLM"), ("LLM", "LLMs"), ("LLMs", "an LLM"), ("GPUs", "a GPU"),
        ("gpus", "a GPU"), ("gpu", "many GPUs"), ("lms", "an LM"), ("LMs", "an LM"), ("API", "two APIs"),
        ("guis", "a GUI"), ("AIs", "an AI"), ("matrices", "a matrix"), ("analysis", "analyses"),
        ("criterion", "two criteria"),
    ],
)  # fmt: skip
def test_a_plural_of_an_acronym_or_an_odd_one_is_its_singular(keyword: str, said: str) -> None:
    paper = Candidate(Paper("1", f"On {said}", f"We look at {said} here."), DAY, 0, 1)
    [ranking] = rank([paper], [profile(keyword, bar=4.0)], CORPUS, now=NOW)
    assert ranking.rows == [0]
    excluded = judge(paper, profile(f"look, -{keyword}"), CORPUS, now=NOW)
    assert excluded.verdict is Verdict.EXCLUDED


@pytest.mark.parametrize(("keyword", "said"), [("gps", "a GP"), ("tts", "a TT"), ("bus", "a BU")])
def test_what_only_looks_like_a_plural_is_none(keyword: str, said: str) -> None:
    paper = Candidate(Paper("1", f"On {said}", f"We look at {said} here."), DAY, 0, 1)
    assert judge(paper, profile(keyword), CORPUS, now=NOW).verdict is Verdict.NO_MATCH
