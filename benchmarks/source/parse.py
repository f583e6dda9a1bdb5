"""A page of 73 papers, parsed each way, against slicing its JSON out and decoding it (the floor).

Run: ``python -m benchmarks.source.parse``. Medians of one run; only the ratios count.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from statistics import median
from time import process_time
from typing import Any

from bs4 import BeautifulSoup

from digest.demo.sample import FIRST_DAY, LAST_DAY
from digest.demo.server import sample_source
from digest.demo.shapes import page_of
from digest.sources.api import parse_api
from digest.sources.cards import parse_cards
from digest.sources.embedded import parse_embedded

PAPERS = 73
ROUNDS = 15
LATER = datetime(2026, 10, 30, tzinfo=UTC)
BUDGETS = {"embedded JSON": 10, "API body": 50}
"""Times faster than bs4 with html.parser on the page."""
CARDS_BUDGET = 1.2
"""Cards: at most this many times bs4 with lxml."""


def items() -> list[dict[str, Any]]:
    """As many different items as a busy day has."""
    found = [*sample_source(FIRST_DAY, LATER), *sample_source(LAST_DAY, LATER)]
    while len(found) < PAPERS:
        found += found
    chosen = json.loads(json.dumps(found[:PAPERS]))
    for number, item in enumerate(chosen):
        item["paper"]["id"] = f"2610.{number:05}"
    return list(chosen)


def milliseconds(work: Callable[[], object]) -> float:
    """The median time of one call."""
    times = []
    for _ in range(ROUNDS):
        began = process_time()
        work()
        times.append(process_time() - began)
    return median(times) * 1000


def sliced(page: str) -> Any:
    """The floor: the attribute's text between its quotes, unescaped and decoded; nothing is checked."""
    start = page.index('data-props="', page.index('data-target="DailyPapers"')) + len('data-props="')
    return json.loads(html.unescape(page[start : page.index('"', start)]))


def measure() -> dict[str, float]:
    """Milliseconds by way."""
    listed = items()
    page = page_of(FIRST_DAY, listed, previous=date(2026, 10, 13), following=None)
    body, answer = page.encode(), json.dumps(listed).encode()
    return {
        "slice and decode (floor)": milliseconds(lambda: sliced(page)),
        "json.loads of the API body (floor)": milliseconds(lambda: json.loads(answer)),
        "bs4 + html.parser": milliseconds(lambda: BeautifulSoup(page, "html.parser")),
        "bs4 + lxml": milliseconds(lambda: BeautifulSoup(page, "lxml")),
        "embedded JSON": milliseconds(lambda: parse_embedded(body)),
        "API body": milliseconds(lambda: parse_api(answer)),
        "cards": milliseconds(lambda: parse_cards(body)),
    }


def main() -> None:
    times = measure()
    for way, time in times.items():
        print(f"{way:<36} {time:8.2f} ms")
    for way, budget in BUDGETS.items():
        print(f"{way}: {times['bs4 + html.parser'] / times[way]:.0f} × bs4 + html.parser (budget {budget})")
    floor = times["embedded JSON"] / times["slice and decode (floor)"]
    print(f"embedded JSON: {floor:.1f} × the floor")
    print(f"cards: {times['cards'] / times['bs4 + lxml']:.2f} × bs4 + lxml (budget {CARDS_BUDGET})")


if __name__ == "__main__":
    main()
