"""A backup is whole whatever is written meanwhile, and never replaces a good file by a bad one."""

from __future__ import annotations

import stat
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest.errors import StoreError
from digest.model import Paper, Record
from digest.store import counters, listings, papers
from digest.store.backup import backup
from digest.store.database import open_engine, reading, transaction
from digest.store.revisions import check_schema

NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)
DAY = date(2026, 9, 28)


def add(engine: Engine, number: int) -> None:
    """One paper and its listing, in one transaction: a copy holds both or neither."""
    paper = Paper(f"2609.{number:05}", "A title", "words " * 300)
    with transaction(engine) as session:
        papers.store(session, [paper], now=NOW)
        arrival = counters.next_arrival(session)
        listings.store(session, DAY, [Record(paper)], arrival=arrival, silent=False, now=NOW)


def test_a_backup_made_while_others_write_is_whole(sqlite_engine: Engine, tmp_path: Path) -> None:
    for number in range(50):
        add(sqlite_engine, number)
    stop = threading.Event()

    def write() -> None:
        number = 50
        while not stop.is_set() and number < 2_000:
            add(sqlite_engine, number)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    target = tmp_path / "copy.sqlite3"
    size = backup(sqlite_engine, target)
    stop.set()
    writer.join()
    assert size == target.stat().st_size
    copy = open_engine(f"sqlite:///{target}")
    check_schema(copy)
    with reading(copy) as session:
        found = listings.of_day(session, DAY)
        assert (
            len(found)
            == counters.arrival(session)
            == len(papers.load(session, [one.paper_id for one in found]))
        )
        assert len(found) >= 50
    copy.dispose()
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".part")] == []


def test_progress_is_told(sqlite_engine: Engine, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    backup(sqlite_engine, tmp_path / "copy", tell=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] > 0


def test_a_backup_that_fails_leaves_the_earlier_one(sqlite_engine: Engine, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite3"
    target.write_bytes(b"an earlier backup")
    Path(str(sqlite_engine.url.database)).write_bytes(b"SQLite format 3\0 but not really" * 100)
    with pytest.raises(StoreError):
        backup(sqlite_engine, target)
    assert target.read_bytes() == b"an earlier backup"


@pytest.mark.parametrize(
    "name", ["store.sqlite3", "store.sqlite3-wal", "store.sqlite3-shm", "link", "twin", "x"]
)
def test_the_store_itself_is_no_target_by_whatever_name(
    sqlite_engine: Engine, tmp_path: Path, name: str
) -> None:
    store = Path(str(sqlite_engine.url.database))
    (tmp_path / "link").symlink_to(store)
    (tmp_path / "twin").hardlink_to(store)
    (tmp_path / "x.part").symlink_to(store)  # what a copy is made in before it takes its place
    add(sqlite_engine, 1)
    before = store.stat().st_ino
    with pytest.raises(StoreError, match="the store itself") as refused:
        backup(sqlite_engine, tmp_path / name)
    assert refused.value.remedy
    sqlite_engine.dispose()
    assert store.stat().st_ino == before
    with reading(open_engine(f"sqlite:///{store}")) as session:
        assert len(listings.of_day(session, DAY)) == 1


def test_a_store_that_is_named_by_a_link_is_itself_no_target(sqlite_url: str, tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite3"
    (tmp_path / "link").symlink_to(store)
    engine = open_engine(f"sqlite:///{tmp_path / 'link'}")
    for name in ("store.sqlite3", "store.sqlite3-wal"):
        with pytest.raises(StoreError, match="the store itself"):
            backup(engine, tmp_path / name)
    engine.dispose()


def test_of_a_damaged_copy_the_first_fault_is_told(sqlite_engine: Engine, tmp_path: Path) -> None:
    with transaction(sqlite_engine) as session:
        papers.store(session, [Paper(f"2609.{n:05}", "A title", "words " * 300) for n in range(300)], now=NOW)
    sqlite_engine.dispose()  # the last one out puts what is in the WAL into the file
    store = Path(str(sqlite_engine.url.database))
    body = bytearray(store.read_bytes())
    size = int.from_bytes(body[16:18], "big")  # of a page
    for page in range(100, 180):
        body[page * size : page * size + 8] = b"damaged!"
    store.write_bytes(body)
    with pytest.raises(StoreError, match=r"the copy is damaged: .*Page") as refused:
        backup(sqlite_engine, tmp_path / "copy")
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_not_there_is_named(sqlite_engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        backup(sqlite_engine, tmp_path / "nowhere" / "copy.sqlite3")


def test_a_copy_is_read_by_its_owner_alone_also_where_an_open_one_was(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    target = tmp_path / "copy.sqlite3"
    target.write_bytes(b"an earlier backup")
    target.chmod(0o644)
    backup(sqlite_engine, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_postgres_is_backed_up_by_its_own_tool(postgres_url: str, tmp_path: Path) -> None:
    engine = open_engine(postgres_url)
    with pytest.raises(StoreError) as caught:
        backup(engine, tmp_path / "copy")
    engine.dispose()
    assert "pg_dump" in caught.value.remedy
