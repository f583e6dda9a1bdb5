"""Reads the items of the source's JSON, which the API and the page's embedded element share. Pure.

Contract: unknown keys are ignored; only the id and a title are required; a value of the wrong type
refuses the item, never the page; more than a fifth of the items refused fails the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from digest.errors import ParseError
from digest.model import Organisation, Paper, Papers, Record
from digest.sources.decoding import KeyTwice, short
from digest.sources.shape import Account, Author, Inner, Item
from digest.sources.text import line, lines, paper_id, prose, storable_and_prose, web_address

MOST_REFUSED = 0.2
LONGEST_KEYWORD = 200

_COMPLAINT = re.compile(r"(?P<says>.*?)(?: - at `\$\.?(?P<place>.*)`)?\Z", re.DOTALL)


class BadItem(ValueError):
    """An item that is refused; says which value of which paper is wrong."""


def read_items(items: Iterable[Any]) -> Papers:
    """The records of a page's or answer's items, each paper once, in their order.

    Raises ``ParseError`` when more than a fifth had to be refused.
    """
    records: dict[str, Record] = {}
    refused: list[str] = []
    for number, item in enumerate(items):
        try:
            record = read_item(item)
        except BadItem as error:
            refused.append(f"{_name(item, number)}: {error}")
            continue
        known = records.get(record.paper.id)
        records[record.paper.id] = record if known is None else _more_voted(known, record)
    check_refused(len(refused), len(records) + len(refused), refused)
    return Papers(tuple(records.values()), tuple(refused))


def check_refused(refused: int, total: int, reasons: list[str]) -> None:
    """Raise ``ParseError`` when too many items of a page were refused for the rest to be trusted."""
    if refused > total * MOST_REFUSED:
        raise ParseError(f"{refused} of {total} items could not be read, first: {reasons[0]}")


def _more_voted(one: Record, other: Record) -> Record:
    """Of two copies of a paper on one page, the later count: votes all but only grow."""
    return other if (other.upvotes or 0) > (one.upvotes or 0) else one


def read_item(item: Any) -> Record:
    """One item as a record: each field from the inner ``paper``, else from the outer object.

    Raises ``BadItem``.
    """
    outer = item if isinstance(item, Item) else _checked(item)
    inner = outer.paper
    return Record(
        paper=_paper(inner, outer),
        upvotes=outer.upvotes if inner.upvotes is None else inner.upvotes,
        comments=inner.comments if outer.comments is None else outer.comments,
        submitted_at=_moment(inner.submitted, "submittedOnDailyAt"),
    )


def _checked(item: Any) -> Item:
    """The item as declared. One without an inner object, as the paper's own page gives it, is its own."""
    if isinstance(item, dict) and "paper" not in item:
        item = item | {"paper": item}
    try:
        return msgspec.convert(item, Item)
    except msgspec.ValidationError as error:
        raise BadItem(_complaint(str(error))) from error
    except UnicodeError as error:  # msgspec's answer to half a character in a key, or where no text is due
        raise BadItem("it holds half a character") from error


def _complaint(error: str) -> str:
    """msgspec's words for the ledger: the place first, and no names of our own."""
    found = _COMPLAINT.match(error)
    says, place = (found["says"], found["place"]) if found else (error, None)
    if KeyTwice.__name__ in says:
        says = "names a key twice"
    return short(f"{place or 'the item'}: {says[:1].lower()}{says[1:]}".replace("`", ""))


def _paper(inner: Inner, outer: Item) -> Paper:
    identity = inner.id or outer.id or ""
    found_id = paper_id(identity)
    if found_id is None:
        raise BadItem(f"its id cannot be one: {short(identity)!r}")
    source_title, title = storable_and_prose(inner.title or outer.title or "")
    if not title:
        raise BadItem("it has no title")
    source_abstract, abstract = storable_and_prose(inner.abstract or outer.abstract or "")
    return Paper(
        id=found_id,
        title=title,
        abstract=abstract,
        authors=_authors(inner.authors or outer.authors or ()),
        organisation=_organisation(inner.organisation or outer.organisation),
        published_at=_moment(inner.published, "publishedAt"),
        short_summary=prose(inner.short_summary or outer.short_summary or ""),
        source_keywords=_words(inner.keywords or outer.keywords or ()),
        project_url=web_address(inner.project_url or outer.project_url or ""),
        code_url=web_address(inner.code_url or outer.code_url or ""),
        code_stars=outer.code_stars if inner.code_stars is None else inner.code_stars,
        source_title=source_title,
        source_abstract=source_abstract,
    )


def _moment(text: str | None, key: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadItem(f"{key} is no date: {short(text)!r}") from error


def _authors(listed: Sequence[Author]) -> tuple[str, ...]:
    return tuple(filter(None, lines([author.name for author in listed if author.name])))


def _words(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word[:LONGEST_KEYWORD] for word in lines(words) if word))


def _organisation(found: Account | None) -> Organisation | None:
    name = line(found.name or "") if found else ""
    return Organisation(name, line((found and found.title) or "") or name) if name else None


def _name(item: Any, number: int) -> str:
    """How a refused item is called in the ledger."""
    places = (item.paper.id, item.id) if isinstance(item, Item) else _said_ids(item)
    named = (found for found in places if isinstance(found, str) and paper_id(found))
    return next(named, f"item {number + 1}")


def _said_ids(item: Any) -> tuple[Any, ...]:
    if not isinstance(item, dict):
        return ()
    inner = item.get("paper")
    return (inner.get("id") if isinstance(inner, dict) else None, item.get("id"))
