"""Reading the fields of forms: text in, values out, or what is wrong in words for people."""

from __future__ import annotations

import zoneinfo
from datetime import date
from datetime import time as clock_time
from functools import cache

from digest.account_wording import sentence
from digest.errors import DigestError, NoKeywords, SubscriptionError
from digest.model import EVERY_DAY, EmptyDigests

WITHOUT_KEYWORDS = "give some, or choose “What most people vote for”"
"""The choice as the forms name it."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def zones() -> tuple[str, ...]:
    """The zones to choose from, by region; abbreviations and links into the past are left out."""
    return ("UTC", *sorted(name for name in zoneinfo.available_timezones() if name.startswith(REGIONS)))


def number(text: str, name: str) -> float | None:
    """A decimal number, or ``None`` for an empty field."""
    try:
        return float(text.replace(",", ".")) if text.strip() else None
    except ValueError as error:
        raise SubscriptionError(f"the {name} is no number", remedy="give a number such as 5") from error


def whole_number(text: str, name: str) -> int | None:
    """A whole number, or ``None`` for an empty field."""
    found = number(text, name)
    if found is not None and (found != found or abs(found) > 1e6 or found != int(found)):
        raise SubscriptionError(f"the {name} is no whole number", remedy="give a number such as 10")
    return None if found is None else int(found)


def hour(text: str) -> clock_time:
    """A time of day."""
    try:
        return clock_time.fromisoformat(text.strip())
    except ValueError as error:
        raise SubscriptionError("the hour is no time of day", remedy="give hh:mm, such as 07:30") from error


def days(names: list[str]) -> frozenset[int]:
    """The chosen weekdays, Monday is 0."""
    return frozenset(int(name) for name in names if name in set("0123456"))


def rhythm(often: str, weekly_on: str, chosen: list[str]) -> frozenset[int]:
    """The weekdays of ``daily``, of ``weekly`` on one of them, or else those chosen one by one."""
    if often == "daily":
        return EVERY_DAY
    return days([weekly_on] if often == "weekly" else chosen)


def day_of(text: str) -> date | None:
    """A date, or ``None`` for an empty field."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise SubscriptionError("that is no date", remedy="give it as 2026-03-31") from error


def empty_choice(name: str) -> EmptyDigests:
    """What happens with a digest without papers."""
    try:
        return EmptyDigests(name)
    except ValueError as error:
        raise SubscriptionError("that is no choice for empty digests", remedy="choose one shown") from error


def told(error: DigestError) -> str:
    """What is wrong and what helps, as two sentences."""
    remedy = WITHOUT_KEYWORDS if isinstance(error, NoKeywords) else error.remedy
    return " ".join(sentence(part) for part in (str(error), remedy) if part)
