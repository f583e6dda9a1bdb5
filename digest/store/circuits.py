"""Circuits: counterparts that fail for everybody. Open ones let one probe through, now and then."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from digest.model import Circuit
from digest.store.schema import CircuitRow
from digest.store.upserts import upsert


def opened(session: Session) -> list[Circuit]:
    """The open circuits, by key."""
    rows = session.scalars(select(CircuitRow).order_by(CircuitRow.key))
    return [_value(row) for row in rows]


def get(session: Session, key: str) -> Circuit | None:
    """The circuit of a counterpart if it is open."""
    row = session.get(CircuitRow, key)
    return _value(row) if row else None


def _value(row: CircuitRow) -> Circuit:
    return Circuit(row.key, row.opened_at, row.probe_at, row.failures, row.reason, row.code)


def trip(
    session: Session, key: str, reason: str, *, now: datetime, probe_at: datetime, code: str = ""
) -> None:
    """Open a circuit, or count another failure of an open one."""
    statement = upsert(session, CircuitRow).values(
        key=key, opened_at=now, probe_at=probe_at, failures=1, reason=reason, code=code
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[CircuitRow.key],
            set_={
                "failures": CircuitRow.failures + 1,
                "probe_at": statement.excluded.probe_at,
                "reason": statement.excluded.reason,
                "code": statement.excluded.code,
            },
        )
    )


def take_probe(session: Session, key: str, *, now: datetime, until: datetime) -> Circuit | None:
    """Take the right to probe an open circuit; ``None`` when it is not time, or another was first.

    A prober that dies gives the right up at ``until``.
    """
    statement = (
        update(CircuitRow)
        .where(CircuitRow.key == key, CircuitRow.probe_at <= now)
        .values(probe_at=until)
        .returning(CircuitRow)
    )
    row = session.scalar(statement)
    return _value(row) if row else None


def put_off(session: Session, probed: Circuit, probe_at: datetime) -> None:
    """Give the right to probe back: there was nothing to probe with."""
    session.execute(update(CircuitRow).where(*_unchanged(probed)).values(probe_at=probe_at))


def mend(session: Session, probed: Circuit) -> None:
    """Close a circuit: the counterpart answered as it should. One that was tripped since stays open."""
    session.execute(delete(CircuitRow).where(*_unchanged(probed)))


def _unchanged(known: Circuit) -> tuple[ColumnElement[bool], ...]:
    """Nobody tripped it since it was read."""
    return (
        CircuitRow.key == known.key,
        CircuitRow.opened_at == known.opened_at,
        CircuitRow.failures == known.failures,
    )
