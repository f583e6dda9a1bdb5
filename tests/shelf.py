"""A source that is a shelf of papers: days are filled, added to, and may break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from digest.model import EmptyDay, Failed, Paper, Papers, Reading, Record, Tier


def paper(number: int, title: str, *, upvotes: int = 5, abstract: str = "") -> Record:
    """A listed paper; its id ends in the number."""
    return Record(
        Paper(
            id=f"2603.{number:05}",
            title=title,
            abstract=abstract or f"{title}. We study it with care and report what we found.",
            authors=("Ada Lovelace", "Alan Turing"),
            published_at=datetime(2026, 2, 27, tzinfo=UTC),
            source_title=title,
        ),
        upvotes=upvotes,
        comments=0,
    )


class Shelf:
    """Implements ``digest.sources.Source``."""

    name = "shelf"

    def __init__(self, days: Mapping[date, Sequence[Record]]) -> None:
        self.days = {day: list(records) for day, records in days.items()}
        self.broken = False

    def add(self, day: date, record: Record) -> None:
        self.days.setdefault(day, []).append(record)

    def read_day(self, day: date, *, now: datetime) -> Reading:
        if self.broken:
            return Reading(day, Failed("the shelf is broken"))
        records = self.days.get(day, [])
        outcome = Papers(tuple(records)) if records else EmptyDay()
        return Reading(day, outcome, Tier.API)
