"""The day pages, with week and month computed from days, and what is trending."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from digest.account_wording import day_name
from digest.errors import NotFound
from digest.model import DayState, Listing
from digest.pipeline.ledger import missing_days
from digest.ranking.trending import age_hours, trending_score
from digest.sources.huggingface import FIRST_DAY
from digest.store import days, listings, papers
from digest.web.desk import At, Desk
from digest.web.views import PaperView, best_first, listed_all

routes = APIRouter(include_in_schema=False)

TRENDING_DAYS = 7
MOST_SHOWN = 100
MOST_NAMED = 3
"""Days that a page names; more are counted."""
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
STATES = {
    DayState.OPEN: "still filling",
    DayState.SETTLING: "over; late papers and votes still come in",
    DayState.SETTLED: "settled",
    DayState.REVISED: "settled, then revised",
    DayState.FAILED: "could not be read",
}

LATEST = "the latest day with papers"
NOT_READ = "Not read yet. Days are filled in when the source is read again."
NONE_LISTED = "No papers were listed on the days that were read."
NO_PAPERS = "No papers were listed on this day."
NOTHING = {
    DayState.OPEN: "No papers so far. The day is still open.",
    DayState.SETTLING: "No papers so far. Late ones still come in.",
    DayState.SETTLED: NO_PAPERS,
    DayState.REVISED: NO_PAPERS,
    DayState.FAILED: "The source could not be read for this day. It is tried again.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A link to a neighbouring page."""

    path: str
    name: str


@routes.get("/")
def today(desk: At) -> HTMLResponse:
    """The newest day with papers."""
    with desk.reading() as session:
        newest = listings.newest_day(session)
    if newest is None:
        return desk.page(
            "message.html",
            here="/",
            heading="No papers yet",
            paragraphs=["Nothing has been collected so far. The first papers come with the next reading."],
            links=[("/subscribe", "Subscribe")],
        )
    return _day_page(desk, newest, here="/", note="" if newest == desk.clock().date() else LATEST)


@routes.get("/day/{day}")
def of_day(desk: At, day: date) -> HTMLResponse:
    """One day, most upvotes first."""
    return _day_page(desk, day)


def _day_page(desk: Desk, day: date, *, here: str = "", note: str = "") -> HTMLResponse:
    with desk.reading() as session:
        known = days.load(session, day)
        found = listings.of_day(session, day)
        before, after = listings.neighbours(session, day)
        shown = _views(session, found)
    if known is None and not found and not (before and after):
        raise NotFound(f"nothing is known of {day_name(day, year=True)}", remedy="see the days around it")
    week = day.isocalendar()
    return desk.page(
        "day.html",
        here=here,
        heading=day_name(day, year=True),
        count=len(found) if found else None,
        state=" · ".join(part for part in (STATES[known.state] if known else "not read yet", note) if part),
        papers=shown,
        show_day=False,
        nothing=NOTHING[known.state] if known else NOT_READ,
        previous=Step(f"/day/{before}", day_name(before)) if before else None,
        following=Step(f"/day/{after}", day_name(after)) if after else None,
        around=[
            Step(f"/week/{week.year}-W{week.week:02}", f"Week {week.week}"),
            Step(f"/month/{day:%Y-%m}", MONTHS[day.month - 1]),
        ],
    )


@routes.get("/week/{name}")
def of_week(desk: At, name: str) -> HTMLResponse:
    """A week's papers, computed from its days."""
    first = _week(name)
    return _span_page(
        desk,
        first,
        first + timedelta(days=6),
        heading=f"Week {first.isocalendar().week}, {first.isocalendar().year}",
        kind="week",
        before=_week_step(first - timedelta(days=7)),
        after=_week_step(first + timedelta(days=7)),
        within=_day_step,
    )


@routes.get("/month/{name}")
def of_month(desk: At, name: str) -> HTMLResponse:
    """A month's papers, computed from its days."""
    first = _month(name)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return _span_page(
        desk,
        first,
        last,
        heading=f"{MONTHS[first.month - 1]} {first.year}",
        kind="month",
        before=_month_step(first - timedelta(days=1)),
        after=_month_step(last + timedelta(days=1)),
        within=_week_step,
    )


