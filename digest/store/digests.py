"""Digests and their entries: what was said to whom, and the promise of never twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from digest.errors import ShownBefore
from digest.model import Digest, Mark
from digest.store.given import insert_all, table_of
from digest.store.schema import DigestRow, EntryRow
from digest.store.sheets import pack, unpack


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a digest covers: arrivals after ``after`` (``None``: a first digest) up to ``upto``.

    ``since`` is the moment the previous coverage ended, of a first digest the one it was made for.
    """

    after: int | None
    upto: int
    since: datetime | None


BY_ITSELF = Coverage(None, -1, None)
"""That of a past day's digest: no arrivals. No other digest covers its papers, so it is merged into none."""


def add(session: Session, digests: Sequence[tuple[Digest, Coverage]], *, now: datetime) -> list[Digest]:
    """Store digests with their entries; return those stored, with their ids.

    A digest whose (subscriber, slot) exists already is left out: another process was first. Raises
    ``ShownBefore``, and stores nothing, if one would show a paper a second time.
    """
    if not digests:
        return []
    try:
        with session.begin_nested():
            return _added(session, digests, now)
    except IntegrityError as error:
        raise ShownBefore("a digest would show a paper a second time") from error


def _added(session: Session, digests: Sequence[tuple[Digest, Coverage]], now: datetime) -> list[Digest]:
    rows = [_row(digest, coverage) for digest, coverage in digests]
    statement = insert_all(session, DigestRow, rows, {"created_at": now})
    added = session.execute(statement.returning(DigestRow.subscriber_id, DigestRow.id))
    ids = {row.subscriber_id: row.id for row in added}
    mine = (digest for digest, _ in digests if digest.subscriber_id in ids)
    stored = [replace(digest, id=ids[digest.subscriber_id]) for digest in mine]
    entries = [row for digest in stored for row in _entry_rows(digest)]
    if entries:
        given = table_of(session, EntryRow, entries)
        session.execute(insert(EntryRow).from_select(list(entries[0]), select(*given.c)))
    return stored


def _row(digest: Digest, coverage: Coverage) -> dict[str, Any]:
    return {
        "subscriber_id": digest.subscriber_id,
        "slot": digest.slot,
        "kind": digest.kind.value,
        "sheet": pack(digest),
        "arrival_from": coverage.after,
        "arrival_to": coverage.upto,
        "covered_from": coverage.since,
    }


def _entry_rows(digest: Digest) -> list[dict[str, Any]]:
    return [
        {
            "subscriber_id": digest.subscriber_id,
            "paper_id": entry.paper_id,
            "rising": entry.mark is Mark.RISING,
            "digest_id": digest.id,
        }
        for entry in digest.entries
    ]


def taken(session: Session, slots: Mapping[int, date]) -> set[int]:
    """Those of the subscribers whose slot has a digest already."""
    rows = session.execute(
        select(DigestRow.subscriber_id, DigestRow.slot).where(
            DigestRow.subscriber_id.in_(slots.keys()), DigestRow.slot.in_(set(slots.values()))
        )
    )
    return {row.subscriber_id for row in rows if slots[row.subscriber_id] == row.slot}


def load(session: Session, ids: Collection[int]) -> dict[int, Digest]:
    """The digests with these ids."""
    kept = DigestRow.__table__.c
    rows = session.execute(
        select(kept.id, kept.subscriber_id, kept.slot, kept.kind, kept.sheet).where(kept.id.in_(ids))
    )
    return {
        number: unpack(sheet, digest_id=number, subscriber_id=subscriber_id, slot=slot, kind=kind)
        for number, subscriber_id, slot, kind, sheet in rows
    }


def of_slot(session: Session, subscriber_id: int, slot: date) -> Digest | None:
    """A subscriber's digest for a slot."""
    wanted = select(DigestRow.id).where(DigestRow.subscriber_id == subscriber_id, DigestRow.slot == slot)
    return next(iter(load(session, session.scalars(wanted).all()).values()), None)


def of_subscriber(session: Session, subscriber_id: int, *, limit: int = 30) -> list[Digest]:
    """A subscriber's digests, newest first."""
    ids = session.scalars(
        select(DigestRow.id)
        .where(DigestRow.subscriber_id == subscriber_id)
        .order_by(DigestRow.slot.desc())
        .limit(limit)
    ).all()
    found = load(session, ids)
    return [found[digest_id] for digest_id in ids]


def shown(
    session: Session, subscriber_ids: Collection[int], paper_ids: Collection[str]
) -> dict[int, dict[str, set[bool]]]:
    """Which of these papers each subscriber was shown: by paper, as new (False) or rising (True)."""
    found: dict[int, dict[str, set[bool]]] = {}
    if not paper_ids:
        return found
    rows = session.execute(
        select(EntryRow.subscriber_id, EntryRow.paper_id, EntryRow.rising).where(
            EntryRow.subscriber_id.in_(subscriber_ids), EntryRow.paper_id.in_(paper_ids)
        )
    )
    for subscriber_id, paper_id, rising in rows:
        found.setdefault(subscriber_id, {}).setdefault(paper_id, set()).add(rising)
    return found


def shown_on(session: Session, subscriber_id: int, paper_id: str) -> date | None:
    """The slot of the digest that showed a paper to a subscriber first."""
    slot: date | None = session.scalar(
        select(func.min(DigestRow.slot))
        .join(EntryRow, EntryRow.digest_id == DigestRow.id)
        .where(EntryRow.subscriber_id == subscriber_id, EntryRow.paper_id == paper_id)
    )
    return slot


def withdraw(session: Session, ids: Collection[int]) -> dict[int, Coverage]:
    """Free the entries of digests that were never sent; return what each covered, by subscriber.

    A subscriber with several gets the widest coverage: that of the one made first.
    """
    if not ids:
        return {}
    session.execute(delete(EntryRow).where(EntryRow.digest_id.in_(ids)))
    rows = session.execute(
        select(DigestRow.subscriber_id, DigestRow.arrival_from, DigestRow.arrival_to, DigestRow.covered_from)
        .where(DigestRow.id.in_(ids))
        .order_by(DigestRow.id.desc())
    )
    return {row.subscriber_id: Coverage(row.arrival_from, row.arrival_to, row.covered_from) for row in rows}
