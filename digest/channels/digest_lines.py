"""What is said of a digest as a whole, its profiles and its days, before any mark-up. Pure."""

from __future__ import annotations

from datetime import date, time, timedelta
from functools import lru_cache

from digest.account_wording import account_line, day_name, nothing, plural, sentence
from digest.channels.entry_lines import paper_of
from digest.channels.paper_lines import title
from digest.model import Account, Digest, DigestKind, Entry, NearMiss, Section, Sheet
from digest.readable import clean, clip, readable
from digest.wording import points

MAX_SUBJECT_TITLE = 78
MAX_PREHEADER = 100
MAX_PROFILE = 240
MAX_ACCOUNT = 2_000
PROFILES_SHOWN = 10
WEEK = timedelta(days=7)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def profile_name(section: Section) -> str:
    return clip(clean(section.profile_name, 200), 80) or "your profile"


@lru_cache(maxsize=4096)
def _profile(name: str, text: str) -> str:
    return f"Profile “{name}”: {clip(clean(text, 2_000), MAX_PROFILE) or 'trending, no keywords'}"


def profile_line(section: Section) -> str:
    """A profile as it was typed, for the foot: ``Profile “vision”: diffusion models, +vision``."""
    return _profile(profile_name(section), section.profile_text)


def span(digest: Digest) -> str:
    """The slot, the week that it ends, or the days from first to last that a catch-up covers."""
    days = [day.day for day in digest.account.days]
    if digest.kind is DigestKind.CATCH_UP and len(days) > 1:
        return f"{day_name(min(days))} to {day_name(max(days))}"
    return f"{_week(digest)}{day_name(digest.slot)}"


def heading(digest: Digest) -> str:
    """``Friday 20 November 2026``, or ``Week to Friday 20 November 2026``."""
    return f"{_week(digest)}{long_day(digest.slot)}"


def _week(digest: Digest) -> str:
    """What stands before the slot of somebody who reads once a week."""
    if digest.kind not in (DigestKind.DAILY, DigestKind.EMPTY) or digest.next_slot is None:
        return ""
    return "Week to " if digest.next_slot - digest.slot == WEEK else ""


def subject(sheet: Sheet, best: Entry | None, more: int) -> str:
    """The day or week, and the best paper: ``Fri 20 Nov: Title, and 6 more``."""
    digest = sheet.digest
    if best is None:
        return f"{span(digest)}: {nothing(digest.account)}"
    name = clip(title(paper_of(sheet.papers, best)), MAX_SUBJECT_TITLE)
    first = "Your first digest, " if digest.kind is DigestKind.FIRST else ""
    return f"{first}{span(digest)}: {name}" + (f", and {more} more" if more else "")


@lru_cache(maxsize=64)
def long_day(day: date) -> str:
    """``Friday 20 November 2026``; English whatever the locale."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def summary(digest: Digest) -> str:
    """What awaits the reader, out of how much: ``3 of 28 new papers are for you.``."""
    count, account = len(digest.entries), digest.account
    if not count:
        return sentence(nothing(account))
    of = f"{count} of {account.considered:,}" if account.considered > count else str(count)
    return f"{of} {_news(account, account.considered)} {'is' if count == 1 else 'are'} for you."


def _news(account: Account, count: int) -> str:
    """What rises is no new paper."""
    noun = "paper" if account.rising else "new paper"
    return noun if count == 1 else f"{noun}s"


def preheader(sheet: Sheet, best: Entry | None, counted: str) -> str:
    """What a mailbox shows beside the subject: the summary, then the titles after the best."""
    digest = sheet.digest
    if best is None:
        closest = [clip(readable(miss.title), 80) for miss in digest.account.near_misses[:1]]
        return clip("; ".join(["Closest to it", *closest]) if closest else counted, MAX_PREHEADER)
    first = [entry for section in digest.sections for entry in section.entries[:3]][:3]
    others = [title(paper_of(sheet.papers, entry)) for entry in first if entry is not best]
    return clip(f"{counted} {'; '.join(others[:2])}".rstrip(), MAX_PREHEADER)


def intro(digest: Digest) -> str:
    """A sentence for a digest that is not an ordinary one; nothing for the others."""
    if digest.kind is DigestKind.FIRST:
        return (
            "This is your first digest. It begins with the newest papers, not with the archive. "
            "Points run from 0 to 10 and say why a paper is here; “more like this” and “less like this” "
            "teach it what you care for."
        )
    if digest.kind is DigestKind.CATCH_UP:
        return f"This digest covers {span(digest)} at once, in place of the ones that were missed."
    return ""


def empty_line(digest: Digest) -> str:
    """Why an empty digest is empty, in one sentence."""
    account = digest.account
    missing = ", ".join(day_name(day) for day in account.missing_days)
    if account.considered:
        came = f"{account.considered} {_news(account, account.considered)}"
        told = f"{came} came, and none reached your bar of {points(account.bar)}."
    elif account.listed:
        told = "You have had all that is listed: nothing new came since your last digest."
    elif missing:
        return f"Nothing could be read of {missing}, so there was nothing to choose from. It will come later."
    else:
        return "The source was read, and it lists no papers for these days. There is nothing to send."
    return f"{told} Nothing could be read of {missing}." if missing else told


def miss_line(miss: NearMiss) -> str:
    """How near a near miss was: ``0.2 below your bar of 5.0``."""
    return f"{points(miss.bar - miss.score)} below your bar of {points(miss.bar)}"


def next_line(digest: Digest) -> str:
    """``Next digest: Mon 23 Nov at 07:30 (Europe/Berlin)``."""
    if digest.next_slot is None:
        return ""
    return _next(digest.next_slot, digest.send_at, digest.timezone)


@lru_cache(maxsize=4_096)
def _next(slot: date, send_at: time, timezone: str) -> str:
    return f"Next digest: {day_name(slot)} at {send_at:%H:%M} ({timezone})."


def profile_lines(digest: Digest) -> tuple[str, ...]:
    """A line for each profile, up to ``PROFILES_SHOWN``."""
    shown = [profile_line(section) for section in digest.sections[:PROFILES_SHOWN]]
    more = len(digest.sections) - PROFILES_SHOWN
    return (*shown, f"and {plural(more, 'more profile')}") if more > 0 else tuple(shown)


def account_words(digest: Digest) -> str:
    """How the digest accounts for itself, fit to be shown."""
    return _account(digest.account, digest.timezone)


@lru_cache(maxsize=4_096)
def _account(account: Account, timezone: str) -> str:
    return clip(clean(account_line(account, timezone), 2 * MAX_ACCOUNT), MAX_ACCOUNT)
