"""Hugging Face's Daily Papers: the API by date, else the page's embedded JSON, else its cards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from digest.errors import ParseError
from digest.http_client import Answer, Bounds, Client
from digest.model import (
    EmptyDay,
    Failed,
    NoElement,
    Outcome,
    Papers,
    RawAnswer,
    Reading,
    Record,
    Redirected,
    Tier,
)
from digest.sources.api import parse_api
from digest.sources.cards import linked_day
from digest.sources.fetching import Fetcher, Memory, Pace, Unanswered, Unpaced
from digest.sources.page import PageReading, read_page

LIMIT = 100
DEFAULT_LIMIT = 50
"""What the API cuts at when it ignores our limit: such a page is not taken for the last one."""
MOST_PAGES = 20
FIRST_DAY = date(2023, 5, 4)
ANOTHER_DAY = timedelta(days=2)
"""Further than this from the asked day, the moment of submission says that it is another day's list."""
WEEKEND = frozenset({5, 6})


class HuggingFace:
    """The source. One instance per thread: it holds the connections.

    ``contact`` stands in the User-Agent, as the source's etiquette asks. ``token`` is optional.
    """

    name = "huggingface"

    def __init__(
        self,
        base_url: str,
        *,
        contact: str,
        version: str,
        token: str = "",
        bounds: Bounds | None = None,
        pace: Pace | None = None,
        memory: Memory | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._client = Client(
            user_agent=f"daily-papers-digest/{version} (+{contact})", bounds=bounds, token=token
        )
        nothing = Unpaced()
        self._fetcher = Fetcher(self._client, pace or nothing, memory or nothing, sleep)

    def close(self) -> None:
        self._client.close()

    def read_day(self, day: date, *, now: datetime) -> Reading:
        """Read ``day``: API, page, cards, in this order; what fell through is noted."""
        if day > now.date():
            return Reading(day, Failed("the day is still to come"))
        return Visit(self._fetcher, self._base, day, now).read()


class Asking(Protocol):
    """What a visit asks: the source itself, or the answers kept from it."""

    def get(self, kind: str, url: str, *, accept: str, now: datetime) -> Answer:
        """A complete answer, or ``Unanswered``."""
        ...


@dataclass(slots=True)
class Visit:
    """One read of one day, with what was seen on the way."""

    fetcher: Asking
    base: str
    day: date
    now: datetime
    notes: list[str] = field(default_factory=list)
    raw: list[RawAnswer] = field(default_factory=list)

    def read(self) -> Reading:
        try:
            outcome = self._api()
        except (Unanswered, ParseError) as error:
            self.notes.append(f"api: {error}")
            if isinstance(error, Unanswered) and error.retry_at is not None:
                return self._reading(Failed(str(error), error.retry_at), None)
            return self._without_api()
        if isinstance(outcome, EmptyDay) and self._surprising():
            return self._confirmed_empty()
        return self._reading(outcome, Tier.API)

    def _reading(self, outcome: Outcome, tier: Tier | None) -> Reading:
        return Reading(self.day, outcome, tier, tuple(self.notes), tuple(self.raw))

    def _surprising(self) -> bool:
        """A weekday that is over has had papers on all but a few days since the source exists."""
        return self.day.weekday() not in WEEKEND and self.day < self.now.date()

    # --- API ---------------------------------------------------------------------------------

    def _api(self) -> Outcome:
        records: dict[str, Record] = {}
        refused: list[str] = []
        for number in range(MOST_PAGES):
            url = f"{self.base}/api/daily_papers?date={self.day}&limit={LIMIT}&p={number}"
            answer = self.fetcher.get("api", url, accept="application/json", now=self.now)
            if number and answer.status in {400, 404}:  # beyond the last page
                break
            self._keep(answer, url, Tier.API)
            _require_ok(answer)
            papers, count = parse_api(answer.body)
            fresh = [record for record in papers.records if record.paper.id not in records]
            records.update((record.paper.id, record) for record in fresh)
            refused.extend(papers.refused)
            if not fresh or (count < LIMIT and count != DEFAULT_LIMIT):
                break
        else:
            raise ParseError(f"the API gives more than {MOST_PAGES} pages for one day")
        if not records:
            return EmptyDay()
        return _of_day(Papers(tuple(records.values()), tuple(refused)), self.day)

    # --- page --------------------------------------------------------------------------------

    def _without_api(self) -> Reading:
        try:
            page = self._page()
        except Unanswered as error:
            self.notes.append(f"page: {error}")
            return self._reading(Failed("; ".join(self.notes), error.retry_at), None)
        self.notes.extend(page.notes)
        return self._reading(page.outcome, page.tier)

    def _confirmed_empty(self) -> Reading:
        """The API's word for an empty weekday counts only if the page does not contradict it."""
        self.notes.append("api: says that this weekday is empty")
        try:
            page = self._page()
        except Unanswered as error:
            if error.status == 404:
                return self._reading(EmptyDay(), Tier.API)
            self.notes.append(f"page: {error}")
            return self._reading(Failed("; ".join(self.notes), error.retry_at), None)
        self.notes.extend(page.notes)
        if isinstance(page.outcome, Papers):
            return self._reading(page.outcome, page.tier)
        if isinstance(page.outcome, NoElement):
            return self._reading(Failed(f"an empty weekday, unconfirmed: {page.outcome.reason}"), None)
        return self._reading(EmptyDay(), Tier.API)

    def _page(self) -> PageReading:
        url = f"{self.base}/papers/date/{self.day}"
        answer = self.fetcher.get("pages", url, accept="text/html", now=self.now)
        if answer.location is not None:
            return PageReading(_redirected(url, answer.location), Tier.EMBEDDED)
        self._keep(answer, url, Tier.EMBEDDED)
        _require_ok(answer)
        return read_page(answer.body, self.day)

    def _keep(self, answer: Answer, url: str, tier: Tier) -> None:
        if not answer.remembered:
            etag = answer.headers.get("ETag", "")[:200]
            self.raw.append(RawAnswer(url, tier, answer.status, self.now, answer.body, etag))


def _require_ok(answer: Answer) -> None:
    if answer.status != 200:
        raise Unanswered(f"the source answered with status {answer.status}", status=answer.status)


def _redirected(asked: str, location: str) -> Outcome:
    """A redirect is not followed: to another day it says that the asked one has no page."""
    here, there = urlsplit(asked), urlsplit(location)
    if (here.hostname, here.port) != (there.hostname, there.port):
        return Failed("the page redirects to another server")
    if there.path.startswith("/login"):
        return NoElement("a login page stands in the place of the papers")
    if there.path.startswith("/papers"):
        return Redirected(linked_day(location))
    return NoElement("the page redirects to what is no page of papers")


def _of_day(papers: Papers, day: date) -> Papers:
    """The papers as they are. Raises ``ParseError`` if most say that they were submitted to another day."""
    said = [record.submitted_at.date() for record in papers.records if record.submitted_at is not None]
    elsewhere = [other for other in said if abs(other - day) > ANOTHER_DAY]
    if len(elsewhere) * 2 > len(papers.records):
        raise ParseError(f"the API lists the papers of another day, {_commonest(elsewhere)}")
    return papers


def _commonest(days: Iterable[date]) -> date:
    return Counter(days).most_common(1)[0][0]
