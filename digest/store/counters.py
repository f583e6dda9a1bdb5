"""Store-wide counters. ``arrival`` numbers stored reads in the order in which they became visible."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.store.schema import CounterRow
from digest.store.upserts import upsert

ARRIVAL = "arrival"


def arrival(session: Session) -> int:
    """The number of the last stored read; 0 before the first."""
    found = session.scalar(select(CounterRow.value).where(CounterRow.name == ARRIVAL))
    return found or 0


def next_arrival(session: Session) -> int:
    """Take the next number. Nobody else stores a read until the transaction ends: numbers become visible
    in their order.
    """
    return _grown(session, 1)


def hold_arrival(session: Session) -> None:
    """Take no number, but keep others from storing a read until the transaction ends all the same."""
    _grown(session, 0)


def _grown(session: Session, by: int) -> int:
    statement = upsert(session, CounterRow).values(name=ARRIVAL, value=by)
    grown = statement.on_conflict_do_update(
        index_elements=[CounterRow.name], set_={"value": CounterRow.value + by}
    ).returning(CounterRow.value)
    return session.execute(grown).scalar_one()
