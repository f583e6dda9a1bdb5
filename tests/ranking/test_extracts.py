"""What ranking keeps of a paper: nothing is lost on the way to the store and back, and nothing is stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Candidate, Organisation, Paper, Profile
from digest.ranking import extracts
from digest.ranking.corpus import Corpus
from digest.ranking.extracts import (
    Extract,
    ExtractFormatError,
    Stack,
    extracts_of,
    forget,
    mark_of,
    remember,
    unknown,
)
from digest.ranking.language import parse_profile
from digest.ranking.scoring import Scored
from digest.ranking.terms import Wanted, count_rare, joined, openings, read
from tests.ranking.test_sum import STORE
from tests.ranking.test_tally import ODD
from tests.scores import score_all

NOW = datetime(2026, 5, 20, tzinfo=UTC)
FULL = Paper(
    "2605.12345",
    "Fine-Tuning VLAs: policies of $\\beta$-VAEs, generalised",
    "We fine-tune policies. RAG (retrieval-augmented generation) drags on; C++ and 3D worlds, 扩散模型.",
    ("Kaiming He", "José Núñez"),
    Organisation("nvidia", "NVIDIA Labs"),
    source_keywords=("world models", "policies"),
)
TEXT = (
    'robot*, policie*, "fine tuning", large language model agents, RAG, author:"Kaiming He", org:nvidia, '
    'title:polic*, "world models", data sets benchmark, state-space model*, C++, 扩散模型, βVAE'
)


def scored(papers: list[Paper]) -> Scored:
    profile = Profile(1, 1, "one", TEXT, parse_profile(TEXT))
    candidates = [Candidate(paper, date(2026, 5, 20), 3, 1) for paper in papers]
    return score_all(candidates, [profile], Corpus.build(STORE[:100]), now=NOW)


def test_an_extract_that_was_stored_gives_the_same_scores_and_reasons() -> None:
    papers = [FULL, *STORE[100:], *ODD]
    forget()
    before = scored(papers)
    bodies = [one.to_bytes() for one in extracts_of(papers)]
    forget()
    remember(zip(papers, map(Extract.from_bytes, bodies), strict=True))
    assert unknown(papers) == []
    after = scored(papers)
    assert (after.raw == before.raw).all()
    assert before.raw[0, 0] > 0
    rows = list(range(len(papers)))
    assert after.scores(rows, [0] * len(rows)) == before.scores(rows, [0] * len(rows))


@pytest.mark.parametrize("cut", [0, 3, 19, 40, -1])
def test_damaged_bytes_are_refused(cut: int) -> None:
    body = extracts_of([FULL])[0].to_bytes()
    with pytest.raises(ExtractFormatError):
        Extract.from_bytes(body[: cut % len(body)])


def test_a_changed_byte_is_noticed() -> None:
    body = bytearray(extracts_of([FULL])[0].to_bytes())
    body[len(body) // 2] ^= 1
    with pytest.raises(ExtractFormatError):
        Extract.from_bytes(bytes(body))


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"abstract": ""},
        {"authors": ("Kaiming He",)},
        {"organisation": None},
        {"source_keywords": ("world models",)},
        {"source_keywords": ("world models", "policies", "Kaiming He"), "authors": ("José Núñez",)},
    ],
)
def test_a_paper_of_other_words_has_another_mark(change: dict[str, object]) -> None:
    assert mark_of(replace(FULL, **change)) != mark_of(FULL)  # type: ignore[arg-type]  # any field
    assert mark_of(replace(FULL, code_stars=7, revision=3)) == mark_of(FULL)


def test_another_way_of_reading_has_another_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    before = mark_of(FULL)
    monkeypatch.setattr(extracts, "FORMAT", extracts.FORMAT + 1)
    assert mark_of(FULL) != before


def test_whoever_changes_how_papers_are_read_raises_the_format() -> None:
    """When this fails, extracts that stores keep are stale: raise ``FORMAT`` and write the new value here."""
    forget()
    found = [
        (
            sorted(zip(one.terms.tolist(), one.counts.tolist(), strict=True)),
            one.stemmed,
            one.lengths,
            one.fields,
        )
        for one in extracts_of([FULL, *ODD[:3]])
    ]
    seen = blake2b(repr(found).encode(), digest_size=8).hexdigest()
    assert (extracts.FORMAT, seen) == (5, "32e91e7608033920")


def test_terms_are_found_among_others_that_begin_alike() -> None:
    """Whatever the sought begin with, the first and the last number included, and each paper's in its row."""
    sought = np.array([2**64 - 1, 0, 7 << 60, (7 << 60) + 1, 1 << 20], dtype=np.uint64)
    near = np.concatenate([sought, sought + np.uint64(2), sought ^ np.uint64(1 << 40)])
    counts = np.zeros((len(near), 3), dtype=np.uint16)
    stack = Stack.of([Extract(terms, counts, 0, (0, 0, 0), b"") for terms in (near, near[::-1])])
    for some in (sought, sought[:1], sought[1:2]):
        rows, which = stack.find(some)
        expected = [(row, term) for row, term in enumerate(stack.terms.tolist()) if term in some.tolist()]
        assert list(zip(rows.tolist(), some[which].tolist(), strict=True)) == expected


def test_memory_is_bounded_and_what_it_forgot_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    monkeypatch.setattr(extracts, "KEPT", 5)
    found = extracts_of(STORE[:12])
    assert len(found) == 12
    assert len(unknown(STORE[:12])) == 7
    assert [one.terms.tolist() for one in extracts_of(STORE[:12])] == [one.terms.tolist() for one in found]


SAID = """policies policy classes boxes robots robot data sets set fine tuning finetuning abilities theories
ties generalization generalizing relational buses axes a i s es ies analyses movies ability"""
WORDS = st.sampled_from(SAID.split())


@given(st.lists(WORDS, min_size=1, max_size=12), st.integers(0, 11), st.integers(1, 4), st.integers(1, 12))
def test_a_clue_never_hides_what_stands_in_a_paper(
    said: list[str], start: int, length: int, letters: int
) -> None:
    """A keyword taken from the paper's own words is always found where its clue is looked for."""
    start %= len(said)
    run = said[start : start + length]
    text = " ".join(run)
    begin = " ".join([*run[:-1], run[-1][:letters]])
    keywords = [f'"{text}"', text, f"{begin}*" if len(run[-1][:letters]) > 2 else text]
    folded = [word.folded for word in read(Paper("1", " ".join(said))).fields[0]]
    for keyword in keywords:
        wanted = Wanted.of(_terms(keyword))
        found = count_rare([folded], [openings(folded)], wanted)
        for term in found:
            clues = Wanted.of([term]).clues.values()
            assert all(clue in joined(folded) for clue in clues), (term, clues)


def _terms(keyword: str) -> list[str]:
    from digest.ranking.units import unit_of_keyword

    units = map(unit_of_keyword, parse_profile(keyword))
    return [part.term for unit in units for part in (*unit.parts, *unit.loose)]
