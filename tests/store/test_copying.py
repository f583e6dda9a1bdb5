"""A store moved from one database to another: nothing lost, numbers kept, and it goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from digest.errors import StoreError
from digest.model import Paper
from digest.store import papers, search
from digest.store.copying import copy
from digest.store.database import open_engine, reading, transaction
from digest.store.schema import Base, SearchRow, SubscriberRow
from tests.store.filling import fill

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def others(sqlite_url: str, postgres_url: str) -> Iterator[tuple[Engine, Engine]]:
    engines = open_engine(sqlite_url), open_engine(postgres_url)
    yield engines
    for engine in engines:
        engine.dispose()


def rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """What every table but the search's own holds, in the order of its keys."""
    with reading(engine) as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
            if table.name != SearchRow.__tablename__
        }


@pytest.mark.parametrize("way", ["to Postgres", "to SQLite"])
def test_every_row_of_every_table_arrives_as_it_was(others: tuple[Engine, Engine], way: str) -> None:
    source, target = others if way == "to Postgres" else others[::-1]
    fill(source)
    told: dict[str, int] = {}
    count = copy(source, target, tell=told.__setitem__)
    assert rows(target) == rows(source)
    assert sum(told.values()) == count
    assert all(told.values()), "a table was empty: nothing is shown of it"


def test_the_copy_goes_on_where_the_original_stopped(others: tuple[Engine, Engine]) -> None:
    source, target = others
    fill(source)
    with transaction(source) as session:
        papers.store(session, [Paper("2603.00009", "Diffusion policies", "They move a robot.")], now=NOW)
    copy(source, target)
    with reading(target) as session:
        newest = max(session.scalars(select(SubscriberRow.id)))
        held = (
            session.execute(select(SubscriberRow.__table__).where(SubscriberRow.id == newest))
            .mappings()
            .one()
        )
    with transaction(target) as session:
        values = {name: value for name, value in held.items() if name != "id"} | {
            "address": "new@example.org"
        }
        added = SubscriberRow(**values)
        session.add(added)
        session.flush()
        assert added.id == newest + 1
        assert [hit.paper.id for hit in search.find(session, "diffusion", limit=5)] == ["2603.00009"]


def test_a_target_that_holds_something_is_refused_and_stays_as_it_is(others: tuple[Engine, Engine]) -> None:
    source, target = others
    fill(source)
    fill(target)
    before = rows(target)
    with pytest.raises(StoreError, match="not empty"):
        copy(source, target)
    assert rows(target) == before
