"""Sample papers in the source's own shapes: items of its API and the HTML of a day's page.

Pure. The key sets, the oddities (outer ``publishedAt`` four hours early, ``submittedOnDailyAt`` at
midnight, author names beside account names, ``-`` for no upvotes) are those seen in autumn 2026.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined, Template

from digest.demo.sample import Author, SampleListing, SamplePaper

Item = dict[str, Any]
"""One element of the API's list, as JSON."""

TIMEZONE_SLIP = timedelta(hours=4)
CARD_FACES = 5  # a card shows the faces of at most so many authors


def item_of(listing: SampleListing) -> Item:
    """The item the API gives for a listing: the paper inside, its presentation outside."""
    paper = listing.paper
    inner = _inner(listing)
    shared: Item = {key: inner[key] for key in ("mediaUrls", "organization") if key in inner}
    return {
        "paper": inner,
        "publishedAt": _stamp(_published(paper) - TIMEZONE_SLIP),
        "title": " ".join(paper.title.split()),
        "summary": paper.abstract,
        "thumbnail": f"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{paper.id}.png",
        "numComments": listing.comments,
        "submittedBy": _submitter(paper.submitter),
        "isAuthorParticipating": any(author.account == paper.submitter.account for author in paper.authors),
        **shared,
    }


def _inner(listing: SampleListing) -> Item:
    paper = listing.paper
    inner: Item = {
        "id": paper.id,
        "authors": [_author(paper, number, author) for number, author in enumerate(paper.authors)],
        "publishedAt": _stamp(_published(paper)),
        "submittedOnDailyAt": _stamp(datetime.combine(listing.day, time(), UTC)),
        "title": paper.title,
        "submittedOnDailyBy": _account(paper.submitter) | {"name": paper.submitter.account},
        "summary": paper.abstract,
        "upvotes": listing.upvotes,
        "discussionId": _key("discussion", paper.id),
    }
    return inner | _extras(paper)


def _extras(paper: SamplePaper) -> Item:
    """The keys that only some papers have."""
    extras: Item = {}
    if paper.media:
        media = f"https://cdn-uploads.huggingface.co/production/uploads/{_key('media', paper.id)}"
        extras["mediaUrls"] = [f"{media}/{paper.media}"]
    if paper.project_page:
        extras["projectPage"] = paper.project_page
    if paper.repository:
        extras |= {
            "githubRepo": f"https://github.com/{paper.repository}",
            "githubRepoAddedBy": "user",
            "githubStars": paper.stars,
        }
    if paper.ai_summary:
        extras["ai_summary"] = paper.ai_summary
    if paper.ai_keywords:
        extras["ai_keywords"] = list(paper.ai_keywords)
    if paper.organisation:
        extras["organization"] = _organisation(*paper.organisation)
    return extras


def _author(paper: SamplePaper, number: int, author: Author) -> Item:
    plain: Item = {"_id": _key("author", paper.id, str(number)), "name": author.name, "hidden": False}
    if not author.account:
        return plain
    changed = _published(paper) + timedelta(days=1, minutes=number)
    return plain | {
        "user": _account(author) | {"name": author.account},
        "status": "claimed_verified",
        "statusLastChangedAt": _stamp(changed),
    }


def _account(author: Author) -> Item:
    """What the source calls a user: ``fullname`` and ``user`` are the account's, not the author's name."""
    return {
        "_id": _key("account", author.account),
        "avatarUrl": f"/avatars/{_key('avatar', author.account)}.svg",
        "isPro": False,
        "fullname": author.name,
        "user": author.account,
        "type": "user",
    }


def _submitter(author: Author) -> Item:
    account = _account(author)
    return {
        "_id": account["_id"],
        "avatarUrl": account["avatarUrl"],
        "fullname": author.name,
        "name": author.account,
        "type": "user",
        "isPro": False,
        "isHf": False,
        "isHfAdmin": False,
        "isMod": False,
        "followerCount": len(author.account),
        "isUserFollowing": False,
    }


def _organisation(name: str, title: str) -> Item:
    key = _key("organisation", name)
    avatar = f"https://cdn-avatars.huggingface.co/v1/production/uploads/{key}/{_key('avatar', name)}.png"
    return {"_id": key, "name": name, "fullname": title, "avatar": avatar}


def _published(paper: SamplePaper) -> datetime:
    return datetime.combine(paper.published, time(), UTC)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _key(*pieces: str) -> str:
    """A key of 24 hexadecimal digits, the same at every run."""
    return hashlib.sha256("\0".join(pieces).encode()).hexdigest()[:24]


def page_of(day: date, items: Sequence[Item], *, previous: date | None, following: date | None) -> str:
    """The HTML page of a day: the hydrated element with its JSON, and a card for each item."""
    props: Item = {
        "canSubmit": False,
        "dateString": day.isoformat(),
        "dailyPapers": [{**item, "upvoted": False} for item in items],
        "periodType": "day",
        "publisher": _account(Author("The editors", "editors")),
        "query": {},
        "isTrending": False,
    }
    if previous:
        props["prevDate"] = previous.isoformat()
    if following:
        props["nextDate"] = following.isoformat()
    text = json.dumps(props, ensure_ascii=False, separators=(",", ":"))
    return _template().render(
        props=text, cards=[_card(item) for item in items], day=day, previous=previous, following=following
    )


@cache
def _template() -> Template:
    source = files("digest.demo").joinpath("data/day.html.jinja").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(source)


def _card(item: Item) -> Item:
    """What a card shows. Items may lack any key but the paper's id, as archived ones do."""
    paper = item["paper"]
    authors = paper.get("authors", [])
    return {
        "id": paper["id"],
        "path": f"/papers/{paper['id']}",
        "login": f"/login?next={quote('/papers/' + paper['id'], safe='')}",
        "title": item.get("title") or paper.get("title", ""),
        "upvotes": f"{paper['upvotes']:,}" if paper.get("upvotes") else "-",
        "comments": item.get("numComments", 0),
        "stars": paper.get("githubStars"),
        "organisation": item.get("organization"),
        "submitter": item.get("submittedBy", {}).get("name", "editors"),
        "faces": [author.get("user", {}).get("user", author["name"]) for author in authors[:CARD_FACES]][
            ::-1
        ],
        "authors": len(authors),
    }
