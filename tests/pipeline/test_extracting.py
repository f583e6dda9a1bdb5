"""Extracts: made when a paper comes, read by every later process, healed where they do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from digest.model import Paper
from digest.pipeline import extracting
from digest.pipeline.collect import collect
from digest.pipeline.extracting import KEPT, keep_up, make_known
from digest.pipeline.tidying import tidy_source
from digest.ranking import extracts as known
from digest.ranking.extracts import Extract
from digest.ranking.terms import Text
from digest.store import extracts, papers
from digest.store.database import hasty, open_engine, reading, transaction
from digest.store.extracts import StoredExtract
from digest.store.schema import ExtractRow
from tests.shelf import Shelf, paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = date(2026, 11, 20)
LONG_AGO = TODAY - KEPT - timedelta(days=1)


@pytest.fixture(autouse=True)
def _a_process_that_has_just_started() -> Iterator[None]:
    known.forget()
    yield
    known.forget()


def collected(engine: Engine, titles: list[str], day: date = TODAY) -> list[Paper]:
    """Papers as the store has them after a day was read."""
    records = [paper(number, title) for number, title in enumerate(titles, start=day.toordinal() % 1000 * 50)]
    collect(engine, Shelf({day: records}), now=NOW, days=[day])
    with reading(engine) as session:
        return list(papers.load(session, [one.paper.id for one in records]).values())


def kept(engine: Engine) -> dict[str, StoredExtract]:
    with reading(engine) as session:
        return extracts.load(session, list(session.scalars(select(ExtractRow.paper_id))))


def read_anew(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Notes how many papers are read word by word each time."""
    seen: list[int] = []
    whole = known._extracts

    def noted(texts: Sequence[Text]) -> Iterator[Extract]:
        seen.append(len(texts))
        return whole(texts)

    monkeypatch.setattr(known, "_extracts", noted)
    return seen


def test_a_stored_paper_is_read_once_for_all_processes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = collected(engine, ["Diffusion", "Agents that plan"])
    assert {one: row.mark for one, row in kept(engine).items()} == {
        one.id: known.mark_of(one) for one in stored
    }
    known.forget()
    seen = read_anew(monkeypatch)
    make_known(engine, stored)
    assert known.unknown(stored) == []
    assert known.extracts_of(stored)[0].fields[0] == ["diffusion"]
    assert sum(seen) == 0


def test_a_changed_paper_is_read_anew(engine: Engine) -> None:
    (before,) = collected(engine, ["Diffusion"])
    (after,) = collected(engine, ["Diffusion, renewed"])
    assert (before.id, after.revision) == (after.id, before.revision + 1)
    make_known(engine, [after])
    assert kept(engine)[after.id].mark == known.mark_of(after)
    assert known.extracts_of([after])[0].fields[0] == ["diffusion", "", "renewed"]


@pytest.mark.parametrize("spoilt", [StoredExtract("another", b"x"), None])
def test_what_does_not_fit_is_read_anew_a_portion_at_a_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, spoilt: StoredExtract | None
) -> None:
    """Bytes of another version, and bytes that are damaged though their mark fits."""
    stored = collected(engine, ["Diffusion", "Agents", "Robots", "Speech", "Vision"])
    rows = {one.id: spoilt or StoredExtract(known.mark_of(one), b"damaged") for one in stored}
    with transaction(engine) as session:
        extracts.save(session, rows)
    known.forget()
    monkeypatch.setattr(extracting, "PORTION", 2)
    seen = read_anew(monkeypatch)
    make_known(engine, stored)
    assert [number for number in seen if number] == [2, 2, 1]
    assert all(kept(engine)[one.id].mark == known.mark_of(one) for one in stored)
    assert all(kept(engine)[one.id].body == known.extracts_of([one])[0].to_bytes() for one in stored)


def test_only_recent_papers_are_kept_up(engine: Engine) -> None:
    recent = collected(engine, ["New"])
    collected(engine, ["Of old"], LONG_AGO)
    assert kept(engine).keys() == {one.id for one in recent}
    with transaction(engine) as session:
        session.query(ExtractRow).delete()
    keep_up(engine, now=NOW)
    assert kept(engine).keys() == {one.id for one in recent}


def test_where_nothing_came_for_months_what_profiles_are_tried_on_is_kept(engine: Engine) -> None:
    stored = collected(engine, ["Of old"], LONG_AGO)
    tidy_source(engine, now=NOW, keep_raw_days=30, observations_days=400)
    with transaction(engine) as session:
        session.query(ExtractRow).delete()
    keep_up(engine, now=NOW)
    tidy_source(engine, now=NOW, keep_raw_days=30, observations_days=400)
    assert kept(engine).keys() == {one.id for one in stored}


def test_a_store_that_is_busy_only_means_that_nothing_is_kept(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    stored = collected(engine, ["Diffusion"])
    with transaction(engine) as session:
        session.query(ExtractRow).delete()
    known.forget()
    writer = open_engine(sqlite_url)
    with transaction(writer) as session:
        session.scalar(select(func.count()).select_from(ExtractRow))
        make_known(hasty(engine, timedelta(milliseconds=10)), stored)
    assert known.unknown(stored) == []
    assert kept(engine) == {}
    writer.dispose()
    engine.dispose()
