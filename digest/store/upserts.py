"""Insert-or-update in both databases' words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.store.database import on_sqlite
from digest.store.schema import Base

T = TypeVar("T")

AT_ONCE = 5_000
"""Values in one ``IN``: far below both databases' limit of parameters."""


def upsert(session: Session, table: type[Base]) -> sqlite.Insert:
    """An ``INSERT`` that can say ``on_conflict_do_update`` and ``on_conflict_do_nothing``.

    Both dialects spell these the same, so the one type stands for both.
    """
    bare = cast(
        "Table", table.__table__
    )  # without the ORM's bookkeeping a row, which takes longer than the row itself
    if on_sqlite(session):
        return sqlite.insert(bare)
    return postgresql.insert(bare)  # type: ignore[return-value]  # same methods, unrelated classes


def portions(values: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """``values`` in slices of at most ``size``."""
    return (values[start : start + size] for start in range(0, len(values), size))
