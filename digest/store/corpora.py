"""The packed statistics of the ranking, kept so that no process counts the whole store again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.store.schema import CorpusRow, ListingRow
from digest.store.upserts import upsert

NAME = "papers"


@dataclass(frozen=True, slots=True)
class StoredCorpus:
    """The bytes, and the arrival number up to which papers are counted in."""

    body: bytes
    arrival: int
    papers: int


def load(session: Session) -> StoredCorpus | None:
    """The kept statistics, if any."""
    row = session.execute(
        select(CorpusRow.body, CorpusRow.arrival, CorpusRow.papers).where(CorpusRow.name == NAME)
    ).one_or_none()
    return StoredCorpus(row.body, row.arrival, row.papers) if row else None


def counted_to(session: Session) -> int | None:
    """The arrival number up to which papers are counted in, or ``None`` when nothing is kept."""
    return session.scalar(select(CorpusRow.arrival).where(CorpusRow.name == NAME))


def uncounted(session: Session, after: int) -> list[str]:
    """The ids of papers that were first listed by a read after ``after``."""
    first = func.min(ListingRow.arrival)
    rows = session.scalars(
        select(ListingRow.paper_id)
        .group_by(ListingRow.paper_id)
        .having(first > after)
        .order_by(ListingRow.paper_id)
    )
    return list(rows)


def save(session: Session, corpus: StoredCorpus, *, now: datetime) -> None:
    """Keep statistics, unless newer ones are there already."""
    values = {"built_at": now, "arrival": corpus.arrival, "papers": corpus.papers, "body": corpus.body}
    statement = upsert(session, CorpusRow).values(name=NAME, **values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[CorpusRow.name], set_=values, where=CorpusRow.arrival <= corpus.arrival
        )
    )
