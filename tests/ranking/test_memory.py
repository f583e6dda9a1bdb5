"""What ranking remembers between batches is bounded, and forgetting changes no score."""

from __future__ import annotations

import pytest

from benchmarks import material
from digest.ranking import corpus
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
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
