"""What ranking remembers between batches is bounded, and forgetting changes no score."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import material
from digest.ranking import corpus, memory
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from digest.ranking.memory import Memory
from digest.ranking.rank import rank, rank_on
from digest.ranking.shares import Phrasebook
from digest.ranking.units import unit_of_keyword


def test_relations_are_forgotten_when_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "MOST_REMEMBERED", 5)
    known = Corpus.build(material.papers(200))
    first = [unit_of_keyword(keyword) for keyword in parse_profile("diffusion, retrieval")]
    before = known.relations(first)
    for text in material.profile_texts(20):
        units = [unit_of_keyword(keyword) for keyword in parse_profile(text)]
        assert len(known.relations(units)) == len(units)
        assert len(known._relations) <= 5 + len(units)
    again = known.relations(first)
    assert [one and one.background for one in again] == [one and one.background for one in before]


def test_a_batch_after_others_is_ranked_as_if_it_came_first() -> None:
    known = Memory(Corpus.build(material.papers(200)))
    candidates, profiles = material.candidates(20), material.profiles(60)
    for start in (0, 20, 40):
        batch = profiles[start : start + 20]
        alone = rank(candidates, batch, known.corpus, now=material.NOW)
        assert rank_on(known, candidates, batch, now=material.NOW) == alone


def test_papers_revised_or_others_are_read_anew() -> None:
    known = Memory(Corpus.build(material.papers(200)))
    first, other = material.candidates(10), material.candidates(20)[10:]
    profiles = material.profiles(10)
    revised = [
        replace(one, paper=replace(two.paper, id=one.paper.id, revision=9))
        for one, two in zip(first, other, strict=True)
    ]
    for candidates in (first, other, revised):
        alone = rank(candidates, profiles, known.corpus, now=material.NOW)
        assert rank_on(known, candidates, profiles, now=material.NOW) == alone


def test_what_is_remembered_is_bounded_and_forgetting_changes_no_ranking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = Memory(Corpus.build(material.papers(200)))
    candidates, profiles = material.candidates(20), material.profiles(60)
    expected = rank(candidates, profiles, known.corpus, now=material.NOW)
    monkeypatch.setattr(memory, "MOST_CELLS", 20 * 16)
    assert rank_on(known, candidates, profiles, now=material.NOW) == expected
    board = known.board([one.paper for one in candidates])
    assert board.cells <= 20 * 16 + 2 * 20 * 8
    monkeypatch.setattr(memory, "MOST_SAID", 10)
    assert len(known.board([one.paper for one in candidates]).book) == len(Phrasebook(20))
    assert rank_on(known, candidates, profiles, now=material.NOW) == expected
