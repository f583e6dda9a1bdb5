"""What keywords are related to is learnt once, remembered within a bound, and given on bit by bit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import material
from digest.model import Profile, Weight
from digest.ranking import kin
from digest.ranking.corpus import Corpus
from digest.ranking.kin import Kin
from digest.ranking.language import parse_profile
from digest.ranking.rank import rank
from digest.ranking.relations import mark_of
from digest.ranking.units import Unit, unit_of_keyword
from tests.learning import counted

CORPUS = Corpus.build(material.papers(200))
assert CORPUS.space is not None
SPACE = CORPUS.space


def units_of(text: str) -> list[Unit]:
    return [unit_of_keyword(keyword) for keyword in parse_profile(text)]


def asking(text: str) -> list[Profile]:
    return [Profile(1, 1, "default", text, parse_profile(text))]


def test_the_oldest_relations_give_way_when_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kin, "MOST_REMEMBERED", 5)
    known = Kin()
    first = units_of("diffusion, retrieval")
    before = known.of(first, SPACE)
    for text in material.profile_texts(20):
        units = units_of(text)
        assert len(known.of(units, SPACE)) == len(units)
        assert len(known) <= 5
        assert len(known.take_learnt()) <= 5
    again = known.of(first, SPACE)
    assert [one and one.background for one in again] == [one and one.background for one in before]


def test_another_process_ranks_by_what_was_kept_and_learns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    candidates, profiles = material.candidates(20), material.profiles(40)
    profiles[0] = replace(profiles[0], weights=(Weight("language model", 1.0), Weight("benchmark", -1.0)))
    expected = rank(candidates, profiles, CORPUS, now=material.NOW)
    kept = CORPUS.kin.take_learnt()
    assert CORPUS.kin.take_learnt() == {}
    other = Corpus.from_bytes(CORPUS.to_bytes())
    assert other.space is not None
    assert other.space.mark == SPACE.mark
    assert other.kin.recall({mark: kept[mark] for mark in other.kin.unknown(profiles)}) == []
    assert other.kin.unknown(profiles) == []
    seen = counted(monkeypatch)
    assert rank(candidates, profiles, other, now=material.NOW) == expected
    assert sum(seen) == 0
    assert other.kin.take_learnt() == {}


def test_papers_counted_in_leave_what_was_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    known = CORPUS.relations(units_of("diffusion models"))
    seen = counted(monkeypatch)
    assert CORPUS.add(material.papers(5, seed=9)).relations(units_of("diffusion models")) == known
    assert sum(seen) == 0


def test_damaged_bytes_are_named_and_learnt_again() -> None:
    known = Kin()
    (profile,) = material.profiles(1)
    known.of([unit_of_keyword(keyword) for keyword in profile.keywords], SPACE)
    kept = {mark: body for mark, body in known.take_learnt().items() if body}
    assert len(kept) > 2
    for end, more in ((5, b""), (-1, b""), (None, b"x")):
        other = Kin()
        assert other.recall({mark: body[:end] + more for mark, body in kept.items()}) == list(kept)
        assert set(kept) <= set(other.unknown([profile]))
        other.of([unit_of_keyword(keyword) for keyword in profile.keywords], SPACE)
        assert kept.items() <= other.take_learnt().items()


def test_keywords_that_ask_for_the_same_share_what_is_related() -> None:
    one, other, elsewhere = (mark_of(*units_of(text)) for text in ("fine-tuning", "fine tuning", "tuning"))
    assert one == other != elsewhere


def test_nothing_is_related_to_names_and_exact_words_nor_asked_of_the_store() -> None:
    text = 'author:"Ada Lovelace", "video generation", title:agents'
    assert Kin().unknown(asking(text)) == []
    assert CORPUS.relations(units_of(text)) == [None, None, None]


def test_a_keyword_no_paper_holds_is_remembered_as_such() -> None:
    known = Kin()
    assert known.of(units_of("zzyzx"), SPACE) == [None]
    kept = known.take_learnt()
    assert list(kept.values()) == [b""]
    other = Kin()
    other.recall(kept)
    assert other.unknown(asking("zzyzx")) == []
    assert other.of(units_of("zzyzx"), SPACE) == [None]


def test_spaces_of_other_papers_have_other_marks() -> None:
    other = Corpus.build(material.papers(200, seed=2)).space
    assert other is not None
    assert other.mark != SPACE.mark
