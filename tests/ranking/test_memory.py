"""What ranking remembers between batches is bounded, and forgetting changes no score."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from benchmarks import material
from digest.model import Keyword, Profile
from digest.ranking import kin, memory
from digest.ranking.choices import choose
from digest.ranking.corpus import Corpus
from digest.ranking.memory import Memory, lasting
from digest.ranking.product import pack
from digest.ranking.rank import rank, rank_on
from digest.ranking.shares import Phrasebook
from digest.ranking.vocabulary import Vocabulary


def test_a_batch_after_others_is_ranked_as_if_it_came_first() -> None:
    known = Memory(Corpus.build(material.papers(200)))
    candidates, profiles = material.candidates(20), material.profiles(60)
    for start in (0, 20, 40):
        batch = profiles[start : start + 20]
        alone = rank(candidates, batch, known.corpus, now=material.NOW)
        assert rank_on(known, candidates, batch, now=material.NOW) == alone


def test_profiles_packed_before_are_chosen_for_as_if_they_were_packed_then() -> None:
    candidates, profiles = material.candidates(20), material.profiles(60)
    board = Memory(Corpus.build(material.papers(200))).board([one.paper for one in candidates])
    chosen = partial(
        choose, board, candidates, profiles, seen=(), now=material.NOW, default_bar=0.5, default_limit=5
    )
    packed = pack(profiles, board.vocabulary)
    assert chosen(packed=packed).rankings() == chosen().rankings()
    assert chosen(packed=packed).scored.packed is packed


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


def test_however_few_the_papers_so_many_keywords_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Memory(Corpus.build(material.papers(200)))
    candidates, profiles = material.candidates(2), material.profiles(60)
    expected = rank(candidates, profiles, known.corpus, now=material.NOW)
    monkeypatch.setattr(memory, "MOST_KEYWORDS", 40)
    assert rank_on(known, candidates, profiles, now=material.NOW) == expected
    known.board([])
    assert len(known._vocabulary) <= 2 * 40


def test_keywords_that_are_equal_are_one_whichever_value_asks() -> None:
    vocabulary = Vocabulary(Corpus())
    for number in range(300):  # values that nobody holds leave their place in memory to others
        for text in (f"word{number}", f"word{number // 2}"):
            asked = vocabulary.keywords_of([Profile(1, 1, "", "", (Keyword(text), Keyword("common")))])
            assert [vocabulary.units[unit].text for unit in asked.units.tolist()] == [text, "common"]
    assert len(vocabulary) == 301


def test_however_many_keywords_readers_bring_no_more_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_KEYWORDS", 60)
    monkeypatch.setattr(kin, "MOST_REMEMBERED", 30)
    known = Memory(Corpus.build(material.papers(200)))
    candidates, profiles = material.candidates(20), material.profiles(240)
    papers = [one.paper for one in candidates]
    asked = {keyword for profile in profiles for keyword in profile.keywords}
    assert len(asked) > 8 * 60
    for start in range(0, 240, 8):
        rank_on(known, candidates, profiles[start : start + 8], now=material.NOW)
        assert len(known._vocabulary) <= 60 + 8 * 8
        assert known.board(papers).cells <= len(papers) * (60 + 8 * 8)
        assert len(known.corpus.kin) <= 30


def test_however_much_papers_say_no_more_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_SAID", 300)
    known = Memory(Corpus.build(material.papers(200)))
    candidates, profiles = material.candidates(20), material.profiles(80)
    said = []
    for start in range(0, 80, 8):
        rank_on(known, candidates, profiles[start : start + 8], now=material.NOW)
        said.append(len(known._boards[next(iter(known._boards))].book))
    assert max(said) < 2 * 300
    assert min(said[1:]) < max(said)


def test_the_oldest_sets_of_papers_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Memory(Corpus.build(material.papers(50)))
    papers = material.papers(6)
    monkeypatch.setattr(memory, "MOST_BOARDS", 3)
    boards = [known.board(papers[start:]) for start in range(6)]
    assert known.board(papers[3:]) is boards[3]
    assert known.board(papers) is not boards[0]


def test_the_next_run_goes_on_with_what_the_last_remembered() -> None:
    corpus = Corpus.build(material.papers(50))
    with lasting(corpus) as first, lasting(corpus) as beside:
        assert first is not beside
    with lasting(corpus) as second:
        assert second is first
    with lasting(corpus.add(material.papers(3, seed=5))) as other:
        assert other is not first
    with pytest.raises(KeyError), lasting(corpus) as failed:
        raise KeyError
    with lasting(corpus) as last:
        assert last is not failed
