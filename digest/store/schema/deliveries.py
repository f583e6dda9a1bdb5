"""Tables of digests and the outbox: entries, deliveries, attempts, notices, circuits, alarms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from digest.store.schema.base import Base
from digest.store.types import BigId


class DigestRow(Base):
    """One subscriber, one slot. ``sheet`` is everything it says, frozen."""

    __tablename__ = "digests"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "slot"),
        Index("ix_digests_created_at_id", "created_at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    slot: Mapped[date]
    kind: Mapped[str] = mapped_column(String(16))
    sheet: Mapped[dict[str, Any]]
    arrival_from: Mapped[int | None] = mapped_column(BigId)
    arrival_to: Mapped[int] = mapped_column(BigId)
    covered_from: Mapped[datetime | None]
    created_at: Mapped[datetime]


class EntryRow(Base):
    """Who was shown what: a paper once, and once more as rising."""

    __tablename__ = "entries"
    __table_args__ = (Index("ix_entries_digest_id", "digest_id"),)

    subscriber_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    paper_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    rising: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"))


TROUBLED = "state IN ('deferred', 'refused', 'unknown', 'poison')"
"""The states people look for. An index over all would be rewritten four times for every delivery."""


class DeliveryRow(Base):
    """The outbox. ``claimed_by`` is the fencing token, new with each claim; every update names it.

    ``next_attempt_at`` is set exactly while the row may be claimed, ``lease_until`` exactly while it
    is claimed. ``unanswered`` counts hand-overs that may have arrived.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "slot"),
        Index(
            "ix_deliveries_channel_next_attempt_at",
            "channel",
            "next_attempt_at",
            sqlite_where=text("next_attempt_at IS NOT NULL"),
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        Index(
            "ix_deliveries_lease_until",
            "lease_until",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
        Index(
            "ix_deliveries_state",
            "state",
            sqlite_where=text(TROUBLED),
            postgresql_where=text(TROUBLED),
        ),
        {"sqlite_autoincrement": True},  # return addresses name the number
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id", ondelete="CASCADE"), unique=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(320))
    slot: Mapped[date]
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer)
    kills: Mapped[int] = mapped_column(Integer)
    unanswered: Mapped[int] = mapped_column(Integer)
    claim: Mapped[int] = mapped_column(BigId)
    claimed_by: Mapped[str]
    next_attempt_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    message_id: Mapped[str]
    message_date: Mapped[datetime | None]
    template: Mapped[str]
    fingerprint: Mapped[str]
    reference: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    first_attempt_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class AttemptRow(Base):
    """One attempt of a delivery and what came of it; kept for a bounded time."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"))
    number: Mapped[int]
    worker: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(16))
    code: Mapped[str]
    detail: Mapped[str]


class NoticeRow(Base):
    """A mail about a subscription itself (please confirm, you are subscribed already): a small outbox.

    Handed over with the discipline of deliveries: ``claimed_by`` is the fencing token.
    """

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_state_next_attempt_at", "state", "next_attempt_at"),
        Index("ix_notices_subscriber_id", "subscriber_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    claimed_by: Mapped[str]
    lease_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class CircuitRow(Base):
    """A counterpart that fails for everybody: closed to traffic until a probe succeeds."""

    __tablename__ = "circuits"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    opened_at: Mapped[datetime]
    probe_at: Mapped[datetime]
    failures: Mapped[int]
    reason: Mapped[str]
    code: Mapped[str] = mapped_column(server_default="")


class AlarmRow(Base):
    """Something an operator must know; told once, with an all-clear."""

    __tablename__ = "alarms"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    detail: Mapped[str]
    raised_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