def _week(name: str) -> date:
    wrong = NotFound("there is no such week", remedy="weeks are named 2026-W10")
    try:
        first = datetime.strptime(f"{name}-1", "%G-W%V-%u").date()  # noqa: DTZ007  a calendar date, no moment
    except (ValueError, OverflowError) as error:
        raise wrong from error
    if not 2000 <= first.year <= 2200:
        raise wrong
    return first


def _month(name: str) -> date:
    try:
        first = date.fromisoformat(f"{name}-01")
    except ValueError as error:
        raise NotFound("there is no such month", remedy="months are named 2026-03") from error
    if not 2000 <= first.year <= 2200:
        raise NotFound("there is no such month", remedy="months are named 2026-03")
    return first


def _week_step(day: date) -> Step:
    year, week, _ = day.isocalendar()
    return Step(f"/week/{year}-W{week:02}", f"Week {week}")


def _month_step(day: date) -> Step:
    return Step(f"/month/{day:%Y-%m}", MONTHS[day.month - 1])


def _day_step(day: date) -> Step:
    return Step(f"/day/{day}", day_name(day))


def _span_page(
    desk: Desk,
    since: date,
    until: date,
    *,
    heading: str,
    kind: str,
    before: Step,
    after: Step,
    within: Callable[[date], Step],
) -> HTMLResponse:
    """The papers of some days; ``within`` names the smaller page that a day with papers belongs to.

    Raises ``NotFound`` where nothing can be known: before the source began, and after today.
    """
    today = desk.clock().date()
    first, last = max(since, FIRST_DAY), min(until, today)
    with desk.reading() as session:
        ledger = {one.day: one for one in days.ledger(session, since, until)}
        listed = listings.candidates(session, since_day=since, until_day=until)
        found = best_first(listed)
        shown = _views(session, found[:MOST_SHOWN])
    if first > last and not found:
        begins = f"the source begins on {day_name(FIRST_DAY, year=True)}"
        raise NotFound(
            f"nothing is known of {heading}", remedy="it is still to come" if since > today else begins
        )
    read = bool(found) or any(one.first_read_at for one in ledger.values())
    missing = missing_days(ledger, first, last)
    most = f"the {MOST_SHOWN} with most upvotes are shown" if len(found) > len(shown) else ""
    unread = _unread(missing, len(missing_days({}, first, last))) if read else ""
    return desk.page(
        "day.html",
        heading=heading,
        count=len(found) if found else None,
        state=" · ".join(part for part in (most, unread) if part),
        papers=shown,
        show_day=True,
        nothing=NONE_LISTED if read else f"Nothing of this {kind} has been read.",
        previous=before if since > FIRST_DAY else None,
        following=after if until < today else None,
        around=list(dict.fromkeys(within(day) for day in sorted({one.day for one in listed}))),
    )


def _unread(missing: Sequence[date], weekdays: int) -> str:
    """Which weekdays were never read, or how many where naming them would be long."""
    if len(missing) > MOST_NAMED:
        return f"{len(missing)} of {weekdays} weekdays were not read"
    return f"not read: {', '.join(map(day_name, missing))}" if missing else ""


@routes.get("/trending")
def trending(desk: At) -> HTMLResponse:
    """The last days' papers by their projected votes: young ones are not at a disadvantage."""
    now = desk.clock()
    with desk.reading() as session:
        found = trending_now(session, now)
        shown = _views(session, found)
    return desk.page(
        "day.html",
        here="/trending",
        heading="Trending",
        count=len(found),
        state=f"the last {TRENDING_DAYS} days, by the votes they are heading for",
        papers=shown,
        show_day=True,
        nothing="No papers are known from the last days.",
        previous=None,
        following=None,
        around=[],
    )


def trending_now(session: Session, now: datetime, *, limit: int = 30) -> list[Listing]:
    """The trending papers of the last days, best first."""
    since = now.date() - timedelta(days=TRENDING_DAYS)
    found = listings.candidates(session, since_day=since, until_day=now.date())
    scored = ((trending_score(one.upvotes, age_hours(one.day, now)), one) for one in best_first(found))
    ordered = sorted(scored, key=lambda pair: (-pair[0], pair[1].paper_id))
    return [one for _, one in ordered[:limit]]


def _views(session: Session, found: list[Listing]) -> list[PaperView]:
    return listed_all(found, papers.load(session, {one.paper_id for one in found}))
