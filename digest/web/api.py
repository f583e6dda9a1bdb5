"""The JSON API: days, papers, search, trending. Read only, documented by its OpenAPI."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from digest.channels.paper_lines import paper_url
from digest.errors import NotFound
from digest.model import DayState, Listing, Paper
from digest.store import days, listings, papers
from digest.store.search_words import QueryError
from digest.web.days import trending_now
from digest.web.desk import At
from digest.web.papers import known
from digest.web.searching import LONGEST_QUERY, PAGE, found_by

STORABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
"""No control characters but tab and line breaks, as the door has it (``web/unstorable.py``)."""
FIRST, LAST = date(2000, 1, 1), date(2200, 1, 1)


class Wrong(BaseModel):
    """What every error answer says."""

    error: str
    remedy: str = ""


class DayOut(BaseModel):
    """A day of the ledger."""

    day: date
    state: DayState
    papers: int


class PaperOut(BaseModel):
    """A paper. ``url`` is its page at the source."""

    id: str
    title: str
    abstract: str
    authors: list[str]
    organisation: str | None
    published_at: datetime | None
    url: str
    code_url: str
    project_url: str
    code_stars: int | None


class ListedOut(BaseModel):
    """A paper on a day's page."""

    day: date
    upvotes: int
    comments: int
    paper: PaperOut


class DayPapersOut(DayOut):
    """A day with its papers, most upvotes first."""

    listings: list[ListedOut]


class PlaceOut(BaseModel):
    """One listing of a paper."""

    day: date
    upvotes: int
    comments: int


class VotesOut(BaseModel):
    """Upvotes at a moment."""

    at: datetime
    upvotes: int


class PaperFullOut(PaperOut):
    """A paper with its listings and vote history."""

    listings: list[PlaceOut]
    votes: list[VotesOut]


class FoundOut(BaseModel):
    """A page of search results; ``next`` is the offset to go on at."""

    papers: list[PaperOut]
    next: int | None


ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": Wrong, "description": "Nothing of that name is known."},
    422: {"model": Wrong, "description": "A parameter is wrong; the answer names it."},
    503: {"model": Wrong, "description": "The store is busy; try again after Retry-After."},
}
routes = APIRouter(prefix="/api", responses=ERRORS)


@routes.get("/days", summary="Known days, newest first")
def known_days(
    desk: At,
    since: date = FIRST,
    until: date = LAST,
    limit: Annotated[int, Query(ge=1, le=400)] = 100,
) -> list[DayOut]:
    """The ledger: which days were read, in what state they are, how many papers they list."""
    with desk.reading() as session:
        found = days.ledger(session, since, until)
    return [DayOut(day=one.day, state=one.state, papers=one.listed) for one in reversed(found)][:limit]


@routes.get("/days/{day}", summary="One day's papers")
def one_day(desk: At, day: date) -> DayPapersOut:
    """The papers listed on a day, most upvotes first."""
    with desk.reading() as session:
        found = days.load(session, day)
        listed = listings.of_day(session, day)
        shown = _listed(session, listed)
    if found is None:
        raise NotFound("nothing is known of that day", remedy="see /api/days")
    return DayPapersOut(day=day, state=found.state, papers=len(listed), listings=shown)


@routes.get("/papers/{paper_id:path}", summary="One paper")
def one_paper(desk: At, paper_id: str) -> PaperFullOut:
    """A paper with every day that listed it and its upvotes over time."""
    with desk.reading() as session:
        found, listed, history = known(session, paper_id)
    return PaperFullOut(
        **_paper(found).model_dump(),
        listings=[PlaceOut(day=one.day, upvotes=one.upvotes, comments=one.comments) for one in listed],
        votes=[VotesOut(at=one.observed_at, upvotes=one.upvotes) for one in history],
    )


@routes.get("/search", summary="Search the whole store")
def search(
    desk: At,
    q: Annotated[str, Query(min_length=1, max_length=LONGEST_QUERY, pattern=STORABLE)],
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> FoundOut:
    """Papers whose title, abstract or authors hold the words, best first."""
    try:
        found = found_by(desk, q, offset)
    except QueryError:  # no word in it: nothing is found
        found = []
    return FoundOut(
        papers=[_paper(one.paper) for one in found[:PAGE]],
        next=offset + PAGE if len(found) > PAGE else None,
    )


@routes.get("/trending", summary="What is trending")
def trending(desk: At) -> list[ListedOut]:
    """The last days' papers by the votes they will settle at."""
    with desk.reading() as session:
        return _listed(session, trending_now(session, desk.clock()))


def _listed(session: Session, found: list[Listing]) -> list[ListedOut]:
    read = papers.load(session, {one.paper_id for one in found})
    return [
        ListedOut(day=one.day, upvotes=one.upvotes, comments=one.comments, paper=_paper(read[one.paper_id]))
        for one in found
        if one.paper_id in read
    ]


def _paper(paper: Paper) -> PaperOut:
    return PaperOut(
        id=paper.id,
        title=paper.title,
        abstract=paper.abstract,
        authors=list(paper.authors),
        organisation=(paper.organisation.title or paper.organisation.name) if paper.organisation else None,
        published_at=paper.published_at,
        url=paper_url(paper.id),
        code_url=paper.code_url,
        project_url=paper.project_url,
        code_stars=paper.code_stars,
    )


about = APIRouter(include_in_schema=False)


@about.get("/api")
def api_page(desk: At) -> HTMLResponse:
    """What there is, for people."""
    found = [route for route in routes.routes if hasattr(route, "summary")]
    lines = [(getattr(one, "path", ""), one.summary or "") for one in found]
    return desk.page("api.html", lines=lines)
