"""Very many values as a table to join with: one statement for a batch, on both databases.

One parameter holds all rows as JSON, which both databases take apart in compiled code. A statement
with a parameter for each value costs more to read than to run (Postgres: twenty times as much).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    BindParameter,
    Dialect,
    FromClause,
    Text,
    TypeDecorator,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from digest.store.database import on_sqlite
from digest.store.schema import Base
from digest.store.types import UtcDateTime


def table_of(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> FromClause:
    """``rows`` as a table named *given*, its columns typed as those of ``table`` with the same names.

    All rows must have the same keys. Datetimes must be aware.
    """
    types = {name: table.__table__.c[name].type for name in rows[0]}
    if on_sqlite(session):
        document = _document(_with_moments_told(rows, types))
        each = func.json_each(document).table_valued("value", name="each_row")
        found = [
            type_coerce(func.json_extract(each.c.value, f"$.{name}"), kind).label(name)
            for name, kind in types.items()
        ]
        return select(*found).subquery("given")
    return (
        func.json_to_recordset(cast(_document(rows), JSON))
        .table_valued(*(column(name, kind) for name, kind in types.items()))
        .render_derived(name="given", with_types=True)
    )


class _HandedOn(TypeDecorator[list[str]]):
    """A text in a list, taken out of it when it is sent.

    SQLAlchemy keeps the first statement of each kind, with its parameters, as long as the process lives: this
    one's would be megabytes. Sent a second time it raises ``IndexError``, and does not send nothing.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> str | None:  # noqa: ARG002  its signature
        return None if value is None else value.pop()


def _document(rows: Sequence[Mapping[str, Any]]) -> BindParameter[list[str]]:
    """The rows as JSON, for one statement that is run once."""
    return literal([msgspec.json.encode(rows).decode()], _HandedOn)


def _with_moments_told(
    rows: Sequence[Mapping[str, Any]], types: Mapping[str, TypeEngine[Any]]
) -> Sequence[Mapping[str, Any]]:
    """The rows with datetimes as SQLAlchemy writes them into SQLite."""
    moments = [name for name, kind in types.items() if isinstance(kind, UtcDateTime)]
    if not moments:
        return rows
    return [{**row, **{name: _moment(row[name]) for name in moments}} for row in rows]


@lru_cache(maxsize=1_024)
def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def insert_all(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any]
) -> Insert:
    """An ``INSERT`` of ``rows``, with the values of ``same`` in every one; what is there already stays.

    The caller may add ``returning``, which then names the rows that were added.
    """
    given = table_of(session, table, rows)
    shared = [literal(value, table.__table__.c[name].type).label(name) for name, value in same.items()]
    source = select(*given.c, *shared).where(literal_column("true"))  # or SQLite reads ON CONFLICT as a join
    dialect = sqlite if on_sqlite(session) else postgresql
    made: Insert = dialect.insert(table).from_select([*rows[0], *same], source).on_conflict_do_nothing()
    return made
