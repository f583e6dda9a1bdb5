"""Answers as they came, compressed, for a bounded time: a parser fix is replayed from them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from digest.model import RawAnswer, Tier
from digest.store.schema import RawAnswerRow
from digest.store.upserts import upsert

COLUMNS: tuple[Any, ...] = (
    RawAnswerRow.url,
    RawAnswerRow.tier,
    RawAnswerRow.status,
    RawAnswerRow.fetched_at,
    RawAnswerRow.body,
    RawAnswerRow.etag,
)


def keep(session: Session, day: date, answers: tuple[RawAnswer, ...]) -> None:
    """Keep answers; the same body from the same address again only moves its time."""
    statement = upsert(session, RawAnswerRow)
    came = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[RawAnswerRow.url, RawAnswerRow.fingerprint],
        set_={"fetched_at": came.fetched_at, "etag": came.etag, "status": came.status},
    )
    rows = [_values(day, answer) for answer in answers]
    if rows:
        session.execute(statement, rows)


def latest(session: Session, url: str) -> RawAnswer | None:
    """The newest answer from an address."""
    statement = select(*COLUMNS).where(RawAnswerRow.url == url).order_by(RawAnswerRow.fetched_at.desc())
    row = session.execute(statement.limit(1)).one_or_none()
    return _answer(row) if row else None


def of_day(session: Session, day: date) -> list[RawAnswer]:
    """The answers kept for a day, oldest first."""
    statement = select(*COLUMNS).where(RawAnswerRow.day == day)
    rows = session.execute(statement.order_by(RawAnswerRow.fetched_at, RawAnswerRow.url))
    return [_answer(row) for row in rows]


def days(session: Session, since: date, until: date) -> Iterator[date]:
    """The days of which answers are kept, oldest first."""
    span = RawAnswerRow.day.between(since, until)
    return iter(session.scalars(select(RawAnswerRow.day).where(span).distinct().order_by(RawAnswerRow.day)))


def forget(session: Session, *, before: datetime) -> int:
    """Remove answers older than the retention; return how many."""
    removed = session.execute(delete(RawAnswerRow).where(RawAnswerRow.fetched_at < before))
    return removed.rowcount  # type: ignore[attr-defined,no-any-return]  # a DELETE's result is a CursorResult


def _values(day: date, answer: RawAnswer) -> dict[str, Any]:
    return {
        "day": day,
        "tier": answer.tier.value,
        "url": answer.url,
        "status": answer.status,
        "fetched_at": answer.fetched_at,
        "fingerprint": sha256(answer.body).hexdigest(),
        "etag": answer.etag,
        "body": gzip.compress(answer.body, mtime=0),
    }


def _answer(row: Row[*tuple[Any, ...]]) -> RawAnswer:
    return RawAnswer(
        url=row.url,
        tier=Tier(row.tier),
        status=row.status,
        fetched_at=row.fetched_at,
        body=gzip.decompress(row.body),
        etag=row.etag,
    )
