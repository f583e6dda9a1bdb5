"""The profile lab and the proposals for a first profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from digest.errors import ProfileError
from digest.model import Candidate, Paper
from digest.ranking.corpus import Corpus
from digest.ranking.lab import Lab, compare, try_profile
from digest.ranking.memory import Memory
from digest.ranking.suggest import ids_in, paper_of_text, papers_of_bibtex, papers_of_ris, suggest
from tests.ranking.test_sum import CORPUS, NOW, STORE, TOPICS, made, profile

DAYS = [
    Candidate(paper, date(2026, 4, 1) + timedelta(days=number // 4), 3, 1)
    for number, paper in enumerate(STORE[:112])
]


def test_the_lab_counts_what_a_profile_would_have_brought() -> None:
    lab = try_profile(DAYS, profile("robot, grasping, zeppelins"), Memory(CORPUS), now=NOW)
    assert (lab.days, lab.papers) == (28, 112)
    assert lab.per_week == lab.chosen / 4
    assert sum(number for _, number in lab.by_day) == lab.chosen == len(lab.chosen_ids) > 0
    assert [one.keyword for one in lab.keywords if one.dead] == ["zeppelins"]
    assert lab.best[0].score.value >= lab.best[-1].score.value >= 4


def test_what_a_week_brings_is_no_more_a_day_than_the_limit() -> None:
    all_, one = (
        try_profile(DAYS, replace(profile("robot, speech", bar=3), limit=limit), Memory(CORPUS), now=NOW)
        for limit in (None, 1)
    )
    assert (all_.chosen, all_.sent) == (one.chosen, one.chosen)
    assert one.sent == one.days_with_papers < one.chosen
    assert one.per_week == round(one.sent / 4, 1)


@pytest.mark.parametrize("bar", [2.0, 4.0, 9.0])
def test_around_the_bar_stands_what_is_near_it_on_both_sides(bar: float) -> None:
    lab = try_profile(DAYS, profile("robot, speech", bar=bar), Memory(CORPUS), now=NOW)
    scores = [one.score.value for one in lab.borderline]
    assert scores == sorted(scores, reverse=True)
    assert all(bar / 2 <= one <= 1.5 * bar for one in scores)
    everything = try_profile(DAYS, profile("robot, speech", bar=0.1), Memory(CORPUS), now=NOW)
    [bar_or_more, less] = (
        [one for one in _all_scores(everything) if bar / 2 <= one <= 1.5 * bar and (one >= bar) is passes]
        for passes in (True, False)
    )
    assert scores == bar_or_more[-3:] + less[:3]


def _all_scores(lab: Lab) -> list[float]:
    """The scores of all that a low bar lets pass, best first."""
    effect = compare(
        DAYS, profile("zeppelins"), profile("robot, speech", bar=lab.bar), Memory(CORPUS), now=NOW
    )
    return [one.score.value for one in effect.gained]


def test_a_keyword_in_every_paper_is_noisy() -> None:
    everywhere = [Candidate(made(n, list(TOPICS)[n % 8]), DAYS[0].day, 1, 1) for n in range(8)]
    lab = try_profile(everywhere, profile("filler*"), Memory(CORPUS), now=NOW)
    assert lab.keywords[0].noisy
    assert lab.keywords[0].hits == 8


def test_terms_that_keep_company_are_proposed() -> None:
    lab = try_profile(DAYS, profile("robot"), Memory(CORPUS), now=NOW)
    assert set(" ".join(lab.add).split()) & set(TOPICS["robots"])
    assert "robot" not in lab.add


def saying(words: str, numbers: range, *, title: str = "Robot Grasping") -> list[Candidate]:
    """Papers on robots whose abstracts say these words as well."""
    return [
        Candidate(Paper(f"2606.{n:05d}", title, f"{made(n, 'robots').abstract} {words}"), DAYS[0].day, 3, 1)
        for n in numbers
    ]


def test_what_is_proposed_stands_in_three_papers_and_a_lone_word_of_abstracts_in_more() -> None:
    told, few = saying("cable routing respectively widely", range(4)), saying("sand casting", range(4, 6))
    elsewhere = [Paper(f"2607.{n:05d}", "Sand Casting", "sand casting of metal") for n in range(3)]
    corpus = Corpus.build([*STORE, *(one.paper for one in (*told, *few)), *elsewhere])
    lab = try_profile([*DAYS, *told, *few], profile("robot"), Memory(corpus), now=NOW)
    assert "cable routing" in lab.add
    assert {"sand casting", "cable", "respectively", "widely"}.isdisjoint(lab.add)


def test_nothing_is_proposed_to_be_added_that_many_papers_hold_which_were_not_chosen() -> None:
    told = saying("cable routing", range(12))
    others = [
        Candidate(Paper(f"2607.{n:05d}", "On Chess", "cable routing in chess"), DAYS[0].day, 3, 1)
        for n in range(12)
    ]
    corpus = Corpus.build([*STORE, *(one.paper for one in (*told, *others))])
    lab = try_profile([*DAYS, *told, *others], profile("robot"), Memory(corpus), now=NOW)
    assert "cable routing" not in lab.add


def test_no_exclusion_is_proposed_that_would_cost_papers_which_hold_what_was_typed() -> None:
    lab = try_profile(DAYS, profile("robot^3, chess"), Memory(CORPUS), now=NOW)
    held = [one.paper for one in DAYS if one.paper.id in lab.chosen_ids]
    typed = [f"{one.title} {one.abstract}".lower() for one in held]
    spared = [text for text in typed if {"robot", "chess"} & set(text.split())]
    assert spared
    assert not [term for term in lab.exclude if any(term in text for text in spared)]


def test_an_edit_is_shown_by_what_it_gains_and_loses() -> None:
    effect = compare(DAYS, profile("robot"), profile("speech"), Memory(CORPUS), now=NOW)
    assert {one.candidate.paper.id for one in effect.gained} == set(effect.after.chosen_ids) - set(
        effect.before.chosen_ids
    )
    assert {one.candidate.paper.id for one in effect.lost} == set(effect.before.chosen_ids) - set(
        effect.after.chosen_ids
    )
    assert effect.gained
    assert effect.lost


def test_what_a_memory_learnt_from_other_profiles_changes_nothing() -> None:
    memory, asked = Memory(CORPUS), ("robot", "robot, speech^2, -survey", "speech", "robot")
    one_after_the_other = [try_profile(DAYS, profile(text), memory, now=NOW) for text in asked]
    assert one_after_the_other == [
        try_profile(DAYS, profile(text), Memory(CORPUS), now=NOW) for text in asked
    ]


def test_no_days_give_an_empty_lab() -> None:
    lab = try_profile([], profile("robot"), Memory(CORPUS), now=NOW)
    assert (lab.papers, lab.chosen, lab.best) == (0, 0, ())


def test_keywords_are_proposed_from_papers() -> None:
    proposed = suggest([made(number, "chess") for number in range(300, 306)], CORPUS)
    assert proposed
    assert all(set(keyword.text.split()) <= set(TOPICS["chess"]) for keyword in proposed)


def test_ids_bibtex_ris_and_text_are_read() -> None:
    assert ids_in("see 2503.02130v2, arXiv:2605.00001 and 2503.02130") == ["2503.02130", "2605.00001"]
    [paper] = papers_of_bibtex("@article{a, title={{Deep Nets}}, abstract={On nets.}, keywords={a; b}}")
    assert (paper.title, paper.abstract, paper.source_keywords) == ("Deep Nets", "On nets.", ("a", "b"))
    [other] = papers_of_ris("TY  - JOUR\nTI  - Deep Nets\nAB  - On nets.\nER  - \n")
    assert (other.title, other.abstract) == ("Deep Nets", "On nets.")
    [other] = papers_of_ris("TY  - JOUR\nT1  - Deep Nets\nN2  - On nets.\nKW  - a\nKW  - b\nER  - \n")
    assert (other.title, other.abstract, other.source_keywords) == ("Deep Nets", "On nets.", ("a", "b"))
    assert paper_of_text("A title\nand text").abstract == "and text"


@pytest.mark.parametrize("read", [papers_of_bibtex, papers_of_ris])
def test_a_file_without_titles_is_refused(read: object) -> None:
    assert callable(read)
    with pytest.raises(ProfileError, match="no entry with a title"):
        read("")


def test_what_one_paper_alone_says_is_no_keyword() -> None:
    """A pair that no stored paper holds would bring nothing, however often the example says it."""
    abstract = "Grasping with a quagga gripper. The quagga gripper learns a grasping policy for a robot arm."
    proposed = [
        one.text for one in suggest([Paper("1", "The Quagga Gripper for Grasping", abstract)], CORPUS)
    ]
    assert proposed
    assert {"grasping", "robot"} <= {word for text in proposed for word in text.split()}
    assert not any("quagga" in text or "gripper" in text for text in proposed)


def test_a_phrase_is_proposed_whole() -> None:
    """And a lone participle not at all: pairs of a phrase are no phrases."""
    text = "We study direct preference optimization, tuned for robots."
    store = [*STORE, *(Paper(f"2604.9{number:04d}", f"Robots {number}", text) for number in range(6))]
    corpus = Corpus.build(store)
    proposed = {one.text for one in suggest([Paper("1", "On Robots", text)], corpus)}
    assert "direct preference optimization" in proposed
    assert not proposed & {"direct preference", "preference optimization", "tuned"}


def test_keywords_are_proposed_as_people_type_them() -> None:
    text = "Self-supervised LLMs. We comprise supervised RAG; supervised RAG generalises."
    proposed = [one.text for one in suggest([paper_of_text(text)], Corpus())]
    assert "supervised RAG" in proposed
    assert "LLMs" in proposed or "supervised LLMs" in proposed
    assert not any("superviz" in one for one in proposed)
