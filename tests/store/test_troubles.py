"""What a driver reports becomes an error of ours where a person can mend it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, make_url, select, text
from sqlalchemy.exc import IntegrityError

from digest.errors import StoreBusy, StoreError
from digest.store.database import hasty, open_engine, reading, transaction
from digest.store.schema import CounterRow
from tests.stranger import shut_out


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


def test_a_server_that_is_not_there_is_named_without_its_password_and_nothing_untrue_is_promised() -> None:
    with (
        pytest.raises(StoreBusy, match="the store cannot be reached") as caught,
        reading(open_engine("postgresql://me:canary@127.0.0.1:1/nothing")) as session,
    ):
        session.execute(text("SELECT 1"))
    assert "postgresql://me:***@127.0.0.1:1/nothing runs" in caught.value.remedy
    assert "it is tried again" not in caught.value.remedy


def test_a_locked_store_is_called_so_and_named(engine: Engine, store_url: str) -> None:
    lock = select(CounterRow).with_for_update()
    with transaction(engine) as session:
        session.add(CounterRow(name="one", value=1))
    other = hasty(open_engine(store_url), timedelta(milliseconds=50))
    with transaction(engine) as holding:
        holding.execute(lock)
        with pytest.raises(StoreBusy, match="another process") as caught, transaction(other) as waiting:
            waiting.execute(lock)
    other.dispose()
    assert make_url(store_url).render_as_string() in caught.value.remedy


def test_a_store_in_a_folder_one_may_not_enter_says_whose_right_it_takes(
    sqlite_engine: Engine, sqlite_url: str, tmp_path: Path
) -> None:
    with (
        shut_out(tmp_path),
        pytest.raises(StoreError, match="no right to read the store") as caught,
        reading(sqlite_engine) as session,
    ):
        session.execute(text("SELECT 1"))
    assert sqlite_url.removeprefix("sqlite:///") in caught.value.remedy
