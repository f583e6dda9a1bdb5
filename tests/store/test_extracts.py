"""Extracts of papers: one a paper, the newest, for as long as the paper is recent."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Engine

from digest.model import Paper, Record
from digest.store import extracts, listings, papers
from digest.store.database import transaction
from digest.store.extracts import StoredExtract

NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)
OLD, NEW = date(2026, 5, 1), date(2026, 9, 28)


def list_papers(engine: Engine) -> None:
    """One paper listed long ago, one now, one on both days."""
    known = [Paper(f"2609.{number}", "T") for number in range(3)]
    with transaction(engine) as session:
        papers.store(session, known, now=NOW)
        for day, some in ((OLD, known[:2]), (NEW, known[1:])):
            records = [Record(paper, upvotes=1, comments=0) for paper in some]
            listings.store(session, day, records, arrival=1, silent=False, now=NOW)


def test_the_newest_extract_of_a_paper_is_kept(engine: Engine) -> None:
    list_papers(engine)
    with transaction(engine) as session:
        extracts.save(session, {})
        extracts.save(session, {"2609.0": StoredExtract("a", b"1"), "2609.1": StoredExtract("b", b"2")})
        extracts.save(session, {"2609.1": StoredExtract("c", b"3")})
        assert extracts.load(session, ["2609.0", "2609.1", "2609.2"]) == {
            "2609.0": StoredExtract("a", b"1"),
            "2609.1": StoredExtract("c", b"3"),
        }


def test_what_recent_papers_lack_is_told(engine: Engine) -> None:
    list_papers(engine)
    with transaction(engine) as session:
        assert extracts.missing(session, OLD) == ["2609.0", "2609.1", "2609.2"]
        extracts.save(session, {"2609.1": StoredExtract("b", b"2")})
        assert extracts.missing(session, NEW) == ["2609.2"]


def test_extracts_of_papers_that_stand_on_no_recent_day_go(engine: Engine) -> None:
    list_papers(engine)
    with transaction(engine) as session:
        extracts.save(session, {f"2609.{number}": StoredExtract("a", b"1") for number in range(3)})
        assert extracts.forget(session, before=NEW) == 1
        assert extracts.load(session, ["2609.0", "2609.1", "2609.2"]).keys() == {"2609.1", "2609.2"}
