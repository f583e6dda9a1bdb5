"""A copy of the store while it is in use: whole, checked, and put in place at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Engine

from digest.errors import StoreError
from digest.store.database import OWNER_ALONE, STORE_FILES, refuse_missing

PAGES_A_STEP = 2_000
"""Copied at a time: writers get their turn in between."""


def backup(
    engine: Engine, target: Path, *, tell: Callable[[int, int], object] = lambda _done, _all: None
) -> int:
    """Copy the SQLite store to ``target`` with the online way, and check the copy; return its bytes.

    An existing file is replaced only by a copy that passed the check. ``tell(done, all)`` hears of pages.
    Raises ``StoreError`` for Postgres, whose own tool does this better, and when the copy cannot be made.
    """
    if engine.dialect.name != "sqlite":
        raise StoreError(
            "this store is on Postgres, which is backed up by its own tool",
            remedy="run pg_dump --format=custom on the database of store.url",
        )
    refuse_missing(engine)
    part = target.with_name(target.name + ".part")
    _refuse_itself(Path(str(engine.url.database)), target, part)
    try:
        _copy(str(engine.url.database), part, tell)
        _check(part)
        part.replace(target)
        return target.stat().st_size
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"the backup cannot be written to {target}: {error}", remedy="check the folder and its free space"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _refuse_itself(store: Path, *files: Path) -> None:
    """What is put in the place of the store, or of what SQLite keeps beside it, loses the newest commits."""
    store = store.resolve()  # SQLite keeps its files beside what a link leads to
    of_store = [store.with_name(store.name + suffix) for suffix in STORE_FILES]
    if any(_same(file, own) for file in files for own in of_store):
        raise StoreError("that is the store itself", remedy="name another file, best on another disk")


def _same(one: Path, other: Path) -> bool:
    """Whether both names are of one file, by whatever link; one that is not there yet is told by its path."""
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()


def _copy(source: str, part: Path, tell: Callable[[int, int], object]) -> None:
    part.unlink(missing_ok=True)
    part.touch(mode=OWNER_ALONE, exist_ok=False)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as store,
        closing(sqlite3.connect(part)) as copy,
    ):
        store.backup(
            copy, pages=PAGES_A_STEP, progress=lambda _status, left, total: tell(total - left, total)
        )
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it


def _check(part: Path) -> None:
    with closing(sqlite3.connect(part)) as copy:
        found: str = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        first = next((line for line in found.splitlines() if not line.startswith("***")), found)
        raise StoreError(
            f"the copy is damaged: {first}", remedy="check the disk; the store itself may be, too"
        )
