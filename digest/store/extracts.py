"""What the ranking needs of recent papers, kept so that no process reads their words again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from digest.store.schema import ExtractRow, ListingRow
from digest.store.upserts import portions, upsert


@dataclass(frozen=True, slots=True)
class StoredExtract:
    """The bytes, and the mark of what they were made of."""

    mark: str
    body: bytes


def load(session: Session, ids: Collection[str]) -> dict[str, StoredExtract]:
    """The kept extracts of these papers; those of others are left out."""
    found: dict[str, StoredExtract] = {}
    for some in portions(sorted(ids)):
        rows = session.execute(
            select(ExtractRow.paper_id, ExtractRow.mark, ExtractRow.body).where(ExtractRow.paper_id.in_(some))
        )
        found.update((paper_id, StoredExtract(mark, body)) for paper_id, mark, body in rows)
    return found


def save(session: Session, extracts: Mapping[str, StoredExtract]) -> None:
    """Keep extracts by paper id, in place of older ones."""
    statement = upsert(session, ExtractRow)
    came = statement.excluded
    rows = [{"paper_id": key, "mark": one.mark, "body": one.body} for key, one in sorted(extracts.items())]
    if rows:
        changed = {"mark": came.mark, "body": came.body}
        session.execute(
            statement.on_conflict_do_update(index_elements=[ExtractRow.paper_id], set_=changed), rows
        )


def missing(session: Session, since: date) -> list[str]:
    """The ids of papers listed since a day of which no extract is kept."""
    kept = exists().where(ExtractRow.paper_id == ListingRow.paper_id)
    return list(
        session.scalars(
            select(ListingRow.paper_id).where(ListingRow.day >= since, ~kept).distinct().order_by("paper_id")
        )
    )


def forget(session: Session, *, before: date) -> int:
    """Remove the extracts of papers that stand on no day since ``before``; return how many."""
    recent = exists().where(ListingRow.paper_id == ExtractRow.paper_id, ListingRow.day >= before)
    removed = session.execute(delete(ExtractRow).where(~recent))
    return removed.rowcount  # type: ignore[attr-defined,no-any-return]  # a DELETE's result is a CursorResult
