"""Reads the JSON in a page's ``DailyPapers`` element: days, weeks, months, trending, search. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from lxml import etree

from digest.errors import ParseError
from digest.model import Papers
from digest.sources.decoding import decode_props
from digest.sources.items import read_items
from digest.sources.shape import Props

_ELEMENT = ".//*[@data-target='DailyPapers'][@data-props]"


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
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, collect_ids=False)
    try:
        root = etree.fromstring(body.replace(b"\0", b""), parser=parser)
    except etree.XMLSyntaxError as error:
        raise ParseError("the page holds no markup") from error
    if root is None:
        raise ParseError("the page holds no markup")
    return root


def parse_embedded(body: bytes) -> Page:
    """The page's records and date.

    Raises ``NoElementError`` when the element is missing, ``ParseError`` when it is there and unreadable.
    """
    return read_element(document(body))


def read_element(tree: Any) -> Page:
    """``parse_embedded`` for a page that is a tree already."""
    element = tree.find(_ELEMENT)
    if element is None:
        raise NoElementError("the page has no DailyPapers element")
    return read_props(decode_props(element.get("data-props")))


def read_props(value: Any) -> Page:
    """The element's JSON, once decoded. Raises ``ParseError`` if it holds no list of papers."""
    props = value if isinstance(value, Props) else _unchecked(value)
    return Page(
        papers=read_items(props.papers),
        day=_day(props.day) or _day(props.moment),
        period=_period(props),
        previous=_day(props.previous),
    )


def _unchecked(value: Any) -> Props[Any]:
    try:
        return msgspec.convert(value, Props[Any])
    except (msgspec.ValidationError, UnicodeError) as error:
        raise ParseError("the DailyPapers element holds no list of papers") from error


def _period(props: Props[Any]) -> str:
    if props.trending is True:
        return "trending"
    if isinstance(props.query, dict) and props.query.get("q"):
        return "search"
    return props.period if isinstance(props.period, str) else "unknown"


def _day(value: Any) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
