"""A copy of the store while it is in use: whole, checked, and put in place at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Engine

from digest.errors import StoreError
from digest.store.database import refuse_missing

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


def _copy(source: str, part: Path, tell: Callable[[int, int], object]) -> None:
    part.unlink(missing_ok=True)
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
        found = copy.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        raise StoreError(
            f"the copy is damaged: {found}", remedy="check the disk; the store itself may be, too"
        )
