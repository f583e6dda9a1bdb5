"""Reads the items of the source's JSON, which the API and the page's embedded element share. Pure.

Contract: unknown keys are ignored; only the id and a title are required; a value of the wrong type
refuses the item, never the page; more than a fifth of the items refused fails the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from digest.errors import ParseError
from digest.model import Organisation, Paper, Papers, Record
from digest.sources.text import line, lines, paper_id, prose, storable, storable_and_prose, web_address

MOST_REFUSED = 0.2
LARGEST_COUNT = 100_000_000  # far above any vote; still an INTEGER in every database
LONGEST = {"title": 2_000, "summary": 40_000, "ai_summary": 10_000, "name": 400}
SHORT = min(LONGEST.values())
MOST_AUTHORS = 10_000

Item = Mapping[str, Any]
Pair = tuple[Item, Item]
"""Where a value is looked for: in the first object, and in the second if the first has none."""

_NOTHING: Item = {}


class BadItem(ValueError):
    """An item that is refused; says which value of which paper is wrong."""


def decode(body: bytes | str) -> Any:
    """The JSON value in ``body``.

    Raises ``ParseError`` when it is not complete, not UTF-8 or not JSON.
    """
    try:
        text = body if isinstance(body, str) else body.decode("utf-8-sig")
        found = _QUICK.decode(text)
        if _may_repeat_keys(text, found):
            found = _CAREFUL.decode(text)
    except UnicodeDecodeError as error:
        raise ParseError(f"the answer is not UTF-8 (byte {error.start})") from error
    except RecursionError as error:
        raise ParseError("the answer is nested too deeply to be JSON of this source") from error
    except ValueError as error:
        raise ParseError(f"the answer is not complete JSON: {_short(str(error))}") from error
    return found


def _may_repeat_keys(text: str, found: Any) -> bool:
    """Whether an item may name its id or its votes twice; to look at every object would double the time."""
    listed = found.get("dailyPapers") if isinstance(found, dict) else found
    items = len(listed) if isinstance(listed, list) else 0
    return text.count('"upvotes"') > items or text.count('"id"') > items


class _NotANumber:
    """``NaN`` and the infinities: not JSON, of the wrong type wherever a value is read."""


_NOT_A_NUMBER = _NotANumber()


def _not_a_number(_name: str) -> _NotANumber:
    return _NOT_A_NUMBER


class _Twice:
    """An object that named a key twice: which value was meant, nobody can tell. So it is no object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Twice:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Twice()


_QUICK = json.JSONDecoder(parse_constant=_not_a_number)
_CAREFUL = json.JSONDecoder(parse_constant=_not_a_number, object_pairs_hook=_object)


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

    The outer ``publishedAt`` is never used: its meaning changed, and now it is off by hours.
    Raises ``BadItem``.
    """
    outer = _mapping(item, "the item")
    inner = _mapping(outer.get("paper", outer), "paper")
    both = (inner, outer)
    return Record(
        paper=_paper(both),
        upvotes=_count(both, "upvotes"),
        comments=_count((outer, inner), "numComments"),
        submitted_at=_moment(inner, "submittedOnDailyAt"),
    )


def _paper(both: Pair) -> Paper:
    identity = _text(both, "id")
    found_id = paper_id(identity)
    if found_id is None:
        raise BadItem(f"its id cannot be one: {_short(identity)!r}")
    source_title, title = storable_and_prose(_text(both, "title"))
    source_abstract, abstract = storable_and_prose(_text(both, "summary"))
    if not title:
        raise BadItem("it has no title")
    return Paper(
        id=found_id,
        title=title,
        abstract=abstract,
        authors=_authors(both),
        organisation=_organisation(both),
        published_at=_moment(both[0], "publishedAt"),
        short_summary=prose(_text(both, "ai_summary")),
        source_keywords=_words(both, "ai_keywords"),
        project_url=web_address(_text(both, "projectPage")),
        code_url=web_address(_text(both, "githubRepo")),
        code_stars=_count(both, "githubStars"),
        source_title=source_title,
        source_abstract=source_abstract,
    )


# --- values ----------------------------------------------------------------------------------


def _first(both: Pair, key: str) -> Any:
    value = both[0].get(key)
    return both[1].get(key) if value is None else value


def _mapping(value: Any, what: str) -> Item:
    if isinstance(value, dict):
        return value
    raise BadItem(f"{what} names a key twice" if isinstance(value, _Twice) else f"{what} is no object")


def _text(both: Pair, key: str) -> str:
    value = both[0].get(key)  # as ``_first`` does, without the call: most values are texts
    if value is None:
        value = both[1].get(key)
        if value is None:
            return ""
    if not isinstance(value, str):
        raise BadItem(f"{key} is no text")
    if len(value) > SHORT and len(value) > LONGEST.get(key, LONGEST["title"]):
        raise BadItem(f"{key} is longer than any seen ({len(value)} characters)")
    return value


def _count(both: Pair, key: str) -> int | None:
    value = _first(both, key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadItem(f"{key} is no number")
    if not 0 <= value <= LARGEST_COUNT:
        raise BadItem(f"{key} is out of range")
    return value


def _moment(item: Item, key: str) -> datetime | None:
    text = _text((item, _NOTHING), key)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadItem(f"{key} is no date: {_short(text)!r}") from error


def _list(both: Pair, key: str) -> list[Any]:
    value = _first(both, key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadItem(f"{key} is no list")
    if len(value) > MOST_AUTHORS:
        raise BadItem(f"{key} holds {len(value)} values")
    return value


def _authors(both: Pair) -> tuple[str, ...]:
    """The authors' names. The linked account's name beside them is somebody's nickname, not the author's."""
    listed = _list(both, "authors")
    try:
        names = [author["name"] for author in listed]
        usual = not names or max(map(len, names)) <= LONGEST["name"]
        cleaned = lines(names) if usual else ()
    except (KeyError, TypeError):  # somebody without a name, or what is no name
        usual = False
    if not usual:
        cleaned = lines([_text((_mapping(author, "an author"), _NOTHING), "name") for author in listed])
    return tuple(filter(None, cleaned))


def _words(both: Pair, key: str) -> tuple[str, ...]:
    words = _list(both, key)
    try:
        cleaned = lines(words)
    except TypeError as error:
        raise BadItem(f"{key} holds what is no text") from error
    return tuple(dict.fromkeys(word[:200] for word in cleaned if word))


def _organisation(both: Pair) -> Organisation | None:
    value = _first(both, "organization")
    if value is None:
        return None
    found = (_mapping(value, "organization"), _NOTHING)
    name, title = line(_text(found, "name")), line(_text(found, "fullname"))
    return Organisation(name, title or name) if name else None


def _name(item: Any, number: int) -> str:
    """How a refused item is called in the ledger."""
    if isinstance(item, dict):
        for place in (item.get("paper"), item):
            found = place.get("id") if isinstance(place, dict) else None
            if isinstance(found, str) and paper_id(found):
                return found
    return f"item {number + 1}"


def _short(text: str) -> str:
    return storable(text if len(text) <= 80 else text[:79] + "…")
