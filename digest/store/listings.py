"""Listings: which paper stands on which day's page. Nothing here deletes: an answer may be cut."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.orm import Session

from digest.model import Listing, Record
from digest.store.schema import ListingRow
from digest.store.upserts import portions, upsert

# in the order of a Listing's fields: a page makes dozens of them
COLUMNS: tuple[Any, ...] = (
    ListingRow.paper_id,
    ListingRow.day,
    ListingRow.position,
    ListingRow.upvotes,
    ListingRow.comments,
    ListingRow.arrival,
    ListingRow.silent,
    ListingRow.first_seen_at,
    ListingRow.last_seen_at,
    ListingRow.submitted_at,
)


def _listing(row: Row[*tuple[Any, ...]]) -> Listing:
    return Listing(*row)


def _listings(session: Session, statement: Select[*tuple[Any, ...]]) -> list[Listing]:
    return [_listing(row) for row in session.execute(statement)]


def of_day(session: Session, day: date) -> list[Listing]:
    """The day's listings, most upvotes first; ties by id, so that the order is the same everywhere."""
    statement = select(*COLUMNS).where(ListingRow.day == day)
    return _listings(session, statement.order_by(ListingRow.upvotes.desc(), ListingRow.paper_id))


def of_papers(session: Session, ids: Collection[str]) -> list[Listing]:
    """Every listing of these papers, oldest day first: more than one means featured again."""
    found: list[Listing] = []
    for some in portions(sorted(ids)):
        statement = select(*COLUMNS).where(ListingRow.paper_id.in_(some))
        found += _listings(session, statement.order_by(ListingRow.day, ListingRow.paper_id))
    return found


def candidates(session: Session, *, since_day: date, until_day: date) -> list[Listing]:
    """The listings of a span of days: newest day first, then by upvotes, then by id."""
    statement = select(*COLUMNS).where(ListingRow.day.between(since_day, until_day))
    order = (ListingRow.day.desc(), ListingRow.upvotes.desc(), ListingRow.paper_id)
    return _listings(session, statement.order_by(*order))


def count_of_day(session: Session, day: date) -> int:
    """How many papers are known to stand on the day."""
    return session.scalar(select(func.count()).select_from(ListingRow).where(ListingRow.day == day)) or 0


def neighbours(session: Session, day: date) -> tuple[date | None, date | None]:
    """The nearest days with papers before and after a day."""
    before = select(func.max(ListingRow.day)).where(ListingRow.day < day).scalar_subquery()
    after = select(func.min(ListingRow.day)).where(ListingRow.day > day).scalar_subquery()
    row = session.execute(select(before, after)).one()
    return row[0], row[1]


def newest_day(session: Session, *, until: date | None = None) -> date | None:
    """The newest day with a paper, of those up to ``until``."""
    newest = select(func.max(ListingRow.day))
    return session.scalar(newest if until is None else newest.where(ListingRow.day <= until))


Place = tuple[int, int, int]
"""Upvotes, comments and position of a listing."""

NOTHING: Place = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Listed:
    """What storing a day's records did: ids new on the day, and those whose counts moved.

    ``moved`` holds (paper id, upvotes, comments) as they stand now, for the observations.
    """

    added: frozenset[str]
    moved: tuple[tuple[str, int, int], ...]


def store(
    session: Session, day: date, records: Sequence[Record], *, arrival: int, silent: bool, now: datetime
) -> Listed:
    """Put the records on the day's page, or bring up to date what stands there.

    A count that the answer does not name stays as it was. ``silent`` marks new listings only.
    """
    known = _known(session, day)
    rows = [
        _values(record, known.get(record.paper.id, NOTHING)) | {"position": position}
        for position, record in enumerate(records, start=1)
    ]
    fixed = {"day": day, "arrival": arrival, "silent": silent, "first_seen_at": now, "last_seen_at": now}
    different = [row | fixed for row in rows if known.get(row["paper_id"]) != _place(row)]
    if different:
        session.execute(_statement(session), different)
    same = [row["paper_id"] for row in rows if known.get(row["paper_id"]) == _place(row)]
    _seen_again(session, day, same, now)
    after = [(row["paper_id"], row["upvotes"], row["comments"]) for row in different]
    return Listed(
        added=frozenset(place[0] for place in after if place[0] not in known),
        moved=tuple(place for place in after if known.get(place[0], (None, None))[:2] != place[1:]),
    )


def _known(session: Session, day: date) -> dict[str, Place]:
    columns = (ListingRow.paper_id, ListingRow.upvotes, ListingRow.comments, ListingRow.position)
    rows = session.execute(select(*columns).where(ListingRow.day == day))
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _place(row: dict[str, Any]) -> Place:
    return row["upvotes"], row["comments"], row["position"]


def _values(record: Record, before: Place) -> dict[str, Any]:
    return {
        "paper_id": record.paper.id,
        "upvotes": before[0] if record.upvotes is None else record.upvotes,
        "comments": before[1] if record.comments is None else record.comments,
        "submitted_at": record.submitted_at,
    }


def _seen_again(session: Session, day: date, ids: Sequence[str], now: datetime) -> None:
    """What came exactly as it was needs only its time: one statement for all."""
    for some in portions(ids):
        session.execute(
            update(ListingRow)
            .where(ListingRow.day == day, ListingRow.paper_id.in_(some))
            .values(last_seen_at=now)
            .execution_options(synchronize_session=False)
        )


def _statement(session: Session) -> Any:
    statement = upsert(session, ListingRow)
    came = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[ListingRow.day, ListingRow.paper_id],
        set_={
            "position": came.position,
            "upvotes": came.upvotes,
            "comments": came.comments,
            "submitted_at": func.coalesce(came.submitted_at, ListingRow.submitted_at),
            "last_seen_at": came.last_seen_at,
        },
    )
