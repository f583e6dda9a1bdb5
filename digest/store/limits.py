"""The allowance of requests, in the store: shared by all processes, remembered across restarts.

Requests are counted by ten seconds; any window of the length asked about, wherever it starts, stays
within the allowance, because one ten seconds more than the window is summed up.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.store.schema import LimitRow
from digest.store.upserts import upsert

STEP = 10


def take(
    session: Session, key: str, *, allowance: int, window: timedelta, now: datetime, count: int = 1
) -> datetime | None:
    """Take ``count`` requests of ``allowance`` per ``window``; or the moment when they will be free.

    More than the whole allowance is granted as soon as nothing of it is used: it would never be free.
    """
    row = _locked(session, key)
    if row.not_before is not None and row.not_before > now:
        return row.not_before
    step = int(now.timestamp()) // STEP
    oldest = step - int(window.total_seconds()) // STEP
    spent = {int(place): count for place, count in row.spent.items() if oldest <= int(place) <= step}
    most = max(allowance - count, 0)
    if sum(spent.values()) > most:
        return _free_at(spent, most, window)
    spent[step] = spent.get(step, 0) + count
    row.spent = {str(place): count for place, count in spent.items()}
    session.flush()
    return None


def hold(session: Session, key: str, *, until: datetime) -> None:
    """Let nobody ask before ``until``; a later moment that is set already stays."""
    row = _locked(session, key)
    if row.not_before is None or row.not_before < until:
        row.not_before = until
    session.flush()


def _locked(session: Session, key: str) -> LimitRow:
    """The row, made if need be, held until the transaction ends."""
    session.execute(
        upsert(session, LimitRow).values(key=key, not_before=None, spent={}).on_conflict_do_nothing()
    )
    return session.scalars(select(LimitRow).where(LimitRow.key == key).with_for_update()).one()


def _free_at(spent: dict[int, int], most: int, window: timedelta) -> datetime:
    """When enough of the oldest requests have left the window for ``most`` to remain."""
    left = sum(spent.values())
    for place in sorted(spent):
        left -= spent[place]
        if left <= most:
            return datetime.fromtimestamp((place + 1) * STEP, UTC) + window
    raise AssertionError("without any request nothing is used up")
