"""Opening the database, transactions and the schema."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from benchmarks.shows.server import postgres
from digest.errors import ConfigError, SchemaError, StoreError
from digest.store.database import SERVER_NOTICES, database_now, make_place, open_engine, reading, transaction
from digest.store.migrating import differences, upgrade
from digest.store.revisions import check_schema, current, head
from digest.store.schema import AlarmRow

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


def alarm(key: str) -> AlarmRow:
    return AlarmRow(key=key, detail="", raised_at=NOW, told_at=None, cleared_at=None)


def test_models_and_migrations_agree(engine: Engine) -> None:
    assert differences(engine) == []


def test_a_migrated_store_is_at_the_head(engine: Engine) -> None:
    check_schema(engine)
    assert current(engine) == head()


def test_a_store_without_schema_is_refused_with_the_command_to_run(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    make_place(engine)
    with pytest.raises(SchemaError) as caught:
        check_schema(engine)
    assert "digest db upgrade" in caught.value.remedy


def test_a_newer_schema_is_refused(sqlite_engine: Engine) -> None:
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match="newer"):
        check_schema(sqlite_engine)
    with pytest.raises(SchemaError, match="newer"):
        upgrade(sqlite_engine)


def test_times_come_back_aware_and_in_utc(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(alarm("a"))
    with reading(engine) as session:
        assert session.scalars(select(AlarmRow.raised_at)).one() == NOW
        assert session.scalars(select(AlarmRow.raised_at)).one().tzinfo is UTC


def test_a_naive_time_is_refused(engine: Engine) -> None:
    row = alarm("a")
    row.raised_at = datetime(2026, 3, 2)  # noqa: DTZ001  the point of the test
    with pytest.raises(Exception, match="without a zone"), transaction(engine) as session:
        session.add(row)


def test_an_error_rolls_the_whole_transaction_back(engine: Engine) -> None:
    def fail_half_way() -> None:
        with transaction(engine) as session:
            session.add(alarm("a"))
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    with reading(engine) as session:
        assert session.scalars(select(AlarmRow)).all() == []


def test_the_databases_clock_is_aware(engine: Engine) -> None:
    with reading(engine) as session:
        assert database_now(session).tzinfo is UTC


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "oracle://x/y"])
def test_an_address_that_is_no_supported_database_is_named(url: str) -> None:
    with pytest.raises(ConfigError, match=r"store\.url|driver"):
        open_engine(url)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    engine = open_engine(f"sqlite:///{tmp_path / 'file' / 'store.sqlite3'}")
    with pytest.raises(StoreError, match="cannot be made"):
        make_place(engine)


def test_a_store_is_made_where_it_is_asked_for_and_never_by_looking(tmp_path: Path) -> None:
    place = tmp_path / "new" / "folder" / "store.sqlite3"
    engine = open_engine(f"sqlite:///{place}")
    with pytest.raises(StoreError, match="no such store") as refused, reading(engine) as session:
        session.execute(text("SELECT 1"))
    with pytest.raises(StoreError, match="no such store"), transaction(engine) as session:
        session.execute(text("CREATE TABLE some (thing TEXT)"))
    assert str(place) in refused.value.remedy
    assert list(tmp_path.iterdir()) == []
    make_place(engine)
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE some (thing TEXT)"))
    make_place(engine)
    with reading(engine) as session:
        assert session.execute(text("SELECT count(*) FROM some")).scalar_one() == 0
    engine.dispose()


def test_postgres_is_told_to_notice_clients_that_were_cut_off() -> None:
    """Over TCP, as from another host; over a Unix socket nobody can be cut off."""
    with postgres(settings={}) as server:
        engine = open_engine(server.url)
        with reading(engine) as session:
            told = {name: session.execute(text(f"SHOW {name}")).scalar_one() for name in SERVER_NOTICES}
        engine.dispose()
    assert {name: int(value) for name, value in told.items()} == SERVER_NOTICES
