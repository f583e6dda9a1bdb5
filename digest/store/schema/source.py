"""Tables of what the source lists: papers, listings, days, raw answers, allowance, statistics."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from digest.store.schema.base import Base
from digest.store.types import BigId, SearchVector


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
    changed_at: Mapped[datetime]


class RevisionRow(Base):
    """A paper as it read before a change, so that old digests render as they were."""

    __tablename__ = "paper_revisions"

    paper_id: Mapped[str] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]]
    replaced_at: Mapped[datetime]


class ExtractRow(Base):
    """What the ranking needs of a recent paper; ``mark`` says of which words and which way of reading."""

    __tablename__ = "paper_extracts"

    paper_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("papers.id", ondelete="CASCADE"), primary_key=True
    )
    mark: Mapped[str] = mapped_column(String(32))
    body: Mapped[bytes]


class SearchRow(Base):
    """A paper as the search sees it. On SQLite ``id`` is the row of the FTS5 table ``paper_search``.

    On Postgres vectors stay in the rows as they are, up to a page: scoring reads one for each hit.
    """

    __tablename__ = "search_documents"
    __table_args__ = (
        Index("ix_search_documents_vector", "vector", postgresql_using="gin"),
        {"postgresql_with": {"toast_tuple_target": 8160}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    paper_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("papers.id", ondelete="CASCADE"), unique=True
    )
    words: Mapped[int] = mapped_column(index=True)
    vector: Mapped[str] = mapped_column(SearchVector)


class ListingRow(Base):
    """One paper on one day's page: a paper stands on a day once."""

    __tablename__ = "listings"
    __table_args__ = (Index("ix_listings_paper_id", "paper_id"),)

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

    ``spent`` counts requests by five seconds of the epoch.
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
    """Packed corpus statistics of the ranking, one row a kind. ``mark`` says which bytes they are, ``space``
    which space of terms they hold.
    """

    __tablename__ = "corpora"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    built_at: Mapped[datetime]
    arrival: Mapped[int] = mapped_column(BigId)
    papers: Mapped[int]
    mark: Mapped[str] = mapped_column(String(32))
    space: Mapped[str] = mapped_column(String(32))
    body: Mapped[bytes]


class RelationRow(Base):
    """What a keyword is related to in a space of terms; ``keyword`` is the mark of what it asks for."""

    __tablename__ = "relations"

    keyword: Mapped[str] = mapped_column(String(32), primary_key=True)
    space: Mapped[str] = mapped_column(String(32))
    body: Mapped[bytes]
