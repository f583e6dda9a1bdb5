"""Reading a page and an API body, against BeautifulSoup on the page, as the existing tools do it."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable

from bs4 import BeautifulSoup

from benchmarks import material
from benchmarks.harness import Budget, Row, contest, in_unit, times_as_fast
from digest.sources.api import parse_api
from digest.sources.cards import parse_cards
from digest.sources.embedded import parse_embedded

PAPERS = 50
MARK = b'data-target="DailyPapers" data-props="'


def rows() -> Iterable[Row]:
    """Three representations of one day of 50 papers."""
    page = material.page(PAPERS)
    body = json.dumps(material.items(PAPERS)).encode()
    seconds = contest(
        {
            "API body": lambda: parse_api(body),
            "embedded JSON": lambda: parse_embedded(page),
            "cards": lambda: parse_cards(page),
            "bs4 + html.parser": lambda: peer(page, "html.parser"),
            "bs4 + lxml": lambda: peer(page, "lxml"),
            "slice, unescape, decode": lambda: floor(page),
        }
    )
    figures = in_unit(seconds, 1000)
    slow, size = "bs4 + html.parser", f"{len(page) // 1000} kB, {PAPERS} papers"
    yield Row(
        "parse a page (embedded JSON)", "ms",
        {name: figures[name] for name in ("embedded JSON", slow, "slice, unescape, decode")},
        (Budget(f"× {slow}", times_as_fast(seconds, "embedded JSON", slow), 10, 25, at_most=False),),
        size,
    )  # fmt: skip
    yield Row(
        "parse an API body", "ms",
        {name: figures[name] for name in ("API body", slow)},
        (Budget("× bs4 on the page", times_as_fast(seconds, "API body", slow), 50, 200, at_most=False),),
        f"{len(body) // 1000} kB",
    )  # fmt: skip
    yield Row(
        "parse cards (fallback)", "ms",
        {name: figures[name] for name in ("cards", "bs4 + lxml")},
        (Budget("× bs4 + lxml", seconds["cards"] / seconds["bs4 + lxml"], 1.2),),
        size,
    )  # fmt: skip


def peer(page: bytes, parser: str) -> list[str]:
    """What the existing tools do: soup of everything, then the titles."""
    soup = BeautifulSoup(page, parser)
    return [heading.get_text(strip=True) for heading in soup.select("article h3")]


def floor(page: bytes) -> object:
    """The least that can be done: cut the attribute out, unescape, decode; nothing is checked."""
    start = page.index(MARK) + len(MARK)
    return json.loads(html.unescape(page[start : page.index(b'"', start)].decode()))
