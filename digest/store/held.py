"""All that is held on a subscriber, found by the schema itself: a new table cannot be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, delete, select
from sqlalchemy.orm import Session

from digest.store.schema import Base
from digest.store.subscribers import WEEKDAYS


def everything(session: Session, subscriber_id: int) -> dict[str, Any]:
    """Table name → rows as plain values. Secrets of the house (leases, claims) are no person's data."""
    found: dict[str, Any] = {}
    for table, mine in _tables(subscriber_id):
        rows = session.execute(select(table).where(mine).order_by(*table.primary_key)).mappings()
        found[table.name] = [_plain(dict(row)) for row in rows]
    return found


def erase(session: Session, subscriber_id: int) -> None:
    """Remove every row ``everything`` finds, those that name others first."""
    for table, mine in reversed(list(_tables(subscriber_id))):
        session.execute(delete(table).where(mine))


def _tables(subscriber_id: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Each table that leads to a subscriber, parents first, with the condition for its rows."""
    reached: dict[str, tuple[Table, ColumnElement[bool]]] = {}
    for table in Base.metadata.sorted_tables:
        mine = _condition(table, subscriber_id, reached)
        if mine is not None:
            reached[table.name] = (table, mine)
            yield table, mine


def _condition(
    table: Table, subscriber_id: int, reached: dict[str, tuple[Table, ColumnElement[bool]]]
) -> ColumnElement[bool] | None:
    if table.name == "subscribers":
        return table.c.id == subscriber_id
    if "subscriber_id" in table.c:
        return table.c.subscriber_id == subscriber_id
    for column in table.c:
        parent = _parent(column)
        if parent is not None and parent.table.name in reached:
            _, theirs = reached[parent.table.name]
            return column.in_(select(parent).where(theirs))
    return None


def _parent(column: Column[Any]) -> Column[Any] | None:
    return next((key.column for key in column.foreign_keys), None)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    if "weekdays" in row:
        row["weekdays"] = sorted(WEEKDAYS[row["weekdays"]])
    return row
