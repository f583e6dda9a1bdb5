"""Rows for every table of a database, whatever its revision: the schema is read from the database itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, Table, inspect, text
from sqlalchemy.dialects.postgresql import TSVECTOR

ROWS = 3
MOMENT = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
FULL_TEXT = "paper_search"
"""SQLite's full-text table: virtual, with tables of its own behind it."""
ITS_OWN = frozenset(f"{FULL_TEXT}_{part}" for part in ("data", "idx", "content", "docsize", "config"))

VALUES: dict[type, Any] = {
    bool: lambda number: bool(number % 2),
    int: lambda number: number,
    float: lambda number: number + 0.5,
    bytes: lambda number: b"\0\xff" * number,
    datetime: lambda number: MOMENT + timedelta(hours=number),
    date: lambda number: MOMENT.date() + timedelta(days=number),
    time: lambda number: time(7, number),
    dict: lambda number: {"number": number, "words": ["ä", "b"]},
}


def tables(connection: Connection) -> list[str]:
    """The tables that hold what we store."""
    found = inspect(connection).get_table_names()
    return sorted(name for name in found if name != "alembic_version" and name not in ITS_OWN)


def numbered(connection: Connection) -> set[str]:
    """SQLite's tables whose numbers are never given again."""
    if connection.dialect.name != "sqlite":
        return set()
    made = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    return set(connection.exec_driver_sql(made).scalars())


def counts(engine: Engine) -> dict[str, int]:
    """How many rows each table holds."""
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            for name in tables(connection)
        }


def fill(engine: Engine) -> dict[str, int]:
    """Put rows into every table and say how many each holds; only the last row leaves values out."""
    with engine.begin() as connection:
        metadata = MetaData()
        ordinary = [name for name in tables(connection) if name != FULL_TEXT]
        metadata.reflect(connection, only=ordinary)
        for table in metadata.sorted_tables:
            connection.execute(table.insert(), [_row(table, number) for number in range(1, ROWS + 1)])
            _count_on(connection, table)
        if FULL_TEXT in tables(connection):
            _fill_full_text(connection)
    return counts(engine)


def _row(table: Table, number: int) -> dict[str, Any]:
    """The same number in a table and in what it refers to: so every reference has its row."""
    return {column.name: _value(column, number) for column in table.columns}


def _value(column: Column[Any], number: int) -> Any:
    if column.nullable and number == ROWS:
        return None
    if isinstance(column.type, TSVECTOR):
        return f"word{number}"
    kind = column.type.python_type
    return VALUES[kind](number) if kind in VALUES else f"t{number}"


def _count_on(connection: Connection, table: Table) -> None:
    """Let Postgres number the next row after ours, as if it had numbered them."""
    if connection.dialect.name != "postgresql" or "id" not in table.columns:
        return
    counter = connection.execute(
        text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name}
    ).scalar()
    if counter is not None:
        connection.execute(text("SELECT setval(:counter, :last)"), {"counter": counter, "last": ROWS})


def _fill_full_text(connection: Connection) -> None:
    columns: Iterable[str] = [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({FULL_TEXT})")]
    names, values = ", ".join(columns), ", ".join("'word'" for _ in columns)
    for number in range(1, ROWS + 1):
        connection.exec_driver_sql(f"INSERT INTO {FULL_TEXT} (rowid, {names}) VALUES ({number}, {values})")
