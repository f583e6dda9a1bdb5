"""Reads the cards of a page, the last resort: no abstracts, no author names, marked incomplete. Pure.

Anchored on structure that held from 2024 to 2026 (``article``, ``h3 a``, the login link around the
votes, ``#community``), not on the class names, which move with every redesign.
"""

from __future__ import annotations

import re
from calendar import month_abbr
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup, Tag

from digest.errors import ParseError
from digest.model import Organisation, Paper, Papers, Record
from digest.sources.items import check_refused
from digest.sources.shape import LARGEST_COUNT
from digest.sources.text import line, paper_id, prose, storable

_AUTHORS = re.compile(r"([\d,]+) authors?\b")
_COUNT = re.compile(r"[\d,]+\Z")
_DAY_PATH = re.compile(r"/papers/date/(\d{4}-\d{2}-\d{2})")
_MONTH_AND_DAY = re.compile(r"([A-Z][a-z]{2}) (\d{1,2})\Z")
_MONTHS = {name: number for number, name in enumerate(month_abbr) if name}
_NOT_PAPERS = frozenset({"date", "week", "month", "trending"})
LONGEST_GAP = timedelta(days=31)

Links = list[tuple[str, Tag]]
"""The links of a card with their addresses."""
Parts = dict[str, list[Tag]]
"""The elements of a card by name, in their order. Gathered once: a search through the soup costs as much."""


@dataclass(frozen=True, slots=True)
class CardPage:
    """What a page's cards say; ``day`` is the page's own date, as far as it names one."""

    papers: Papers
    day: date | None


def parse_cards(body: bytes) -> CardPage:
    """The records of a page's cards, incomplete, and the page's date.

    Raises ``ParseError`` when the page is cut short, has no cards, or too many cannot be read.
    """
    if b"</html>" not in body[-2_000:].lower():
        raise ParseError("the page is cut short: its end is missing")
    try:
        soup = BeautifulSoup(body.decode("utf-8-sig"), "lxml")
    except UnicodeDecodeError as error:
        raise ParseError(f"the page is not UTF-8 (byte {error.start})") from error
    records: dict[str, Record] = {}
    refused: list[str] = []
    articles = soup.find_all("article")
    for number, article in enumerate(articles):
        record = _record(article)
        if record is None:
            refused.append(f"card {number + 1}: no title with a link to a paper")
        else:
            records.setdefault(record.paper.id, record)
    if not articles:
        raise ParseError("the page has no cards")
    check_refused(len(refused), len(articles), refused)
    return CardPage(Papers(tuple(records.values()), tuple(refused)), _page_day(articles[0]))


def _record(article: Tag) -> Record | None:
    parts = _parts(article)
    heading = next(iter(parts["h3"]), None)
    link = heading.find("a", href=True) if heading else None
    found = _linked_paper(link) if link else None
    if link is None or found is None or not prose(link.get_text()):
        return None
    raw_title, abstract = link.get_text(), _abstract(parts)
    links = [(_href(one), one) for one in parts["a"]]
    paper = Paper(
        id=found,
        title=prose(raw_title),
        abstract=prose(abstract),
        organisation=_organisation(links),
        code_stars=_stars(links, found),
        complete=False,
        source_title=storable(raw_title),
        source_abstract=storable(abstract),
    )
    return Record(paper, _votes(article, links), _comments(links), author_count=_author_count(parts))


def _parts(article: Tag) -> Parts:
    parts: Parts = defaultdict(list)
    for part in article.descendants:
        if isinstance(part, Tag):
            parts[part.name].append(part)
    return parts


def _linked_paper(link: Tag) -> str | None:
    path = urlsplit(_href(link)).path
    if not path.startswith("/papers/"):
        return None
    found = path.removeprefix("/papers/")
    return None if found.split("/")[0] in _NOT_PAPERS else paper_id(found)


def _href(link: Tag) -> str:
    value = link.get("href")
    return value if isinstance(value, str) else ""


def _number(text: str) -> int | None:
    """``1,056`` is a number, ``-`` stands for none."""
    stripped = line(text)
    if stripped == "-":
        return 0
    if not _COUNT.match(stripped):
        return None
    found = int(stripped.replace(",", "")[:12] or 0)
    return found if found <= LARGEST_COUNT else None


def _votes(article: Tag, links: Links) -> int | None:
    """The number inside the login link; the badge "Submitted by" shares its class but not its place."""
    for address, link in links:
        shown = link.find(class_="leading-none") if address.startswith("/login") else None
        if shown is not None:
            return _number(shown.get_text())
    shown = article.select_one(".from-gray-50-to-white .leading-none")
    return _number(shown.get_text()) if shown else None


def _comments(links: Links) -> int | None:
    return next((_number(link.get_text()) for address, link in links if address.endswith("#community")), None)


def _organisation(links: Links) -> Organisation | None:
    """The chip: a link to an account, one path segment, with a name in a ``span``."""
    for address, link in links:
        if "rounded-full" not in (link.get("class") or ()):
            continue
        path, label = urlsplit(address).path, link.find("span")
        name = line(path.removeprefix("/"))
        if path.startswith("/") and name and "/" not in name and label is not None:
            return Organisation(name, line(label.get_text()) or name)
    return None


def _stars(links: Links, found: str) -> int | None:
    """The number beside the repository's mark: its stars, never the paper's votes."""
    for address, link in links:
        label = link.find("span", recursive=False) if address == f"/papers/{found}" else None
        if label is not None and link.find("svg", recursive=False) is not None:
            return _number(label.get_text())
    return None


def _author_count(parts: Parts) -> int | None:
    for entry in parts["li"]:
        found = _AUTHORS.search(line(entry.get_text()))
        if found:
            return _number(found.group(1))
    return None


def _abstract(parts: Parts) -> str:
    """Trending and search cards show the abstract in a paragraph; a day's cards have none."""
    return next((paragraph.get_text() for paragraph in parts["p"]), "")


# --- the page's date -------------------------------------------------------------------------


def _page_day(first_card: Tag) -> date | None:
    """The page's date: in full until 2024, later a month and day between two arrows, without a year.

    Both stand above the first card; below it, they would be a paper's.
    """
    above = first_card.find_all_previous(["time", "a"])
    shown = next((one for one in above if one.name == "time" and one.get("datetime")), None)
    if shown is not None:
        return _iso_day(str(shown["datetime"])[:10])
    for arrow in reversed(above):
        linked = linked_day(_href(arrow))
        label = arrow.find_next_sibling("div") if linked else None
        if linked and label is not None:
            return _after(linked, line(label.get_text()))
    return None


def linked_day(address: str) -> date | None:
    """The day an address is the page of, in today's form or that of 2024."""
    parts = urlsplit(address)
    found = _DAY_PATH.search(parts.path)
    if found:
        return _iso_day(found.group(1))
    asked = parse_qs(parts.query).get("date") if parts.path.rstrip("/") == "/papers" else None
    return _iso_day(asked[0][:10]) if asked else None


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _after(previous: date, label: str) -> date | None:
    """The day ``label`` ("Sep 28") that follows the day of the arrow to its left, in whichever year."""
    found = _MONTH_AND_DAY.match(label)
    if not found or found.group(1) not in _MONTHS:
        return None
    for year in (previous.year, previous.year + 1):
        day = _iso_day(f"{year}-{_MONTHS[found.group(1)]:02}-{int(found.group(2)):02}")
        if day and timedelta(0) < day - previous <= LONGEST_GAP:
            return day
    return None
