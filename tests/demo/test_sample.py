"""The sample days hold what a demo and a test need: enough papers, and the source's real oddities."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.demo.sample import (
    FIRST_DAY,
    LAST_DAY,
    Placing,
    SamplePaper,
    listings,
    sample_days,
    upvotes_at,
)

MUCH_LATER = datetime(2026, 11, 30, tzinfo=UTC)
PLACINGS: list[Placing] = [placing for placings in sample_days().values() for placing in placings]
PAPERS: dict[str, SamplePaper] = {placing.paper.id: placing.paper for placing in PLACINGS}


def days_of(paper_id: str) -> list[date]:
    return [placing.day for placing in PLACINGS if placing.paper.id == paper_id]


def test_there_are_three_consecutive_weekdays_of_at_least_25_papers() -> None:
    days = list(sample_days())

    assert days == [FIRST_DAY, FIRST_DAY + timedelta(days=1), LAST_DAY]
    assert all(day.weekday() < 5 for day in days)
    assert all(len(placings) >= 25 for placings in sample_days().values())


def test_a_paper_stands_on_a_day_once_and_ids_are_nobody_elses() -> None:
    for placings in sample_days().values():
        assert len({placing.paper.id for placing in placings}) == len(placings)
    # arXiv has never come near 90,000 papers a month: these ids will not be given to real papers
    assert all(re.fullmatch(r"26(09|10)\.9\d{4}", paper_id) for paper_id in PAPERS)


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS.keys())
def test_an_abstract_reads_like_one(paper: SamplePaper) -> None:
    assert 80 <= len(paper.abstract.split()) <= 180
    assert paper.abstract.endswith(".")
    assert paper.authors
    assert unicodedata.is_normalized("NFC", paper.title + paper.abstract)


def test_one_paper_stands_on_two_days() -> None:
    assert [days_of(paper_id) for paper_id in PAPERS if len(days_of(paper_id)) > 1] == [[FIRST_DAY, LAST_DAY]]


def test_one_paper_joins_its_day_when_the_day_is_over() -> None:
    late = [placing for placing in PLACINGS if placing.hour >= 24]

    assert len(late) == 1
    before, after = late[0].joined_at - timedelta(minutes=1), late[0].joined_at
    assert late[0].paper not in [listing.paper for listing in listings(late[0].day, before)]
    assert late[0].paper in [listing.paper for listing in listings(late[0].day, after)]


def test_one_paper_climbs_long_after_its_day() -> None:
    (placing,) = [placing for placing in PLACINGS if placing.surge]
    end_of_day = datetime.combine(placing.day + timedelta(days=1), datetime.min.time(), UTC)

    assert upvotes_at(placing.paper.id, end_of_day) < 5
    assert upvotes_at(placing.paper.id, end_of_day + timedelta(days=2)) > 100


@pytest.mark.parametrize(
    "piece", ["10times", "leq 1%", "mathcal{O}", r"$\mathcal{O}", "name{", r"\%", "π_{0.9}", "Omega(2^{d})"]
)
def test_there_is_residue_of_latex(piece: str) -> None:
    assert any(piece in paper.title + paper.abstract for paper in PAPERS.values())


@pytest.mark.parametrize("piece", ["<think>", "<SEG>", "<subject, object, predicate>", "<1 GB", "&"])
def test_titles_and_abstracts_hold_what_html_would_take_for_markup(piece: str) -> None:
    assert any(piece in paper.title for paper in PAPERS.values())


def test_some_papers_have_unusual_authors() -> None:
    counts = [len(paper.authors) for paper in PAPERS.values()]
    names = [author.name for paper in PAPERS.values() for author in paper.authors]

    assert max(counts) > 100
    assert min(counts) == 1
    assert any(
        len({author.name for author in paper.authors}) < len(paper.authors) for paper in PAPERS.values()
    )
    assert any(author.account for paper in PAPERS.values() for author in paper.authors)
    assert sum(not name.isascii() for name in names) > 20


def test_some_papers_lack_what_others_have() -> None:
    for key in ("organisation", "repository", "project_page", "ai_summary", "ai_keywords", "media"):
        having = [paper for paper in PAPERS.values() if getattr(paper, key)]
        assert 5 <= len(having) <= len(PAPERS) - 5, key


def test_titles_are_short_and_long_and_ids_end_in_zero() -> None:
    lengths = [len(paper.title) for paper in PAPERS.values()]

    assert min(lengths) == 7
    assert max(lengths) > 200
    assert sum(paper_id.endswith("0") for paper_id in PAPERS) >= 10


def test_some_titles_and_abstracts_are_hard_wrapped() -> None:
    assert sum("\n  " in paper.title for paper in PAPERS.values()) >= 3
    assert sum("\n" in paper.abstract for paper in PAPERS.values()) >= 4


def test_some_listings_have_no_upvotes_and_no_comments() -> None:
    last = listings(LAST_DAY, MUCH_LATER)

    assert any(listing.upvotes == 0 for listing in last)
    assert any(listing.comments == 0 for listing in last)
    assert any(listing.upvotes > 100 for listing in last)


def test_a_day_fills_and_its_upvotes_grow() -> None:
    noon = datetime(2026, 10, 14, 12, tzinfo=UTC)
    by_noon, by_night = listings(FIRST_DAY, noon), listings(FIRST_DAY, noon + timedelta(hours=12))

    assert 10 < len(by_noon) < len(by_night) == 26
    votes = {listing.paper.id: listing.upvotes for listing in by_night}
    assert all(listing.upvotes <= votes[listing.paper.id] for listing in by_noon)
    assert sum(listing.upvotes for listing in by_noon) < sum(votes.values())


def test_the_page_is_ordered_by_upvotes() -> None:
    votes = [listing.upvotes for listing in listings(FIRST_DAY, MUCH_LATER)]

    assert votes == sorted(votes, reverse=True)


def test_days_outside_the_sample_are_empty() -> None:
    assert listings(FIRST_DAY - timedelta(days=1), MUCH_LATER) == []
    assert listings(LAST_DAY + timedelta(days=1), MUCH_LATER) == []


def test_a_paper_has_the_same_upvotes_on_both_of_its_days() -> None:
    first = {listing.paper.id: listing.upvotes for listing in listings(FIRST_DAY, MUCH_LATER)}
    last = {listing.paper.id: listing.upvotes for listing in listings(LAST_DAY, MUCH_LATER)}
    both = first.keys() & last.keys()

    assert len(both) == 1
    assert {first[paper_id] for paper_id in both} == {last[paper_id] for paper_id in both}
