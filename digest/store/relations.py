"""What keywords are related to, kept so that no process learns it again: one row a keyword.

A relation belongs to a space of terms. When the store has grown and another space was learnt, rows are
replaced as their keywords are asked for, and the rest is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from digest.store.corpora import NAME
from digest.store.schema import CorpusRow, RelationRow
from digest.store.upserts import portions, upsert

MOST = 200_000
"""Rows kept, a kilobyte each."""


def load(session: Session, space: str, keywords: Sequence[str]) -> dict[str, bytes]:
    """What is kept of these keywords (marks) in a space; the others are left out."""
    found: dict[str, bytes] = {}
    for some in portions(keywords):
        rows = session.execute(
            select(RelationRow.keyword, RelationRow.body).where(
                RelationRow.keyword.in_(some), RelationRow.space == space
            )
        )
        found.update((keyword, body) for keyword, body in rows)
    return found


def save(session: Session, space: str, learnt: Mapping[str, bytes]) -> None:
    """Keep what was learnt of keywords in a space, in place of what they were in another."""
    statement = upsert(session, RelationRow)
    came = statement.excluded
    rows = [{"keyword": keyword, "space": space, "body": body} for keyword, body in sorted(learnt.items())]
    if rows:
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[RelationRow.keyword],
                set_={"space": came.space, "body": came.body},
                where=or_(RelationRow.space != came.space, RelationRow.body != came.body),
            ),
            rows,
        )


def forget(session: Session) -> int:
    """Remove what belongs to a space that is no more, and what is over ``MOST``; return how many rows."""
    space = select(CorpusRow.space).where(CorpusRow.name == NAME).scalar_subquery()
    removed = session.execute(delete(RelationRow).where(RelationRow.space != func.coalesce(space, "")))
    last = session.scalar(select(RelationRow.keyword).order_by(RelationRow.keyword).offset(MOST - 1).limit(1))
    gone: int = removed.rowcount  # type: ignore[attr-defined]  # a DELETE's result is a CursorResult
    if last is not None:
        over = session.execute(delete(RelationRow).where(RelationRow.keyword > last))
        gone += over.rowcount  # type: ignore[attr-defined]
    return gone
