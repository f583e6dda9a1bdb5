"""The outbox of notices: mails about a subscription itself. Same hand-over discipline as deliveries.

A notice is claimed with a lease on the database's clock and a fencing token, becomes *handing-over* by a
fenced update immediately before the point of no return, and ends only by an answer. One found in
*handing-over* after its lease is *unknown*: it goes out once more, with the same bytes and Message-ID.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, not_, or_, select, update
from sqlalchemy.orm import Session

from digest.model import DeliveryState, SubscriberState
from digest.store.database import database_now
from digest.store.schema import NoticeRow, SubscriberRow, WishesRow

ENDED = (DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.POISON)
WAITING = (DeliveryState.PLANNED, DeliveryState.DEFERRED)
HELD = (DeliveryState.CLAIMED, DeliveryState.HANDING_OVER)
NOT_NEEDED = "no longer needed"


class Kind(StrEnum):
    """What a notice says: please confirm; you are subscribed already, here is your link; goodbye."""

    CONFIRM = "confirm"
    KNOWN = "known"
    GOODBYE = "goodbye"


@dataclass(frozen=True, slots=True)
class Notice:
    """A claimed notice, with what is needed to write it. ``claim`` is the token of its claim."""

    id: int
    subscriber_id: int
    kind: Kind
    address: str
    attempts: int
    claim: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a notice after an attempt; ``again_at`` where it is tried again."""

    state: DeliveryState
    reason: str = ""
    again_at: datetime | None = None


def plan(session: Session, subscriber_id: int, kind: Kind, now: datetime) -> None:
    """Put a notice into the outbox, to go at once."""
    session.execute(
        insert(NoticeRow).values(
            subscriber_id=subscriber_id,
            kind=kind,
            state=DeliveryState.PLANNED,
            attempts=0,
            claimed_by="",
            next_attempt_at=now,
            reason="",
            created_at=now,
        )
    )


def claim(
    session: Session, token: str, now: datetime, *, lease: timedelta, limit: int, most_attempts: int
) -> list[Notice]:
    """Claim notices that are due, and those whose holder died; ``most_attempts`` deaths set one aside."""
    clock = database_now(session)
    gone = and_(NoticeRow.state.in_(HELD), NoticeRow.lease_until < clock)
    session.execute(
        update(NoticeRow)
        .where(gone, NoticeRow.attempts >= most_attempts)
        .values(state=DeliveryState.POISON, reason="its sender died too often", finished_at=now)
    )
    due = and_(NoticeRow.state.in_(WAITING), NoticeRow.next_attempt_at <= now)
    question = (
        select(NoticeRow.id)
        .where(or_(due, gone))
        .order_by(NoticeRow.next_attempt_at, NoticeRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(question).all()
    session.execute(
        update(NoticeRow)
        .where(NoticeRow.id.in_(ids))
        .values(
            state=DeliveryState.CLAIMED,
            claimed_by=token,
            attempts=NoticeRow.attempts + 1,
            lease_until=clock + lease,
        )
    )
    return _load(session, NoticeRow.id.in_(ids))


def claimed(session: Session, token: str) -> list[Notice]:
    """What a claim took: read back when the answer to its COMMIT was lost."""
    return _load(session, NoticeRow.state == DeliveryState.CLAIMED, NoticeRow.claimed_by == token)


def _load(session: Session, *which: ColumnElement[bool]) -> list[Notice]:
    question = (
        select(
            NoticeRow.id,
            NoticeRow.subscriber_id,
            NoticeRow.kind,
            SubscriberRow.address,
            NoticeRow.attempts,
            NoticeRow.claimed_by,
            NoticeRow.created_at,
        )
        .join(SubscriberRow, SubscriberRow.id == NoticeRow.subscriber_id)
        .where(*which)
        .order_by(NoticeRow.id)
    )
    return [Notice(row[0], row[1], Kind(row[2]), *row[3:]) for row in session.execute(question)]


def begin_hand_over(
    session: Session, token: str, ids: Collection[int], now: datetime, *, lease: timedelta
) -> Collection[int]:
    """The gate: those still ours become *handing-over*, their lease renewed, and are returned.

    A confirmation is only for who still has something to confirm, a goodbye for who is still gone: it ends
    here otherwise.
    """
    clock = database_now(session)
    ours = and_(NoticeRow.id.in_(ids), *_held(token), NoticeRow.lease_until > clock)
    fitting = or_(
        NoticeRow.kind == Kind.KNOWN,
        and_(NoticeRow.kind == Kind.CONFIRM, or_(_about(SubscriberState.UNCONFIRMED), _wishing())),
        and_(NoticeRow.kind == Kind.GOODBYE, _about(SubscriberState.UNSUBSCRIBED)),
    )
    ended = {"state": DeliveryState.REFUSED, "reason": NOT_NEEDED, "lease_until": None, "finished_at": now}
    session.execute(update(NoticeRow).where(ours, not_(fitting)).values(ended | {"next_attempt_at": None}))
    statement = (
        update(NoticeRow)
        .where(ours, fitting)
        .values(state=DeliveryState.HANDING_OVER, lease_until=clock + lease)
        .returning(NoticeRow.id)
    )
    return set(session.scalars(statement).all())


def _about(state: SubscriberState) -> ColumnElement[bool]:
    return NoticeRow.subscriber_id.in_(select(SubscriberRow.id).where(SubscriberRow.state == state))


def _wishing() -> ColumnElement[bool]:
    return NoticeRow.subscriber_id.in_(select(WishesRow.subscriber_id))


def _held(token: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return NoticeRow.claimed_by == token, NoticeRow.state.in_(HELD)


def record(session: Session, notice: Notice, verdict: Verdict, now: datetime) -> bool:
    """Record what came of an attempt, if the notice is still ours; tells whether it was."""
    done: Any = session.execute(
        update(NoticeRow)
        .where(NoticeRow.id == notice.id, *_held(notice.claim))
        .values(
            state=verdict.state,
            reason=verdict.reason,
            next_attempt_at=verdict.again_at,
            lease_until=None,
            finished_at=now if verdict.state in ENDED else None,
        )
    )
    return bool(done.rowcount)


def counts(session: Session) -> dict[str, int]:
    """How many notices are in each state there is."""
    rows = session.execute(select(NoticeRow.state, func.count()).group_by(NoticeRow.state))
    return {state: number for state, number in rows}  # noqa: C416  rows are no pairs to mypy


def unended(session: Session, before: datetime) -> int:
    """How many of those planned before a moment have not ended."""
    question = select(func.count()).where(
        NoticeRow.state.in_([*WAITING, *HELD]), NoticeRow.created_at < before
    )
    return session.scalar(question) or 0


def expire(session: Session, before: datetime) -> int:
    """Remove notices that ended before a moment."""
    done: Any = session.execute(delete(NoticeRow).where(NoticeRow.finished_at < before))
    return int(done.rowcount)
