"""The real source reads the sample days the same way through each of its three doors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from digest.demo.sample import FIRST_DAY, LAST_DAY, listings, sample_days
from digest.demo.server import SourceServer, sample_source
from digest.model import EmptyDay, Papers, Reading, Tier
from digest.sources.cards import parse_cards
from digest.sources.huggingface import HuggingFace

NOW = datetime(2026, 10, 17, 7, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[SourceServer]:
    with SourceServer(sample_source, now=NOW) as serving:
        yield serving


@pytest.fixture
def source(server: SourceServer) -> Iterator[HuggingFace]:
    opened = HuggingFace(server.url, contact="tests", version="0")
    yield opened
    opened.close()


def papers(reading: Reading) -> Papers:
    assert isinstance(reading.outcome, Papers), reading
    return reading.outcome


@pytest.mark.parametrize("day", sample_days())
def test_every_paper_is_read_through_the_api_and_none_refused(source: HuggingFace, day: datetime) -> None:
    reading = source.read_day(day, now=NOW)

    assert (reading.tier, reading.notes, papers(reading).refused) == (Tier.API, (), ())
    assert [(record.paper.id, record.upvotes, record.comments) for record in papers(reading).records] == [
        (listing.paper.id, listing.upvotes, listing.comments) for listing in listings(day, NOW)
    ]


def test_without_the_api_the_page_tells_the_same(
    server: SourceServer, source: HuggingFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_api = papers(source.read_day(LAST_DAY, now=NOW))
    monkeypatch.setattr(server, "days", sample_source)
    monkeypatch.setattr("digest.sources.huggingface.LIMIT", 500)  # the source answers with status 400
    reading = source.read_day(LAST_DAY, now=NOW)

    assert reading.tier is Tier.EMBEDDED
    assert papers(reading) == by_api


def test_the_cards_name_the_same_papers(server: SourceServer, source: HuggingFace) -> None:
    by_api = papers(source.read_day(LAST_DAY, now=NOW)).records
    page = parse_cards(server.respond(f"/papers/date/{LAST_DAY}").body)

    assert page.papers.refused == ()
    assert [
        (record.paper.id, record.paper.title, record.upvotes, record.comments or 0, record.paper.organisation)
        for record in page.papers.records
    ] == [
        (record.paper.id, record.paper.title, record.upvotes, record.comments, record.paper.organisation)
        for record in by_api
    ]


def test_hard_line_ends_are_gone_and_what_came_is_kept(source: HuggingFace) -> None:
    records = papers(source.read_day(FIRST_DAY, now=NOW)).records
    wrapped = [record.paper for record in records if "\n" in record.paper.source_title]

    assert wrapped
    assert all("\n" not in paper.title + paper.abstract for paper in wrapped)
    assert {paper.title for paper in wrapped} <= {
        " ".join(listing.paper.title.split()) for listing in listings(FIRST_DAY, NOW)
    }


def test_a_saturday_is_an_empty_day(source: HuggingFace) -> None:
    assert source.read_day(LAST_DAY + timedelta(days=1), now=NOW).outcome == EmptyDay()
