"""Numbers, which links and return addresses name: given once, whatever becomes of the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Column, Table, func, select, text
from sqlalchemy.orm import Session

from digest.store.database import on_sqlite
from digest.store.schema import Base

LEAP = 1_000_000
"""More than anybody gives between a copy and the day it is needed."""


def last_given(session: Session) -> dict[str, int]:
    """The last number that each table gave to a row, erased or not."""
    counted = _counted_by_sqlite(session) if on_sqlite(session) else _counted_by_postgres(session)
    highest = {table.name: session.scalar(select(func.max(column))) or 0 for table, column in _numbered()}
    return {name: max(number, counted.get(name, 0)) for name, number in highest.items()}


def go_on_from(session: Session, last: Mapping[str, int]) -> None:
    """Let each table give the next number after ``last``, and after its own.

    On SQLite this holds for the tables whose numbers are named outside; others number on from their rows.
    """
    own = last_given(session)
    for table, column in _numbered():
        number = max(last[table.name], own[table.name])
        if number and not on_sqlite(session):
            values = {"sequence": _sequence(session, table, column), "last": number}
            session.execute(text("SELECT setval(:sequence, :last)"), values)
        elif number and table.dialect_options["sqlite"]["autoincrement"]:
            session.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
            values = {"name": table.name, "last": number}
            session.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)


def leap(session: Session) -> None:
    """Leave out ``LEAP`` numbers: those given after a copy was made, which the copy knows nothing of."""
    go_on_from(session, {name: number + LEAP for name, number in last_given(session).items()})


def _counted_by_sqlite(session: Session) -> dict[str, int]:
    found = session.execute(text("SELECT name, seq FROM sqlite_sequence"))
    return {str(row.name): int(row.seq) for row in found}


def _counted_by_postgres(session: Session) -> dict[str, int]:
    asked = text("SELECT pg_sequence_last_value(CAST(:sequence AS regclass))")
    return {
        table.name: session.scalar(asked, {"sequence": _sequence(session, table, column)}) or 0
        for table, column in _numbered()
    }


def _sequence(session: Session, table: Table, column: Column[Any]) -> str:
    asked = text("SELECT pg_get_serial_sequence(:table, :column)")
    return str(session.scalar(asked, {"table": table.name, "column": column.name}))


def _numbered() -> Iterator[tuple[Table, Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        if table.autoincrement_column is not None:
            yield table, table.autoincrement_column
