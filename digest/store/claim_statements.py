"""The statements that every delivery costs, made once for each database.

Making one anew, and finding it among those compiled before, took longer than running it.

What differs from run to run is bound by name; ``lease_from_now`` binds what they know of the clock.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Integer,
    Interval,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.selectable import TableValuedAlias

from digest.clock import utc_now
from digest.model import DeliveryState, SubscriberState
from digest.store.database import on_sqlite
from digest.store.deliveries import COLUMNS, TABLE
from digest.store.schema import SubscriberRow
from digest.store.types import UtcDateTime

State = DeliveryState
SUBSCRIBERS: Any = SubscriberRow.__table__


def lease_from_now(session: Session, lease: timedelta) -> dict[str, Any]:
    """Binds the database's clock and the end of a lease: SQLite's clock is this host's."""
    if on_sqlite(session):
        now = utc_now()
        return {"clock": now, "until": now + lease}
    return {"lease": lease}


def _clock(*, sqlite: bool) -> tuple[Any, Any]:
    """The database's clock and the end of a lease that begins now, both bound by ``lease_from_now``."""
    if sqlite:
        return bindparam("clock", type_=UtcDateTime), bindparam("until", type_=UtcDateTime)
    now = func.clock_timestamp(type_=DateTime(timezone=True))
    return now, now + bindparam("lease", type_=Interval)


@cache
def claiming(*, sqlite: bool, suspects: bool, named: bool) -> ReturningUpdate[Any]:
    """Take the ``most`` that are due at ``now`` on ``of_channel``; of those ``named``, that are in ``only``.

    ``token``, ``begins`` and ``ends`` (of message ids), ``rendering`` and ``dated`` are written.
    """
    due = [
        TABLE.c.channel == bindparam("of_channel", type_=Text),
        TABLE.c.next_attempt_at <= bindparam("now", type_=UtcDateTime),
        TABLE.c.kills > 0 if suspects else TABLE.c.kills == 0,
    ]
    if named:
        due.append(TABLE.c.id.in_(bindparam("only", expanding=True)))
    rows = (
        select(TABLE.c.id)
        .where(*due)
        .order_by(TABLE.c.next_attempt_at)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    own_id = bindparam("begins", type_=Text) + cast(TABLE.c.id, Text) + bindparam("ends", type_=Text)
    return (
        update(TABLE)
        # Postgres would scan the whole table for an IN; an array it looks up
        .where(TABLE.c.id.in_(rows) if sqlite else TABLE.c.id == func.any(func.array(rows)))
        .values(
            state=State.CLAIMED,
            claim=TABLE.c.claim + 1,
            claimed_by=bindparam("token", type_=Text),
            attempts=TABLE.c.attempts + 1,
            next_attempt_at=None,
            lease_until=_clock(sqlite=sqlite)[1],
            message_id=case((TABLE.c.message_id == "", own_id), else_=TABLE.c.message_id),
            message_date=func.coalesce(TABLE.c.message_date, bindparam("dated", type_=UtcDateTime)),
            template=case(
                (TABLE.c.template == "", bindparam("rendering", type_=Text)), else_=TABLE.c.template
            ),
            first_attempt_at=func.coalesce(TABLE.c.first_attempt_at, bindparam("now", type_=UtcDateTime)),
        )
        .returning(*COLUMNS)
    )


@cache
def gating(*, sqlite: bool) -> ReturningUpdate[Any]:
    """Pass those of ``given`` (fingerprints) that ``token`` holds, unexpired, for a confirmed subscriber."""
    given, (now, until) = _given(sqlite=sqlite), _clock(sqlite=sqlite)
    return (
        update(TABLE)
        .where(TABLE.c.id == given.c.number, held(), TABLE.c.lease_until > now, subscribed())
        .values(state=State.HANDING_OVER, lease_until=until, fingerprint=given.c.value)
        .returning(TABLE.c.id)
    )


@cache
def recording_sent(*, sqlite: bool) -> ReturningUpdate[Any]:
    """Write that those of ``given`` (references) were sent, at ``now``: they may be past their lease."""
    given = _given(sqlite=sqlite)
    return (
        update(TABLE)
        .where(TABLE.c.id == given.c.number, may_be_sent())
        .values(
            state=State.SENT,
            next_attempt_at=None,
            lease_until=None,
            finished_at=bindparam("now", type_=UtcDateTime),
            reference=given.c.value,
            reason="",
        )
        .returning(TABLE.c.id)
    )


def held() -> Any:
    """In the hands of whoever holds ``token``."""
    return _of_token(State.CLAIMED, State.HANDING_OVER)


def may_be_sent() -> Any:
    """Held by ``token``, or last held by it and in nobody's hands since."""
    return _of_token(State.CLAIMED, State.HANDING_OVER, State.UNKNOWN, State.POISON)


def _of_token(*states: DeliveryState) -> Any:
    return and_(
        TABLE.c.claimed_by == bindparam("token", type_=Text), or_(*(TABLE.c.state == one for one in states))
    )


def subscribed() -> Any:
    """The delivery's subscriber still wants it."""
    return (
        select(SUBSCRIBERS.c.id)
        .where(SUBSCRIBERS.c.id == TABLE.c.subscriber_id, SUBSCRIBERS.c.state == SubscriberState.CONFIRMED)
        .exists()
    )


def _given(*, sqlite: bool) -> Any:
    """``given``, a JSON object of texts by delivery, as a table to join with: one statement for a batch."""
    document = bindparam("given", type_=Text)
    each: TableValuedAlias = (
        func.json_each(document) if sqlite else func.json_each_text(cast(document, JSON))
    ).table_valued("key", "value")
    return select(cast(each.c.key, BigInteger).label("number"), each.c.value).subquery("given")
