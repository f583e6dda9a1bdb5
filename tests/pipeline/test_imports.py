"""Saved pages and kept answers go the same way as fresh ones, silently."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest.errors import ParseError, SourceError
from digest.model import DayState, RawAnswer, Tier
from digest.pipeline.backfill import find_gaps, is_done
from digest.pipeline.imports import import_saved, replay
from digest.sources.saved import read_saved
from digest.store import days, listings, papers, raw_answers
from digest.store.database import reading, transaction
from tests.sources.shapes import ARROWS, DAY, api, card, item, page, props

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "tier"),
    [
        (api(item()), Tier.API),
        (page(props(item())), Tier.EMBEDDED),
        (page(None, body=ARROWS + card()), Tier.CARDS),
        (gzip.compress(api(item())), Tier.API),
        (gzip.compress(api(item())[:20]) + gzip.compress(api(item())[20:]), Tier.API),
        (b"\xef\xbb\xbf " + api(item()), Tier.API),
    ],
)
def test_whatever_was_saved_is_recognised_with_its_day(body: bytes, tier: Tier) -> None:
    saved = read_saved(body)
    assert (saved.tier, saved.day) == (tier, DAY)
    assert [record.paper.id for record in saved.papers.records] == ["2609.00010"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"PK\x03\x04", "neither"),
        (b'{"error": "not found"}', "an error of the API"),
        (gzip.compress(api(item()))[:-6], "cut short"),
        (b"\x1f\x8b nonsense", "damaged"),
        (gzip.compress(api(item())) + b"nonsense", "damaged"),
        (page(None), "no cards"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(body: bytes, says: str) -> None:
    with pytest.raises(ParseError, match=says):
        read_saved(body)


def test_an_import_is_silent_and_does_not_settle_the_day(engine: Engine) -> None:
    done = import_saved(engine, api(item(), item("2609.00020")), now=NOW)
    assert (done.day, done.papers, done.added, done.new_papers) == (DAY, 2, 2, 2)
    with reading(engine) as session:
        assert all(listing.silent for listing in listings.of_day(session, DAY))
        day = days.load(session, DAY)
    assert day is not None
    assert (day.state, day.listed, day.notes) == (DayState.SETTLING, 2, ("imported from a file",))
    assert not is_done(day)


def test_an_old_page_takes_no_votes_back_and_adds_what_is_missing(engine: Engine) -> None:
    import_saved(engine, api(item(upvotes=90)), now=NOW)
    done = import_saved(engine, page(props(item(upvotes=3), item("2609.00020"))), now=NOW)
    assert done.added == 1
    with reading(engine) as session:
        votes = {listing.paper_id: listing.upvotes for listing in listings.of_day(session, DAY)}
        day = days.load(session, DAY)
    assert votes == {"2609.00010": 90, "2609.00020": 7}
    assert day is not None
    assert day.listed == 2


def test_the_same_import_twice_is_once(engine: Engine) -> None:
    import_saved(engine, api(item()), now=NOW)
    done = import_saved(engine, api(item()), now=NOW)
    assert (done.added, done.new_papers) == (0, 0)


def test_a_trending_page_brings_papers_but_no_listing(sqlite_engine: Engine) -> None:
    done = import_saved(sqlite_engine, page(props(item(), isTrending=True)), now=NOW, hint=DAY)
    assert (done.day, done.new_papers, done.added) == (None, 1, 0)
    with reading(sqlite_engine) as session:
        assert listings.of_day(session, DAY) == []
        assert "2609.00010" in papers.load(session, ["2609.00010"])


def test_a_body_without_a_day_takes_the_hint_or_is_refused(sqlite_engine: Engine) -> None:
    body = api(item(submittedOnDailyAt=None))
    with pytest.raises(SourceError, match="does not say of which day"):
        import_saved(sqlite_engine, body, now=NOW)
    assert import_saved(sqlite_engine, body, now=NOW, hint=DAY).day == DAY


@pytest.mark.parametrize(
    "more", [{"periodType": "week"}, {"periodType": "month"}, {"query": {"q": "agents"}}]
)
def test_a_page_of_a_week_a_month_or_a_search_brings_papers_but_no_listing(
    sqlite_engine: Engine, more: dict[str, object]
) -> None:
    done = import_saved(sqlite_engine, page(props(item(), **more)), now=NOW, hint=DAY)
    assert (done.day, done.new_papers, done.added) == (None, 1, 0)
    with reading(sqlite_engine) as session:
        assert list(papers.load(session, ["2609.00010"])) == ["2609.00010"]
        assert days.load(session, DAY) is None


def test_a_day_still_to_come_is_refused(sqlite_engine: Engine) -> None:
    later = NOW.date() + timedelta(days=1)
    for body, day in [(b"[]", later), (page(props(item(), dateString=str(later))), None)]:
        with pytest.raises(SourceError, match="still to come"):
            import_saved(sqlite_engine, body, now=NOW, day=day)


def test_a_file_without_papers_is_believed_of_a_weekend_only(sqlite_engine: Engine) -> None:
    with pytest.raises(SourceError, match="lists no paper, and 2026-09-28 is a Monday"):
        import_saved(sqlite_engine, b"[]", now=NOW, hint=DAY)
    import_saved(sqlite_engine, b"[]", now=NOW, hint=DAY - timedelta(days=1))
    with reading(sqlite_engine) as session:
        assert [day.day for day in days.ledger(session, DAY - timedelta(days=9), DAY)] == [
            DAY - timedelta(days=1)
        ]


def test_a_day_partly_known_from_cards_is_a_gap(sqlite_engine: Engine) -> None:
    body = page(props(item("2609.00010")), body=card("2609.00010") + card("2609.00020"))
    import_saved(sqlite_engine, body, now=NOW)
    assert find_gaps(sqlite_engine, DAY, DAY, now=NOW).incomplete == (DAY,)


def test_a_page_of_another_day_than_named_is_refused(sqlite_engine: Engine) -> None:
    with pytest.raises(SourceError, match="is of 2026-09-28, not of 2026-09-29"):
        import_saved(sqlite_engine, page(props(item())), now=NOW, day=DAY + timedelta(days=1))


def keep(engine: Engine, body: bytes, tier: Tier = Tier.API, *, minutes: int = 0) -> None:
    place = f"api/daily_papers?date={DAY}&limit=100&p=0" if tier is Tier.API else f"papers/date/{DAY}"
    moment = NOW + timedelta(minutes=minutes)
    with transaction(engine) as session:
        raw_answers.keep(session, DAY, (RawAnswer(f"https://hf.example/{place}", tier, 200, moment, body),))


def test_a_replay_reads_the_newest_kept_answers_again(engine: Engine) -> None:
    import_saved(engine, api(item(title="Wrongly parsed")), now=NOW)
    keep(engine, api(item(title="An older answer")))
    keep(engine, api(item(title="Rightly parsed")), minutes=5)
    done = replay(engine, DAY, DAY)
    assert (done.days, done.changed_papers, done.added, done.without) == (1, 1, 0, ())
    with reading(engine) as session:
        assert papers.load(session, ["2609.00010"])["2609.00010"].title == "Rightly parsed"


def test_a_replay_falls_from_a_broken_answer_to_the_page(sqlite_engine: Engine) -> None:
    keep(sqlite_engine, b"[")
    keep(sqlite_engine, page(props(item())), Tier.EMBEDDED)
    assert replay(sqlite_engine, DAY, DAY).added == 1


@pytest.mark.parametrize("body", [b"[]", b"<html>", b""])
def test_a_kept_answer_without_papers_changes_nothing(sqlite_engine: Engine, body: bytes) -> None:
    import_saved(sqlite_engine, api(item()), now=NOW)
    keep(sqlite_engine, body)
    before = _ledger(sqlite_engine)
    assert replay(sqlite_engine, DAY, DAY).without == (DAY,)
    assert _ledger(sqlite_engine) == before


def test_an_empty_answer_for_a_day_that_is_known_as_empty_is_no_news(sqlite_engine: Engine) -> None:
    keep(sqlite_engine, b"[]")
    done = replay(sqlite_engine, DAY, DAY)
    assert (done.days, done.without) == (0, ())


def _ledger(engine: Engine) -> object:
    with reading(engine) as session:
        return days.ledger(session, DAY, DAY)


@pytest.mark.real_data
def test_the_saved_pages_and_bodies_of_the_archive_are_imported(
    sqlite_engine: Engine, real_data: Path
) -> None:
    def imported(name: str, hint: date | None = None) -> tuple[date | None, int]:
        done = import_saved(sqlite_engine, (real_data / name).read_bytes(), now=NOW, hint=hint)
        return done.day, done.papers

    assert imported("html/papers-2024-08-01.html.gz") == (date(2024, 8, 1), 13)
    assert imported("api/page-props-2024-08-01.json") == (date(2024, 8, 1), 13)
    assert imported("html/papers-2026-09-28.abridged.html") == (date(2026, 9, 28), 6)
    assert imported("api/daily_papers-2026-08-03.three-items.json") == (date(2026, 8, 3), 3)
    assert imported("days-2026-api-shaped/2026-03-02.json.gz")[0] == date(2026, 3, 2)
    with pytest.raises(ParseError, match="error of the API"):
        imported("api/error-not-found.json")
