"""Reads the JSON in a page's ``DailyPapers`` element: days, weeks, months, trending, search. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree, html

from digest.errors import ParseError
from digest.model import Papers
from digest.sources.items import decode, read_items

_ELEMENT = etree.XPath('descendant-or-self::*[@data-target="DailyPapers"][@data-props]')


class NoElementError(ParseError):
    """The page does not hold the element: a challenge, a login wall, a redesign."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the element says. ``day`` is the page's own date; ``period`` is day, week, month or trending.

    ``day`` is ``None`` where the page names none (trending, search).
    """

    papers: Papers
    day: date | None
    period: str = "day"
    previous: date | None = None


def document(body: bytes) -> Any:
    """The page as a tree. Raises ``ParseError`` for what is not UTF-8 or holds no markup at all."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise ParseError(f"the page is not UTF-8 (byte {error.start})") from error
    try:
        parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
        return html.document_fromstring(body.replace(b"\0", b""), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise ParseError("the page holds no markup") from error


def parse_embedded(body: bytes) -> Page:
    """The page's records and date.

    Raises ``NoElementError`` when the element is missing, ``ParseError`` when it is there and unreadable.
    """
    return read_element(document(body))


def read_element(tree: Any) -> Page:
    """``parse_embedded`` for a page that is a tree already."""
    elements = _ELEMENT(tree)
    if not elements:
        raise NoElementError("the page has no DailyPapers element")
    return read_props(decode(elements[0].get("data-props")))


def read_props(props: Any) -> Page:
    """The element's JSON, once decoded. Raises ``ParseError`` if it holds no list of papers."""
    if not isinstance(props, dict) or not isinstance(props.get("dailyPapers"), list):
        raise ParseError("the DailyPapers element holds no list of papers")
    return Page(
        papers=read_items(props["dailyPapers"]),
        day=_day(props.get("dateString")) or _day(props.get("date")),
        period=_period(props),
        previous=_day(props.get("prevDate")),
    )


def _period(props: dict[str, Any]) -> str:
    if props.get("isTrending") is True:
        return "trending"
    query = props.get("query")
    if isinstance(query, dict) and query.get("q"):
        return "search"
    period = props.get("periodType", "day")
    return period if isinstance(period, str) else "unknown"


def _day(value: Any) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
