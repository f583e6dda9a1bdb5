"""Reads what an answer says about when to come back: ``Retry-After`` and ``RateLimit``. Pure.

``RateLimit: "api";r=REMAINING;t=SECONDS`` counts a fixed window of five minutes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(hours=1)
USUAL = timedelta(minutes=1)
"""Waits are kept within these: a server that says "ten years" or "yesterday" is not believed."""

_REMAINING = re.compile(r"(?:^|;)\s*r=(\d{1,9})\b")
_SECONDS_LEFT = re.compile(r"(?:^|;)\s*t=(\d{1,9})\b")
_SECONDS = re.compile(r"\d{1,12}(\.\d+)?\Z")

REFUSING = frozenset({429, 503})


def not_before(status: int, headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the next request may be made, or ``None`` if nothing forbids one now.

    ``headers`` must look names up without regard to case. A refusal without a usable word waits a minute.
    """
    spent = _left(headers.get("RateLimit", ""))
    window = _window(headers.get("RateLimit", "")) if spent else None
    if status in REFUSING:
        return now + _bounded(_first(window, _retry_after(headers.get("Retry-After", ""), now)))
    return now + _bounded(_first(window)) if spent else None


def _first(*waits: timedelta | None) -> timedelta:
    return next((wait for wait in waits if wait is not None), USUAL)


def _left(ratelimit: str) -> bool:
    """Whether the window's allowance is used up."""
    found = _REMAINING.search(ratelimit)
    return found is not None and int(found.group(1)) == 0


def _window(ratelimit: str) -> timedelta | None:
    found = _SECONDS_LEFT.search(ratelimit)
    return timedelta(seconds=int(found.group(1))) if found else None


def _retry_after(value: str, now: datetime) -> timedelta | None:
    """Seconds or an HTTP date; ``None`` for nonsense."""
    text = value.strip()
    if _SECONDS.match(text):
        return timedelta(seconds=min(float(text), LONGEST.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return aware - now


def _bounded(wait: timedelta) -> timedelta:
    return min(max(wait, SHORTEST), LONGEST)
