"""The last stored days, on which profiles are tried: one notion for the web, Slack and the command line.

They are counted back from the newest day with a paper, not from today: where the source was out of reach for
weeks, or an archive was imported, no keyword is dead for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Engine

from digest.model import Candidate, Listing, Paper
from digest.pipeline.extracting import KEPT, make_known
from digest.store import listings, papers
from digest.store.database import reading


@dataclass(frozen=True, slots=True)
class LastDays:
    """Listings up to the newest stored day, ``until``, newest first, and their papers."""

    until: date | None
    listed: tuple[Listing, ...]
    known: Mapping[str, Paper]

    def candidates(self, days: int) -> tuple[Candidate, ...]:
        """The papers of the last ``days``, oldest first, each once: a paper counts where it stood first."""
        first: dict[str, Candidate] = {}
        for one in reversed(self.listed):
            if self.until is not None and (self.until - one.day).days < days:
                paper = self.known[one.paper_id]
                first.setdefault(one.paper_id, Candidate(paper, one.day, one.upvotes, one.arrival))
        return tuple(first.values())


def read_last_days(engine: Engine, days: int, *, until: date | None = None) -> LastDays:
    """The last ``days`` up to the newest stored one, or to the newest of those up to ``until``.

    What the ranking needs of their papers is in memory then, and kept for the next process.
    """
    with reading(engine) as session:
        newest = listings.newest_day(session, until=until)
        if newest is None:
            return LastDays(None, (), {})
        since = newest - timedelta(days=days - 1)
        listed = listings.candidates(session, since_day=since, until_day=newest)
        known = papers.load(session, {one.paper_id for one in listed})
    make_known(engine, [known[one.paper_id] for one in listed if newest - one.day < KEPT])
    return LastDays(newest, tuple(listed), known)
