"""Atom and JSON Feed: one per profile by its secret link, and one for what is trending."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from feedgen.feed import FeedGenerator
from sqlalchemy.orm import Session

from digest.errors import NotFound
from digest.model import Digest
from digest.ranking.stored_profiles import read_stored
from digest.store import digests, papers, profiles, subscribers
from digest.tokens import Purpose
from digest.web.days import trending_now
from digest.web.desk import At, Desk
from digest.web.views import PaperView, entry_view, listed_all

routes = APIRouter(include_in_schema=False)

DIGESTS = 14
ATOM = "application/atom+xml; charset=utf-8"
JSON_FEED = "application/feed+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed before it takes a form: ``path`` is where it lies, without its ending."""

    title: str
    path: str
    items: Sequence[PaperView]
    updated: datetime


@routes.get("/feed/{name}.atom")
def atom_feed(desk: At, name: str) -> Response:
    """A feed as Atom."""
    return Response(atom(_feed(desk, name), desk.base_url), media_type=ATOM)


@routes.get("/feed/{name}.json")
def json_feed(desk: At, name: str) -> Response:
    """A feed as JSON Feed 1.1."""
    return Response(as_json(_feed(desk, name), desk.base_url), media_type=JSON_FEED)


def _feed(desk: Desk, name: str) -> Feed:
    if name == "trending":
        return _trending(desk)
    return _of_profile(desk, name)


def _trending(desk: Desk) -> Feed:
    now = desk.clock()
    with desk.reading() as session:
        found = trending_now(session, now)
        items = listed_all(found, papers.load(session, {one.paper_id for one in found}))
    newest = max((one.first_seen_at for one in found), default=now)
    return Feed("Trending papers", "/feed/trending", items, newest)


def _of_profile(desk: Desk, token: str) -> Feed:
    """What the profile chose in the last digests. Who left or erased has no feed any more."""
    number = desk.subject(Purpose.FEED, token)
    with desk.reading() as session:
        profile = profiles.get(session, number, read_stored)
        owner = subscribers.get(session, profile.subscriber_id)
        if not owner.active:
            raise NotFound("this feed has ended", remedy="subscribe again")
        past = digests.of_subscriber(session, owner.id, limit=DIGESTS)
        items = _chosen(session, past, number)
    newest = max((one.account.as_of for one in past), default=owner.created_at or desk.clock())
    return Feed(f"{profile.name}: Daily Papers digest", f"/feed/{token}", items, newest)


def _chosen(session: Session, past: Sequence[Digest], profile_id: int) -> list[PaperView]:
    entries = [
        entry
        for found in past
        for section in found.sections
        if section.profile_id == profile_id
        for entry in section.entries
    ]
    read = papers.at_revision(session, {(one.paper_id, one.revision) for one in entries})
    return [entry_view(one, read[one.paper_id, one.revision]) for one in entries]


# --- forms -----------------------------------------------------------------------------------


def _moment(one: PaperView) -> datetime:
    return datetime.combine(one.day or date(1970, 1, 1), time(), tzinfo=UTC)


def _number(base: str, one: PaperView) -> str:
    """An entry's own id; a rising paper is an entry of its own."""
    return f"{base}{one.path}" + ("#rising" if one.mark.startswith("Rising") else "")


def _summary(one: PaperView) -> str:
    return "\n\n".join(
        part for part in (one.byline, one.text, f"{one.score}: {one.why}" if one.why else "") if part
    )


def atom(feed: Feed, base: str) -> bytes:
    """A feed as Atom; every text is escaped by the library."""
    made: Any = FeedGenerator()
    made.id(f"{base}{feed.path}")
    made.title(feed.title)
    made.link(href=f"{base}{feed.path}.atom", rel="self")
    made.link(href=f"{base}/", rel="alternate")
    made.updated(feed.updated)
    made.author(name="Daily Papers digest")
    for one in feed.items:
        entry = made.add_entry(order="append")
        entry.id(_number(base, one))
        entry.title(one.title)
        entry.link(href=f"{base}{one.path}", rel="alternate")
        entry.updated(_moment(one))
        entry.summary(_summary(one))
    written: bytes = made.atom_str(pretty=True)
    return written


def as_json(feed: Feed, base: str) -> str:
    """A feed as JSON Feed 1.1."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": f"{base}/",
        "feed_url": f"{base}{feed.path}.json",
        "items": [
            {
                "id": _number(base, one),
                "url": f"{base}{one.path}",
                "external_url": one.links[0].url,
                "title": one.title,
                "content_text": _summary(one),
                "date_published": _moment(one).isoformat(),
            }
            for one in feed.items
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)
