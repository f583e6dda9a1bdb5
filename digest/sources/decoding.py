"""Turns the source's JSON into values: in one pass when all is as declared, else carefully. Pure."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

from digest.errors import ParseError
from digest.sources.shape import Item, Props
from digest.sources.text import storable

T = TypeVar("T")

_ITEMS = msgspec.json.Decoder(list[Item])
_PROPS = msgspec.json.Decoder(Props[Item])


def decode_items(body: bytes) -> list[Item] | Any:
    """An answer of the API; its items checked already if it is a list of nothing but good ones.

    Raises ``ParseError`` as ``decode`` does.
    """
    return _decode(body, _ITEMS)


def decode_props(text: str) -> Props[Item] | Any:
    """The JSON of a page's element; its items checked already if all are good.

    Raises ``ParseError`` as ``decode`` does.
    """
    return _decode(text, _PROPS)


def _decode(body: bytes | str, checking: msgspec.json.Decoder[T]) -> T | Any:
    """One value that is not as declared, and all is decoded again unchecked: the items' reader judges it."""
    text = _text(body)
    try:
        found = checking.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return decode(body)
    return decode(body) if _may_repeat_keys(text, found) else found


def decode(body: bytes | str) -> Any:
    """The JSON value in ``body``, of whatever shape.

    Raises ``ParseError`` when it is not complete, not UTF-8 or not JSON.
    """
    text = _text(body)
    try:
        found = _QUICK.decode(text)
        return _CAREFUL.decode(text) if _may_repeat_keys(text, found) else found
    except RecursionError as error:
        raise ParseError("the answer is nested too deeply to be JSON of this source") from error
    except ValueError as error:
        raise ParseError(f"the answer is not complete JSON: {short(str(error))}") from error


def _text(body: bytes | str) -> str:
    try:
        return body if isinstance(body, str) else body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(f"the answer is not UTF-8 (byte {error.start})") from error


def _may_repeat_keys(text: str, found: object) -> bool:
    """Whether an item may name its id or its votes twice; to look at every object would double the time."""
    if isinstance(found, Props):
        listed: Any = found.papers
    else:
        listed = found.get("dailyPapers") if isinstance(found, dict) else found
    items = len(listed) if isinstance(listed, list) else 0
    return text.count('"upvotes"') > items or text.count('"id"') > items


class NotANumber:
    """``NaN`` and the infinities: not JSON, of the wrong type wherever a value is read."""


class KeyTwice:
    """An object that named a key twice: which value was meant, nobody can tell. So it is no object."""


def _not_a_number(_name: str) -> NotANumber:
    return NotANumber()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | KeyTwice:
    found = dict(pairs)
    return found if len(found) == len(pairs) else KeyTwice()


_QUICK = json.JSONDecoder(parse_constant=_not_a_number)
_CAREFUL = json.JSONDecoder(parse_constant=_not_a_number, object_pairs_hook=_object)


def short(text: str) -> str:
    """``text`` fit for a remark in the ledger."""
    return storable(text if len(text) <= 80 else text[:79] + "…")
