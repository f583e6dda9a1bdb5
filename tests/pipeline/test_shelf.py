"""The shelf: read once, and again when a stored read has come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from digest.errors import TooMany
from digest.pipeline.collect import collect
from digest.pipeline.shelf import DAYS
from digest.pipeline.shelf import Shelf as Kept
from tests.shelf import Shelf, paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = date(2026, 11, 20)
OLD = TODAY - timedelta(days=DAYS)


def test_the_material_is_held_until_a_stored_read_has_come(sqlite_engine: Engine) -> None:
    source = Shelf({TODAY: [paper(1, "Diffusion")], OLD: [paper(2, "Too old")]})
    kept = Kept()
    assert kept.material(sqlite_engine, now=NOW).candidates == ()
    collect(sqlite_engine, source, now=NOW, days=[OLD, TODAY])
    first = kept.material(sqlite_engine, now=NOW)
    assert [one.paper.title for one in first.candidates] == ["Diffusion"]
    assert kept.material(sqlite_engine, now=NOW) is first
    source.add(TODAY, paper(3, "Agents"))
    collect(sqlite_engine, source, now=NOW, days=[TODAY])
    assert len(kept.material(sqlite_engine, now=NOW).candidates) == 2


def test_the_last_days_end_with_the_newest_stored_one(sqlite_engine: Engine) -> None:
    """A source out of reach for months makes no profile empty."""
    source = Shelf({TODAY: [paper(1, "Diffusion")], OLD: [paper(2, "Too old")]})
    collect(sqlite_engine, source, now=NOW, days=[OLD, TODAY])
    months_later = NOW + timedelta(days=200)
    assert [one.day for one in Kept().material(sqlite_engine, now=months_later).candidates] == [TODAY]


def test_while_one_request_reads_anew_others_take_what_there_was(sqlite_engine: Engine) -> None:
    source, kept = Shelf({TODAY: [paper(1, "Diffusion")]}), Kept()
    collect(sqlite_engine, source, now=NOW, days=[TODAY])
    first = kept.material(sqlite_engine, now=NOW)
    source.add(TODAY, paper(2, "Agents"))
    collect(sqlite_engine, source, now=NOW, days=[TODAY])
    with kept._lock:  # as while another reads
        assert kept.material(sqlite_engine, now=NOW) is first
    assert len(kept.material(sqlite_engine, now=NOW).candidates) == 2


def test_while_the_first_reading_takes_long_others_are_told_to_try_again(sqlite_engine: Engine) -> None:
    kept = Kept(patience=0.01)
    with kept._lock, pytest.raises(TooMany):  # as while another reads
        kept.material(sqlite_engine, now=NOW)
    assert kept.material(sqlite_engine, now=NOW).candidates == ()
