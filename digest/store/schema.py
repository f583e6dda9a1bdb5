"""The tables. Unique constraints carry the rules: what must not happen twice stands here.

Names are the glossary's. Times are UTC (``UtcDateTime``), days and slots are dates. Rows never
leave ``digest.store``: its functions return the values of ``digest.model``.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    Time,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from digest.store.types import BigId, Json, SearchVector, UtcDateTime

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads this class attribute
        datetime: UtcDateTime(),
        date: Date(),
        time: Time(),
        dict[str, Any]: Json,
        list[str]: Json,
        list[Any]: Json,
        bytes: LargeBinary(),
        str: Text(),
    }


# --- source ----------------------------------------------------------------------------------


class PaperRow(Base):
    """A paper as it reads now. ``revision`` counts changes of content.

    ``seen`` is the fingerprint of what came last: the same again needs no comparing.
    """

    __tablename__ = "papers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[int]
    title: Mapped[str]
    abstract: Mapped[str]
    source_title: Mapped[str]
    source_abstract: Mapped[str]
    authors: Mapped[list[str]]
    organisation_name: Mapped[str | None]
    organisation_title: Mapped[str | None]
    published_at: Mapped[datetime | None]
    short_summary: Mapped[str]
    source_keywords: Mapped[list[str]]
    project_url: Mapped[str]
    code_url: Mapped[str]
    code_stars: Mapped[int | None]
    complete: Mapped[bool]
    seen: Mapped[str] = mapped_column(String(32))
    first_seen_at: Mapped[datetime]
    changed_at: Mapped[datetime] = mapped_column(index=True)


class RevisionRow(Base):
    """A paper as it read before a change, so that old digests render as they were."""

    __tablename__ = "paper_revisions"

    paper_id: Mapped[str] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]]
    replaced_at: Mapped[datetime]


class SearchRow(Base):
    """A paper as the search sees it. On SQLite ``id`` is the row of the FTS5 table ``paper_search``."""

    __tablename__ = "search_documents"
    __table_args__ = (Index("ix_search_documents_vector", "vector", postgresql_using="gin"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    paper_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("papers.id", ondelete="CASCADE"), unique=True
    )
    words: Mapped[int] = mapped_column(index=True)
    vector: Mapped[str] = mapped_column(SearchVector)


class ListingRow(Base):
    """One paper on one day's page: a paper stands on a day once."""

    __tablename__ = "listings"
    __table_args__ = (Index("ix_listings_paper_id", "paper_id"), Index("ix_listings_arrival", "arrival"))

    day: Mapped[date] = mapped_column(primary_key=True)
    paper_id: Mapped[str] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int]
    upvotes: Mapped[int]
    comments: Mapped[int]
    submitted_at: Mapped[datetime | None]
    arrival: Mapped[int] = mapped_column(BigId)
    silent: Mapped[bool] = mapped_column(Boolean)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class ObservationRow(Base):
    """Upvotes at a moment; written when they changed."""

    __tablename__ = "observations"

    paper_id: Mapped[str] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"), primary_key=True)
    observed_at: Mapped[datetime] = mapped_column(primary_key=True)
    upvotes: Mapped[int]
    comments: Mapped[int]


class DayRow(Base):
    """The ledger: what is known of each day, and why."""

    __tablename__ = "days"

    day: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    tier: Mapped[str | None] = mapped_column(String(16))
    listed: Mapped[int]
    refused: Mapped[int]
    failures: Mapped[int]
    reason: Mapped[str]
    notes: Mapped[list[str]]
    first_read_at: Mapped[datetime | None]
    last_read_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]


class RawAnswerRow(Base):
    """An answer as it came, compressed, for a bounded time."""

    __tablename__ = "raw_answers"
    __table_args__ = (UniqueConstraint("url", "fingerprint"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    tier: Mapped[str] = mapped_column(String(16))
    url: Mapped[str]
    status: Mapped[int]
    fetched_at: Mapped[datetime] = mapped_column(index=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    etag: Mapped[str]
    body: Mapped[bytes]


class LimitRow(Base):
    """What a counterpart's rate limit leaves us, shared by all processes and across restarts.

    ``spent`` counts requests by ten seconds of the epoch.
    """

    __tablename__ = "limits"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    not_before: Mapped[datetime | None]
    spent: Mapped[dict[str, Any]]


class CounterRow(Base):
    """Store-wide counters; ``arrival`` numbers stored reads in commit order."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(BigId)


class CorpusRow(Base):
    """Packed corpus statistics of the ranking, one row a kind."""

    __tablename__ = "corpora"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    built_at: Mapped[datetime]
    arrival: Mapped[int] = mapped_column(BigId)
    papers: Mapped[int]
    body: Mapped[bytes]


# --- subscribers -----------------------------------------------------------------------------


class SubscriberRow(Base):
    """One address on one channel. ``weekdays`` is a bit mask, Monday is bit 0."""

    __tablename__ = "subscribers"
    __table_args__ = (
        UniqueConstraint("channel", "address"),
        Index("ix_subscribers_state_next_due_at", "state", "next_due_at"),
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


class SignUpRow(Base):
    """A confirmation asked for, to bound form bombing. Holds keyed hashes only."""

    __tablename__ = "sign_ups"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    network_hash: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(16))


class SuppressionRow(Base):
    """An address that is never written to again; outlives erasure as a keyed hash."""

    __tablename__ = "suppressions"

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]


# --- digests and deliveries ------------------------------------------------------------------


class DigestRow(Base):
    """One subscriber, one slot. ``sheet`` is everything it says, frozen."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("subscriber_id", "slot"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    slot: Mapped[date]
    kind: Mapped[str] = mapped_column(String(16))
    sheet: Mapped[dict[str, Any]]
    arrival_from: Mapped[int | None] = mapped_column(BigId)
    arrival_to: Mapped[int] = mapped_column(BigId)
    covered_from: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


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

    Handed over with the discipline of deliveries: ``claim`` is the fencing number.
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
    claim: Mapped[int] = mapped_column(BigId)
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


class AlarmRow(Base):
    """Something an operator must know; told once, with an all-clear."""

    __tablename__ = "alarms"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    detail: Mapped[str]
    raised_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]


# --- Slack workspaces ------------------------------------------------------------------------


class SlackInstallationRow(Base):
    """A workspace that installed the app. ``sealed_token`` is encrypted; the key is not in the store."""

    __tablename__ = "slack_installations"

    workspace: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str]
    sealed_token: Mapped[bytes]
    bot_id: Mapped[str] = mapped_column(String(32))
    bot_user_id: Mapped[str] = mapped_column(String(32))
    installer_id: Mapped[str] = mapped_column(String(32))
    scopes: Mapped[str]
    organisation_wide: Mapped[bool] = mapped_column(Boolean)
    installed_at: Mapped[datetime]


class SlackStateRow(Base):
    """A running OAuth: its state, as a fingerprint, may come back once and soon."""

    __tablename__ = "slack_states"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
