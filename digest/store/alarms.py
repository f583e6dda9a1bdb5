"""Alarms: raised once, told once, and told again when all is clear."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.orm import Session

from digest.model import Alarm
from digest.store.schema import AlarmRow
from digest.store.upserts import upsert


def raise_(session: Session, key: str, detail: str, *, now: datetime) -> None:
    """Raise an alarm. One that stands keeps its moment; one that was cleared stands again, untold."""
    fresh = {"detail": detail, "raised_at": now, "told_at": None, "cleared_at": None}
    session.execute(
        upsert(session, AlarmRow)
        .values(key=key, **fresh)
        .on_conflict_do_update(
            index_elements=[AlarmRow.key], set_=fresh, where=AlarmRow.cleared_at.is_not(None)
        )
    )


def happened(session: Session, key: str, detail: str, *, now: datetime) -> None:
    """Raise the alarm of an event. One that stands is not told twice, but its moment moves on.

    So it can be cleared when the event has not happened for long enough.
    """
    fresh = {"detail": detail, "raised_at": now, "told_at": None, "cleared_at": None}
    again = {
        "detail": case((AlarmRow.cleared_at.is_(None), AlarmRow.detail), else_=detail),
        "raised_at": now,
        "told_at": case((AlarmRow.cleared_at.is_(None), AlarmRow.told_at), else_=None),
        "cleared_at": None,
    }
    session.execute(
        upsert(session, AlarmRow)
        .values(key=key, **fresh)
        .on_conflict_do_update(index_elements=[AlarmRow.key], set_=again)
    )


def forget(session: Session, keys: Collection[str]) -> None:
    """Drop alarms that were told and have no all-clear."""
    session.execute(delete(AlarmRow).where(AlarmRow.key.in_(list(keys)), AlarmRow.told_at.is_not(None)))


def clear(session: Session, keys: Collection[str], *, now: datetime) -> None:
    """Clear standing alarms."""
    session.execute(
        update(AlarmRow)
        .where(AlarmRow.key.in_(list(keys)), AlarmRow.cleared_at.is_(None))
        .values(cleared_at=now)
    )


def standing(session: Session) -> list[Alarm]:
    """The alarms that stand, oldest first."""
    return _read(session, AlarmRow.cleared_at.is_(None))


def untold(session: Session) -> list[Alarm]:
    """What the operator does not know yet: raised and not told, or told and cleared since."""
    return _read(session, or_(AlarmRow.told_at.is_(None), AlarmRow.cleared_at.is_not(None)))


def _read(session: Session, which: object) -> list[Alarm]:
    rows = session.scalars(select(AlarmRow).where(which).order_by(AlarmRow.raised_at, AlarmRow.key))  # type: ignore[arg-type]
    return [Alarm(row.key, row.detail, row.raised_at, row.told_at, row.cleared_at) for row in rows]


def told(session: Session, alarms: Collection[Alarm], *, now: datetime) -> None:
    """Note that the operator knows: raised ones are marked, cleared ones have done their service."""
    session.execute(
        update(AlarmRow)
        .where(AlarmRow.key.in_([one.key for one in alarms if one.cleared_at is None]))
        .values(told_at=now)
    )
    session.execute(
        delete(AlarmRow).where(
            AlarmRow.key.in_([one.key for one in alarms if one.cleared_at is not None]),
            AlarmRow.cleared_at.is_not(None),
        )
    )
