"""What a driver reports becomes an error of ours where a person can mend it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import IntegrityError

from digest.errors import StoreBusy, StoreError
from digest.store.database import open_engine, reading, transaction
from digest.store.schema import CounterRow


def test_a_file_that_is_no_store_is_called_damaged(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite3"
    file.write_bytes(b"no database at all" * 100)
    with (
        pytest.raises(StoreError, match="the store is damaged"),
        reading(open_engine(f"sqlite:///{file}")) as session,
    ):
        session.execute(text("SELECT 1 FROM subscribers"))


def test_pages_that_were_overwritten_are_called_damaged(sqlite_url: str, sqlite_engine: Engine) -> None:
    sqlite_engine.dispose()
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.write_bytes(file.read_bytes()[:4096] + bytes(len(file.read_bytes()) - 4096))
    with pytest.raises(StoreError, match="the store is damaged"), reading(sqlite_engine) as session:
        session.execute(text("SELECT count(*) FROM subscribers"))


def test_a_missing_table_names_the_command(engine: Engine) -> None:
    with pytest.raises(StoreError, match="no schema") as caught, reading(engine) as session:
        session.execute(text("SELECT 1 FROM no_table_of_ours"))
    assert "digest db upgrade" in caught.value.remedy


def test_a_value_that_reads_like_a_trouble_of_the_disk_is_none(engine: Engine) -> None:
    """The text of a broken constraint quotes values."""
    twice = insert(CounterRow).values(name="is full, readonly, malformed", value=1)
    with transaction(engine) as session:
        session.execute(twice)
    with pytest.raises(IntegrityError), transaction(engine) as session:
        session.execute(twice)


def test_a_server_that_is_not_there_is_a_busy_store() -> None:
    with (
        pytest.raises(StoreBusy, match="busy or out of reach"),
        reading(open_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")) as session,
    ):
        session.execute(text("SELECT 1"))
