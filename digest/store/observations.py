"""Upvotes at moments: how a paper's votes grew."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digest.model import Observation
from digest.store.schema import ObservationRow
from digest.store.upserts import portions, upsert


def store(session: Session, moved: Iterable[tuple[str, int, int]], *, now: datetime) -> None:
    """Keep counts that moved, as (paper id, upvotes, comments) seen ``now``. Once a moment is enough."""
    rows = [
        {"paper_id": paper_id, "observed_at": now, "upvotes": upvotes, "comments": comments}
        for paper_id, upvotes, comments in moved
    ]
    if rows:
        session.execute(upsert(session, ObservationRow).on_conflict_do_nothing(), rows)


def history(session: Session, ids: Collection[str]) -> dict[str, list[Observation]]:
    """The observations of these papers, oldest first."""
    found: dict[str, list[Observation]] = {paper_id: [] for paper_id in ids}
    columns = (ObservationRow.paper_id, ObservationRow.observed_at, ObservationRow.upvotes)
    for some in portions(sorted(found)):
        statement = select(*columns).where(ObservationRow.paper_id.in_(some))
        for row in session.execute(statement.order_by(ObservationRow.observed_at)):
            found[row.paper_id].append(Observation(*row))
    return found


def forget(session: Session, *, before: datetime) -> int:
    """Remove observations older than the retention; return how many."""
    removed = session.execute(delete(ObservationRow).where(ObservationRow.observed_at < before))
    return removed.rowcount  # type: ignore[attr-defined,no-any-return]  # a DELETE's result is a CursorResult
