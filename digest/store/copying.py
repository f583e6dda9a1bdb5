"""A whole store into another, empty one: from SQLite to Postgres when several machines are wanted, or back.

Numbers stay as they are: links in mails that are out name subscribers and digests by number.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine, Table, insert, select
from sqlalchemy.orm import Session

from digest.errors import StoreError
from digest.store import numbers, papers, search
from digest.store.database import reading, transaction
from digest.store.revisions import check_schema
from digest.store.schema import Base, PaperRow, SearchRow

CHUNK = 500
"""Rows read and written at a time; raw answers and sheets are large."""
MADE_ANEW = frozenset({SearchRow.__tablename__})
"""The two databases hold the search's words in different ways."""

Tell = Callable[[str, int], object]


def copy(source: Engine, target: Engine, *, tell: Tell = lambda _table, _rows: None) -> int:
    """Copy every table, in one transaction of the target; return the rows.

    ``tell(table, rows)`` hears of each table. What changes in the source meanwhile is not seen. Raises
    ``StoreError`` for a target that holds something, and when one of the two has another schema than
    this program's.
    """
    check_schema(source)
    check_schema(target)
    rows = 0
    with reading(source) as given, transaction(target) as taken:
        _refuse_filled(taken)
        for table in _tables():
            copied = _copy(given, taken, table)
            tell(table.name, copied)
            rows += copied
        _index(taken)
        numbers.go_on_from(taken, numbers.last_given(given))
    return rows


def _tables() -> list[Table]:
    """Those that are copied, each after the ones it refers to."""
    return [table for table in Base.metadata.sorted_tables if table.name not in MADE_ANEW]


def _refuse_filled(session: Session) -> None:
    for table in _tables():
        if session.execute(select(1).select_from(table).limit(1)).first() is not None:
            raise StoreError(
                f"the target is not empty: it has rows in {table.name}",
                remedy="name a new, empty database; `digest db copy` makes its tables",
            )


def _copy(given: Session, taken: Session, table: Table) -> int:
    rows = 0
    found = given.connection().execute(select(table), execution_options={"yield_per": CHUNK})
    for chunk in found.mappings().partitions():
        taken.execute(insert(table), [dict(row) for row in chunk])
        rows += len(chunk)
    return rows


def _index(session: Session) -> None:
    """Make the papers findable in the target's own way."""
    ids = session.scalars(select(PaperRow.id).order_by(PaperRow.id)).all()
    for start in range(0, len(ids), CHUNK):
        found = papers.load(session, ids[start : start + CHUNK])
        search.index(session, list(found.values()))
