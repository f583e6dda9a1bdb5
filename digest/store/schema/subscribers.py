"""Tables of subscribers: profiles, feedback, sign-ups, suppressions."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from digest.store.schema.base import Base
from digest.store.types import BigId


class SubscriberRow(Base):
    """One address on one channel. ``weekdays`` is a bit mask, Monday is bit 0."""

    __tablename__ = "subscribers"
    __table_args__ = (
        UniqueConstraint("channel", "address"),
        Index("ix_subscribers_state_next_due_at_id", "state", "next_due_at", "id"),
        {"sqlite_autoincrement": True},  # links name the number: it must not come back after an erasure
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(320))
    state: Mapped[str] = mapped_column(String(16))
    timezone: Mapped[str] = mapped_column(String(64))
    send_at: Mapped[time]
    weekdays: Mapped[int]
    empty_digests: Mapped[str] = mapped_column(String(16))
    rising: Mapped[bool]
    paused_until: Mapped[date | None]
    next_due_at: Mapped[datetime | None]
    covered_arrival: Mapped[int | None] = mapped_column(BigId)
    covered_at: Mapped[datetime | None]
    last_slot: Mapped[date | None]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    consent_source: Mapped[str]
    suspended_reason: Mapped[str]
    bounce_score: Mapped[float] = mapped_column(Float)
    bounced_on: Mapped[date | None]


class ProfileRow(Base):
    """A named set of keywords, as typed."""

    __tablename__ = "profiles"
    __table_args__ = (UniqueConstraint("subscriber_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    text: Mapped[str]
    bar: Mapped[float | None]
    entry_limit: Mapped[int | None]
    learning: Mapped[bool]
    changed_at: Mapped[datetime]


class FeedbackRow(Base):
    """More or less like this: one word per subscriber and paper."""

    __tablename__ = "feedback"

    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True
    )
    paper_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]


class SavedRow(Base):
    """A paper a subscriber put aside."""

    __tablename__ = "saved"

    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True
    )
    paper_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


class WeightRow(Base):
    """What feedback taught, by name: shown, bounded, removable."""

    __tablename__ = "weights"

    profile_id: Mapped[int] = mapped_column(ForeignKey("profiles.id", ondelete="CASCADE"), primary_key=True)
    term: Mapped[str] = mapped_column(String(200), primary_key=True)
    weight: Mapped[float]
    origin: Mapped[str] = mapped_column(String(16))


class ForgottenTermRow(Base):
    """A learnt term its reader took away: no later feedback teaches it again."""

    __tablename__ = "forgotten_terms"

    profile_id: Mapped[int] = mapped_column(ForeignKey("profiles.id", ondelete="CASCADE"), primary_key=True)
    term: Mapped[str] = mapped_column(String(200), primary_key=True)


class SignUpRow(Base):
    """A confirmation asked for, to bound form bombing. Holds keyed hashes only."""

    __tablename__ = "sign_ups"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    network_hash: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(16))


class WishesRow(Base):
    """What a known address asks for that has no subscription now; nothing of it counts until it confirms."""

    __tablename__ = "wishes"

    subscriber_id: Mapped[int] = mapped_column(
        ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True
    )
    asked_at: Mapped[datetime]
    wishes: Mapped[dict[str, Any]]


class SuppressionRow(Base):
    """An address that is never written to again; outlives erasure as a keyed hash."""

    __tablename__ = "suppressions"

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]
