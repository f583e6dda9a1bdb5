"""The allowance of requests, in the store: shared by all processes, remembered across restarts.

Requests are counted by five seconds; any window of the length asked about, wherever it starts, stays
within the allowance, because five seconds more than the window are summed up.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digest.store.database import database_now
from digest.store.schema import LimitRow
from digest.store.upserts import upsert

STEP = 5
MOST_TURNS = 600
"""Nobody waits behind more turns: leases are over before."""


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
    spent = _recent(row, window, now)
    most = max(allowance - count, 0)
    if sum(spent.values()) > most:
        return _free_at(spent, most, window)
    spent[step] = spent.get(step, 0) + count
    row.spent = {str(place): count for place, count in spent.items()}
    session.flush()
    return None


def free(session: Session, key: str, *, allowance: int, window: timedelta, now: datetime) -> int:
    """How many requests may be taken now; nobody else takes any until the transaction ends."""
    row = _locked(session, key)
    if row.not_before is not None and row.not_before > now:
        return 0
    return max(allowance - sum(_recent(row, window, now).values()), 0)


def hold(session: Session, key: str, *, until: datetime) -> None:
    """Let nobody ask before ``until``; a later moment that is set already stays."""
    row = _locked(session, key)
    if row.not_before is None or row.not_before < until:
        row.not_before = until
    session.flush()


# --- waits and turns, on the database's clock ---------------------------------------------------


def hold_for(session: Session, key: str, wait: timedelta) -> None:
    """Let nobody go before ``wait`` is over; a longer one that stands already stays."""
    hold(session, key, until=database_now(session) + wait)


def left(session: Session, key: str) -> timedelta:
    """How long ``key`` has to wait still; nothing for a key never heard of."""
    until = session.scalar(select(LimitRow.not_before).where(LimitRow.key == key))
    return max(until - database_now(session), timedelta(0)) if until else timedelta(0)


def take_turn(session: Session, key: str, *, gap: timedelta) -> timedelta:
    """Take the next turn, ``gap`` after the one before, whoever took that; how long it is until then.

    A turn further off than any queue can be comes of a clock that was set back, and does not count.
    """
    row = _locked(session, key)
    now = database_now(session)
    turn = max(now, row.not_before or now)
    if turn - now > MOST_TURNS * gap:
        turn = now
    row.not_before = turn + gap
    session.flush()
    return turn - now


def forget(session: Session, prefix: str, *, before: datetime) -> int:
    """Remove the keys of a kind that nobody has to wait for since a moment; how many."""
    done: Any = session.execute(
        delete(LimitRow).where(LimitRow.key.startswith(prefix, autoescape=True), LimitRow.not_before < before)
    )
    return int(done.rowcount)


def _locked(session: Session, key: str) -> LimitRow:
    """The row, made if need be, held until the transaction ends."""
    session.execute(
        upsert(session, LimitRow).values(key=key, not_before=None, spent={}).on_conflict_do_nothing()
    )
    return session.scalars(select(LimitRow).where(LimitRow.key == key).with_for_update()).one()


def _recent(row: LimitRow, window: timedelta, now: datetime) -> dict[int, int]:
    """What was taken within the window, by step."""
    step = int(now.timestamp()) // STEP
    oldest = step - int(window.total_seconds()) // STEP
    return {int(place): count for place, count in row.spent.items() if oldest <= int(place) <= step}


def _free_at(spent: dict[int, int], most: int, window: timedelta) -> datetime:
    """When enough of the oldest requests have left the window for ``most`` to remain."""
    left = sum(spent.values())
    for place in sorted(spent):
        left -= spent[place]
        if left <= most:
            return datetime.fromtimestamp((place + 1) * STEP, UTC) + window
    raise AssertionError("without any request nothing is used up")
