"""The packed statistics of the ranking, kept so that no process counts the whole store again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from digest.store.schema import CorpusRow, ListingRow
from digest.store.upserts import upsert

NAME = "papers"


@dataclass(frozen=True, slots=True)
class StoredCorpus:
    """The bytes, the arrival number up to which papers are counted in, and which space of terms they hold."""

    body: bytes
    arrival: int
    papers: int
    space: str = ""

    @property
    def mark(self) -> str:
        """Of these bytes, and no others."""
        return blake2b(self.body, digest_size=16).hexdigest()


class Counted(NamedTuple):
    """Which bytes are kept, and up to which arrival number papers are counted in."""

    mark: str
    arrival: int


def load(session: Session) -> StoredCorpus | None:
    """The kept statistics, if any."""
    row = session.execute(
        select(CorpusRow.body, CorpusRow.arrival, CorpusRow.papers, CorpusRow.space).where(
            CorpusRow.name == NAME
        )
    ).one_or_none()
    return StoredCorpus(row.body, row.arrival, row.papers, row.space) if row else None


def counted(session: Session) -> Counted | None:
    """What is known of the kept statistics without reading them."""
    row = session.execute(
        select(CorpusRow.mark, CorpusRow.arrival).where(CorpusRow.name == NAME)
    ).one_or_none()
    return Counted(row.mark, row.arrival) if row else None


def count_to(session: Session, known: Counted, arrival: int) -> None:
    """Say that the known statistics count every read up to ``arrival``: later ones brought no paper."""
    session.execute(
        update(CorpusRow)
        .where(CorpusRow.name == NAME, CorpusRow.mark == known.mark, CorpusRow.arrival < arrival)
        .values(arrival=arrival)
    )


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
    values = {
        "built_at": now,
        "arrival": corpus.arrival,
        "papers": corpus.papers,
        "mark": corpus.mark,
        "space": corpus.space,
        "body": corpus.body,
    }
    statement = upsert(session, CorpusRow).values(name=NAME, **values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[CorpusRow.name], set_=values, where=CorpusRow.arrival <= corpus.arrival
        )
    )
