"""Trials: one after the other, answered again at once, and nobody waits for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.errors import TooMany
from digest.model import Candidate, Profile
from digest.pipeline.trials import REMEMBERED, Trials
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from tests.shelf import paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAPERS = tuple(
    Candidate(paper(number, title, upvotes=number).paper, date(2026, 11, 19), number, 1)
    for number, title in enumerate(("Diffusion policies", "Agents that plan", "Speech", "Diffusion agents"))
)


def profile(text: str) -> Profile:
    return Profile(0, 0, "trial", text, parse_profile(text), bar=1.0)


def trials(patience: float = -1) -> Trials:
    return Trials(Corpus.build([one.paper for one in PAPERS]), patience=patience)


def test_the_same_profile_is_answered_from_memory_and_an_edit_by_itself() -> None:
    tried = trials()
    first = tried.lab(PAPERS, profile("diffusion"), now=NOW, default_bar=4)
    assert tried.lab(PAPERS, profile("diffusion"), now=NOW + timedelta(hours=1), default_bar=4) is first
    edited = tried.lab(PAPERS, profile("diffusion, agents"), now=NOW, default_bar=4)
    assert (first.chosen, edited.chosen) == (2, 3)
    assert tried.lab(PAPERS[:1], profile("diffusion"), now=NOW, default_bar=4).chosen == 1
    effect = tried.effect(PAPERS, profile("diffusion"), profile("speech"), now=NOW, default_bar=4)
    assert [len(effect.gained), len(effect.lost)] == [1, 2]


def test_as_many_papers_of_another_span_are_another_question() -> None:
    tried = trials()
    longer = (replace(PAPERS[0], day=date(2026, 10, 1)), *PAPERS[1:])
    near = tried.lab(PAPERS, profile("diffusion"), now=NOW, default_bar=4)
    far = tried.lab(longer, profile("diffusion"), now=NOW, default_bar=4)
    assert far.by_day != near.by_day


def test_what_follows_the_votes_is_judged_anew_at_every_moment() -> None:
    tried = trials()
    first = tried.lab(PAPERS, profile(""), now=NOW, default_bar=4)
    assert tried.lab(PAPERS, profile(""), now=NOW + timedelta(hours=9), default_bar=4) is not first


def test_the_answer_nobody_asked_for_longest_gives_way() -> None:
    tried = trials()
    kept = tried.lab(PAPERS, profile("diffusion"), now=NOW, default_bar=4)
    lost = tried.lab(PAPERS, profile("agents"), now=NOW, default_bar=4)
    for number in range(REMEMBERED - 1):
        assert tried.lab(PAPERS, profile("diffusion"), now=NOW, default_bar=4) is kept
        tried.lab(PAPERS, profile("speech"), now=NOW, default_bar=5 + number / 1000)
    assert tried.lab(PAPERS, profile("diffusion"), now=NOW, default_bar=4) is kept
    assert tried.lab(PAPERS, profile("agents"), now=NOW, default_bar=4) is not lost


def test_whoever_gets_no_turn_in_time_is_told_to_try_again() -> None:
    tried = trials(patience=0.01)
    with tried._turn, pytest.raises(TooMany, match="many profiles") as refused:  # as while another is tried
        tried.lab(PAPERS, profile("diffusion"), now=NOW, default_bar=4)
    assert refused.value.retry_after == 5
    assert tried.lab(PAPERS, profile("diffusion"), now=NOW, default_bar=4).chosen == 2
