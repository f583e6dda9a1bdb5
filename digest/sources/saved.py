"""Reads a saved page or answer: an API body, a page, or the JSON of its element; plain or gzip. Pure."""

from __future__ import annotations

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from digest.errors import ParseError
from digest.model import Papers, Tier
from digest.sources.api import parse_api
from digest.sources.cards import parse_cards
from digest.sources.decoding import decode
from digest.sources.embedded import NoElementError, Page, parse_embedded, read_props
from digest.sources.page import read_page

GZIP = b"\x1f\x8b"
LARGEST = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Saved:
    """What a file holds. ``day`` is what it says itself: nothing for periods, trending and search."""

    papers: Papers
    tier: Tier
    day: date | None
    period: str = "day"


def read_saved(body: bytes) -> Saved:
    """Read a saved page or answer.

    Raises ``ParseError`` for what is neither, or is not complete.
    """
    plain = _unpacked(body) if body.startswith(GZIP) else body
    start = plain.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"[":
        papers, _ = parse_api(plain)
        return Saved(papers, Tier.API, _submitted_on(papers))
    if start == b"{":
        return _of_props(decode(plain))
    if start == b"<":
        return _of_page(plain)
    raise ParseError("the file is neither a page nor an answer of the API" if start else "the file is empty")


def _of_props(value: Mapping[str, Any]) -> Saved:
    if "error" in value and "dailyPapers" not in value:
        raise ParseError("the file holds an error of the API, not papers")
    return _embedded(read_props(value))


def _of_page(body: bytes) -> Saved:
    try:
        page = parse_embedded(body)
    except NoElementError:
        cards = parse_cards(body)
        return Saved(cards.papers, Tier.CARDS, cards.day)
    if page.day is None or page.period != "day":
        return _embedded(page)
    reading = read_page(body, page.day)  # as a fresh page is read: what its list lacks comes from its cards
    papers = reading.outcome if isinstance(reading.outcome, Papers) else page.papers
    return Saved(papers, reading.tier, page.day)


def _embedded(page: Page) -> Saved:
    day = page.day if page.period == "day" else None
    return Saved(page.papers, Tier.EMBEDDED, day, page.period)


def _submitted_on(papers: Papers) -> date | None:
    """The day that nearly all papers say they were submitted to."""
    said = Counter(record.submitted_at.date() for record in papers.records if record.submitted_at)
    if not said:
        return None
    day, count = said.most_common(1)[0]
    return day if count * 10 >= len(papers.records) * 9 else None


def _unpacked(body: bytes) -> bytes:
    """What gzip members, one after another, hold."""
    try:
        plain = gzip.GzipFile(fileobj=io.BytesIO(body)).read(LARGEST + 1)
    except EOFError as error:
        raise ParseError("the file is cut short: its compressed stream has no end") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ParseError("the file's compression is damaged") from error
    if len(plain) > LARGEST:
        raise ParseError(f"the file unpacks to more than {LARGEST} bytes")
    return plain
