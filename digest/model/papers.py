"""Papers, listings and days: what the source says and the ledger keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation a paper is shown under, e.g. ``name="nvidia"``, ``title="NVIDIA"``."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper, keyed by its arXiv id, which is text ("2503.02130" ends in a meaningful 0).

    ``title`` and ``abstract`` are normalised (NFC, blanks collapsed); ``source_title`` and
    ``source_abstract`` are what came. ``revision`` grows when the content changes, so that a
    digest can be rendered again as it was.
    """

    id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    organisation: Organisation | None = None
    published_at: datetime | None = None
    short_summary: str = ""
    source_keywords: tuple[str, ...] = ()
    project_url: str = ""
    code_url: str = ""
    code_stars: int | None = None
    complete: bool = True
    source_title: str = ""
    source_abstract: str = ""
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """What one item of a page or answer says: a paper and its counts at that moment.

    ``author_count`` is given where a representation names a number of authors but not the names.
    """

    paper: Paper
    upvotes: int | None = None
    comments: int | None = None
    submitted_at: datetime | None = None
    author_count: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One paper on one day's page, with its upvotes as last seen.

    ``arrival`` is the number of the stored read that saw it first: a store-wide counter that
    grows in commit order, so "arrived since" needs no clock. ``silent`` marks what a backfill
    brought: it never counts as late.
    """

    paper_id: str
    day: date
    position: int
    upvotes: int
    comments: int
    arrival: int
    silent: bool
    first_seen_at: datetime
    last_seen_at: datetime
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """Upvotes of a paper at a moment."""

    paper_id: str
    observed_at: datetime
    upvotes: int


class Tier(StrEnum):
    """Which representation answered, best first."""

    API = "api"
    EMBEDDED = "embedded"
    CARDS = "cards"


class DayState(StrEnum):
    """open → settling → settled → revised; or failed, with the reason."""

    OPEN = "open"
    SETTLING = "settling"
    SETTLED = "settled"
    REVISED = "revised"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Day:
    """A row of the days ledger.

    ``last_read_at`` is the last read that succeeded, ``tried_at`` the last attempt; ``failures`` counts
    the attempts that failed since. ``changed_at`` is when papers were last added.
    """

    day: date
    state: DayState
    listed: int = 0
    refused: int = 0
    tier: Tier | None = None
    first_read_at: datetime | None = None
    last_read_at: datetime | None = None
    changed_at: datetime | None = None
    failures: int = 0
    reason: str = ""
    notes: tuple[str, ...] = ()
    tried_at: datetime | None = None
