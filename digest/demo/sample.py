"""The bundled sample days: invented papers, written small, seen at any moment.

A day's file (``data/DAY.json``) holds each paper once, with the hour at which it joined the page and
the upvotes it settles at; what the page shows at a moment follows from both.
"""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

FIRST_DAY = date(2026, 10, 14)
LAST_DAY = date(2026, 10, 16)
WRAP_COLUMNS = 76

SETTLING_HOURS = 24.0
"""Growth of upvotes: a share ``1 - exp(-age / 24 h)`` of the settled number. It agrees with what was
measured on the source: twofold from 5 to 31 hours, a quarter more from 31 to 58."""


@dataclass(frozen=True, slots=True)
class Author:
    """A name, and the account it is linked to, if any."""

    name: str
    account: str = ""


EDITORS = Author("The editors", "editors")


@dataclass(frozen=True, slots=True)
class SamplePaper:
    """An invented paper. ``organisation`` is its short name and title; ``media`` a file name."""

    id: str
    title: str
    abstract: str
    authors: tuple[Author, ...]
    published: date
    submitter: Author = EDITORS
    organisation: tuple[str, str] | None = None
    repository: str = ""
    stars: int = 0
    project_page: str = ""
    ai_summary: str = ""
    ai_keywords: tuple[str, ...] = ()
    media: str = ""


@dataclass(frozen=True, slots=True)
class Placing:
    """A paper's place on a day: when it joined, and the upvotes it settles at.

    ``surge`` is an hour after joining and the new number it then settles at.
    """

    paper: SamplePaper
    day: date
    hour: float
    votes: int
    comments: int = 1
    surge: tuple[float, int] | None = None

    @property
    def joined_at(self) -> datetime:
        return datetime.combine(self.day, time(), UTC) + timedelta(hours=self.hour)


@dataclass(frozen=True, slots=True)
class SampleListing:
    """One paper on one day's page as seen at a moment."""

    paper: SamplePaper
    day: date
    upvotes: int
    comments: int


def listings(day: date, now: datetime) -> list[SampleListing]:
    """What the page of ``day`` shows at ``now``: most upvotes first, as the API orders by date.

    Empty for days without papers, days to come and days that are not in the sample.
    """
    shown = [
        SampleListing(placing.paper, day, upvotes_at(placing.paper.id, now), placing.comments)
        for placing in sample_days().get(day, ())
        if placing.joined_at <= now
    ]
    return sorted(shown, key=lambda listing: -listing.upvotes)


def upvotes_at(paper_id: str, now: datetime) -> int:
    """A paper's upvotes at ``now``, the same on every day it stands on."""
    return round(sum(_gained(placing, now) for placing in _placings()[paper_id]))


def _gained(placing: Placing, now: datetime) -> float:
    """What a placing has brought: it grows towards the settled number, and again after a surge."""
    hours = (now - placing.joined_at) / timedelta(hours=1)
    votes = placing.votes * _settled_share(hours)
    if placing.surge:
        after, settled = placing.surge
        votes += (settled - placing.votes) * _settled_share(hours - after)
    return votes


@cache
def _placings() -> Mapping[str, tuple[Placing, ...]]:
    found: dict[str, tuple[Placing, ...]] = {}
    for placing in (placing for day in sample_days().values() for placing in day):
        found[placing.paper.id] = (*found.get(placing.paper.id, ()), placing)
    return found


def _settled_share(hours: float) -> float:
    return 1 - math.exp(-max(hours, 0.0) / SETTLING_HOURS)


@cache
def sample_days() -> Mapping[date, tuple[Placing, ...]]:
    """All sample days. Read once: the files are part of the package."""
    days: dict[date, tuple[Placing, ...]] = {}
    papers: dict[str, SamplePaper] = {}
    for number in range((LAST_DAY - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(days=number)
        written = json.loads(files("digest.demo").joinpath(f"data/{day}.json").read_text(encoding="utf-8"))
        days[day] = tuple(_placing(day, entry, papers) for entry in written)
    return days


def _placing(day: date, written: dict[str, Any], papers: dict[str, SamplePaper]) -> Placing:
    """Read one written paper; ``again`` in place of a title refers to a paper of an earlier day."""
    paper = papers[written["again"]] if "again" in written else _paper(day, written)
    papers[paper.id] = paper
    surge = written.get("surge")
    return Placing(
        paper=paper,
        day=day,
        hour=written["hour"],
        votes=written["votes"],
        comments=written.get("comments", 1),
        surge=(surge[0], surge[1]) if surge else None,
    )


def _paper(day: date, written: dict[str, Any]) -> SamplePaper:
    authors = tuple(_author(text) for text in written["authors"]) + _crowd(written.get("crowd"))
    linked = next((author for author in authors if author.account), EDITORS)
    paper = SamplePaper(
        id=written["id"],
        title=written["title"],
        abstract=" ".join(written["abstract"]),
        authors=authors,
        published=day - timedelta(days=written.get("age", 2)),
        submitter=linked,
        organisation=tuple(written["organisation"]) if "organisation" in written else None,
        repository=written.get("code", ["", 0])[0],
        stars=written.get("code", ["", 0])[1],
        project_page=written.get("page", ""),
        ai_summary=written.get("ai_summary", ""),
        ai_keywords=tuple(written.get("ai_keywords", ())),
        media=written.get("media", ""),
    )
    return _hard_wrapped(paper) if written.get("wrapped") else paper


def _author(text: str) -> Author:
    name, _, account = text.partition(" @")
    return Author(name, account)


def _crowd(names: dict[str, list[str]] | None) -> tuple[Author, ...]:
    """Every given name with every family name: a hundred authors in two short lists."""
    if names is None:
        return ()
    return tuple(Author(f"{given} {family}") for given, family in product(names["given"], names["family"]))


def _hard_wrapped(paper: SamplePaper) -> SamplePaper:
    """The paper as arXiv prints it, and as the source passed it on until 2025: with its line breaks."""
    return replace(paper, title="\n  ".join(_lines(paper.title)), abstract="\n".join(_lines(paper.abstract)))


def _lines(text: str) -> list[str]:
    return textwrap.wrap(text, WRAP_COLUMNS, break_on_hyphens=False)
