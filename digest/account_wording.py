"""How a digest sums itself up, in plain words, the same in mail, Slack, web and terminal. Pure; no mark-up.

What comes from papers and profiles is passed through as it is: each channel escapes for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.model import Account, DayAccount, DayState, Digest

STILL_FILLING = (DayState.OPEN, DayState.SETTLING)


def plural(count: int, noun: str) -> str:
    """``1 paper``, ``2 papers``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def sentence(words: str) -> str:
    """Words as a sentence: a capital first, a full stop last where nothing else ends it."""
    tidy = words.rstrip(".")
    return f"{tidy[:1].upper()}{tidy[1:]}{'' if tidy.endswith(('?', '!')) else '.'}"


@lru_cache(maxsize=256)
def day_name(day: date, *, year: bool = False) -> str:
    """``Fri 20 Nov``, with ``year`` ``Fri 20 Nov 2026``; English whatever the locale."""
    week = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{week} {day.day} {months[day.month - 1]}" + (f" {day.year}" if year else "")


def days_between(first: date, last: date) -> str:
    """``Mon 2 Mar to Fri 29 May 2026``; a year of its own for each where they differ."""
    if first == last:
        return day_name(last, year=True)
    return f"{day_name(first, year=first.year != last.year)} to {day_name(last, year=True)}"


def account_line(account: Account, timezone: str) -> str:
    """The one line in which a digest accounts for itself: what was listed, and what became of it.

    The counts add up to what is news to the subscriber: what is new, which is named where it is not all that
    is listed, what came late to a day before, and what is rising.
    """
    if not account.listed and not account.considered:
        return f"{_unlisted(account)}.{_gaps(account, timezone)}"
    counts = (
        (account.chosen, "chosen"),
        (account.already_sent, "already sent"),
        (account.below_bar, f"below the bar of {account.bar:.1f}"),
        (account.excluded, "excluded"),
        (account.over_limit, "over the limit"),
    )
    told = ", ".join(f"{count} {word}" for count, word in counts if count or word == "chosen")
    return f"{', '.join(_what_came(account))}: {told}.{_gaps(account, timezone)}"


def _what_came(account: Account) -> Iterator[str]:
    """What is listed, what of it is new where that is not all, and what came besides."""
    if account.listed:
        yield f"{plural(account.listed, 'paper')} listed {_span([day.day for day in account.days])}"
    else:
        yield _unlisted(account)
    new = account.considered - account.late - account.rising
    if new != account.listed:
        yield f"{new} new to you"
    if account.late:
        yield f"{account.late} late from {'a day' if account.late == 1 else 'days'} before"
    if account.rising:
        yield f"{account.rising} rising"


def _unlisted(account: Account) -> str:
    """Nothing was listed, or nothing could be read: two things that must never look the same."""
    read = [day.day for day in account.days if day.day not in account.missing_days]
    if read:
        return f"No papers listed {_span(read)}"
    return "No day was read" if account.missing_days else "No papers listed since the last digest"


def _span(days: list[date]) -> str:
    if not days:
        return "on no day"
    if len(days) == 1:
        return f"on {day_name(days[0])}"
    return f"from {day_name(min(days))} to {day_name(max(days))}"


def _gaps(account: Account, timezone: str) -> str:
    filling = [day_name(day.day) for day in account.days if _filling(day)]
    told = f" {', '.join(filling)} still filling at {_clock(account.as_of, timezone)}." if filling else ""
    missing = ", ".join([day_name(day) for day in account.missing_days])
    return f"{told} Could not be read: {missing}." if missing else told


@lru_cache(maxsize=256)
def _clock(moment: datetime, timezone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(timezone)):%H:%M}"


def _filling(day: DayAccount) -> bool:
    return day.state in STILL_FILLING


def nothing(account: Account) -> str:
    """Why a digest is empty, in a few words for a subject: unread, unlisted, nothing new, or nothing good."""
    if account.considered:
        return "no paper passed your bar"
    if account.listed:
        return "nothing new was listed"
    return "the source could not be read" if account.missing_days else "no papers were listed"


def summary_line(digest: Digest) -> str:
    """What awaits the reader: ``7 papers for you: vision 4, agents 3``."""
    count = len(digest.entries)
    if not count:
        return sentence(nothing(digest.account))
    sections = [section for section in digest.sections if section.entries]
    if len(sections) == 1:
        return f"{plural(count, 'paper')} for you: {sections[0].profile_name}"
    told = ", ".join(f"{section.profile_name} {len(section.entries)}" for section in sections)
    return f"{plural(count, 'paper')} for you: {told}"
