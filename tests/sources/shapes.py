"""Answers in the source's shapes, written by us: the smallest that hold every oddity."""

from __future__ import annotations

import json
from datetime import date
from html import escape
from typing import Any

DAY = date(2026, 9, 28)


def item(paper_id: str = "2609.00010", **inner: Any) -> dict[str, Any]:
    """An item of 2026; keyword arguments change the inner paper, ``None`` removes a key."""
    paper: dict[str, Any] = {
        "id": paper_id,
        "authors": [
            {"name": "Ada Öz", "hidden": False, "user": {"fullname": "ada the great", "user": "ada99"}},
            {"name": "Bo Li"},
        ],
        "publishedAt": "2026-09-25T00:00:00.000Z",
        "submittedOnDailyAt": "2026-09-28T00:00:00.000Z",
        "title": f"A paper called {paper_id}",
        "summary": "We show that it works.",
        "upvotes": 7,
        "discussionId": "6aba43da356575bf2ab7ab22",
    }
    outer = {
        "publishedAt": "2026-09-24T20:00:00.000Z",
        "title": inner.get("title", paper["title"]),
        "numComments": 2,
    }
    paper |= inner
    return {"paper": {key: value for key, value in paper.items() if value is not None}} | outer


def api(*items: Any) -> bytes:
    """An answer of the API."""
    return json.dumps(items).encode()


def page(props: dict[str, Any] | None, *, body: str = "") -> bytes:
    """A page of 2026 with the element (``None``: without it) after others that resemble it."""
    element = (
        f'<div class="SVELTE_HYDRATER contents" data-target="DailyPapers" '
        f'data-props="{escape(json.dumps(props), quote=True)}">{body}</div>'
        if props is not None
        else body
    )
    return (
        '<!doctype html><html><head><meta charset="utf-8"></head><body><!--[-->'
        '<div class="SVELTE_HYDRATER contents" data-target="MainHeader" data-props="{}"></div>'
        '<div class="SVELTE_HYDRATER contents" data-target="DailyPapersBannerSubscribe" '
        'data-props="{&quot;isLoggedIn&quot;:false}"></div>'
        f"<main>{element}</main></body></html>"
    ).encode()


def props(*items: Any, **more: Any) -> dict[str, Any]:
    """The element's JSON in 2026."""
    return {
        "dateString": "2026-09-28",
        "dailyPapers": list(items),
        "prevDate": "2026-09-25",
        "publisher": None,
        "periodType": "day",
        "query": {},
        "isTrending": False,
    } | more


ARROWS = (
    '<div><a href="/papers/trending"></a><a href="/papers/date/2026-09-25"></a> '
    '<div class="w-24">Sep 28</div> <a class="pointer-events-none"></a></div>'
)


def card(
    paper_id: str = "2609.00010",
    *,
    title: str = "A paper",
    upvotes: str = "42",
    below: str = "",
    organisation: str = '<a href="/org-x" class="rounded-full"><img alt=""><span>Org <!---->X</span></a>',
    comments: str = "3",
) -> str:
    """A card of 2026, Svelte's comments included."""
    community = (
        f'<a href="/papers/{paper_id}#community"><svg></svg><!----> {comments}</a>' if comments else ""
    )
    return (
        '<article class="relative flex flex-col overflow-hidden rounded-xl border">'
        f'<a href="/papers/{paper_id}"><img alt=""></a><!---->'
        '<div class="text-xs leading-none">Submitted by <!----> 77</div>'
        '<div class="from-gray-50-to-white bg-linear-to-b">'
        f'<a href="/login?next=%2Fpapers%2F{paper_id}"><div><input type="checkbox"><svg></svg><!----> '
        f'<div class="leading-none"><!--[0-->{upvotes}<!--]--></div></div></a>'
        f'<h3><a href="/papers/{paper_id}">{title}</a></h3>{organisation}{below}{community}'
        "</div></article><!---->"
    )


AUTHORS_ROW = (
    '<a href="/papers/x"><ul><li title="zed99"></li><li title="Bo Li"></li>'
    "<li><div>·</div>\n1,056 authors\n</li></ul></a>"
)
