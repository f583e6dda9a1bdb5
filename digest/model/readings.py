"""The five outcomes of reading a day, kept apart: only the first two change what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from digest.model.papers import Record, Tier


@dataclass(frozen=True, slots=True)
class Papers:
    """The day's papers, complete for the tier. ``refused`` items were bad and left out."""

    records: tuple[Record, ...]
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EmptyDay:
    """The source says in so many words that the day has no papers."""


@dataclass(frozen=True, slots=True)
class Redirected:
    """The page shows another day: the asked one has no page of its own."""

    to: date | None


@dataclass(frozen=True, slots=True)
class NoElement:
    """A successful answer without the element: challenge, login wall, redesign. Never an empty day."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An error: status, transport, deadline, unreadable or incomplete body."""

    reason: str
    retry_at: datetime | None = None


Outcome = Papers | EmptyDay | Redirected | NoElement | Failed


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it came, kept so that a parser fix can be replayed without fetching."""

    url: str
    tier: Tier
    status: int
    fetched_at: datetime
    body: bytes
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One attempt to read a day: the outcome, the tier that gave it, and what fell through before."""

    day: date
    outcome: Outcome
    tier: Tier | None = None
    notes: tuple[str, ...] = ()
    raw: tuple[RawAnswer, ...] = ()
