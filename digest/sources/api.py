"""Reads an answer of ``/api/daily_papers``: a bare JSON list of items. Pure."""

from __future__ import annotations

from typing import Any

from digest.errors import ParseError
from digest.model import Papers
from digest.sources.decoding import decode_items
from digest.sources.items import read_items


def parse_api(body: bytes) -> tuple[Papers, int]:
    """The records of one page of the API, and how many items it held before any was refused.

    Raises ``ParseError`` for anything but a complete JSON list whose items are readable.
    """
    items = decode_items(body)
    if not isinstance(items, list):
        raise ParseError(f"the API answered with {_kind(items)} in place of a list")
    return read_items(items), len(items)


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an error object" if "error" in value else "an object"
    return type(value).__name__
