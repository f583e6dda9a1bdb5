"""Search over the whole store."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from digest.store import search
from digest.store.search import Found
from digest.store.search_words import QueryError
from digest.web.desk import At, Desk
from digest.web.views import view

routes = APIRouter(include_in_schema=False)

PAGE = 20
LONGEST_QUERY = 200
DEEPEST = 10_000


@routes.get("/search")
def search_page(desk: At, q: str = "", offset: str = "0") -> HTMLResponse:
    """The search box and what it found."""
    words = q.strip()
    start = min(int(offset), DEEPEST) if offset.isascii() and offset.isdigit() and len(offset) < 9 else 0
    wrong = f"Please use at most {LONGEST_QUERY} characters." if len(words) > LONGEST_QUERY else ""
    found: list[Found] = []
    if words and not wrong:
        try:
            found = found_by(desk, words, start)
        except QueryError as error:
            wrong = f"Nothing to search for: {error}."
    return desk.page(
        "search.html",
        here="/search",
        words=words[:LONGEST_QUERY],
        wrong=wrong,
        papers=[view(one.paper, one.upvotes, day=one.day) for one in found[:PAGE]],
        more=len(found) > PAGE,
        page_before=_page(words, start - PAGE) if start else "",
        page_after=_page(words, start + PAGE) if len(found) > PAGE else "",
    )


def _page(words: str, offset: int) -> str:
    return urlencode({"q": words, "offset": max(offset, 0)})


def found_by(desk: Desk, words: str, offset: int) -> list[Found]:
    """A page of what was found, best first, and one more if there is more."""
    with desk.reading() as session:
        return search.find(session, words, limit=PAGE + 1, offset=offset)
