"""What a digest says, line by line, before any mark-up: for mail (both parts) and terminal alike. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from digest.account_wording import account_line, day_name, nothing, plural, sentence
from digest.model import Account, Digest, DigestKind, Entry, Mark, NearMiss, Paper, Section, Sheet
from digest.readable import clean, clip, readable, sentences
from digest.wording import points, reason_groups

AUTHORS_NAMED = 3
MAX_TITLE = 250
MAX_NAME = 60
MAX_SUBJECT_TITLE = 78
MAX_PREHEADER = 100
MAX_PROFILE = 240
MAX_REASON = 400
MAX_ACCOUNT = 2_000
PROFILES_SHOWN = 10

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

CODE_HOSTS = frozenset(
    {
        "github.com",
        "gitlab.com",
        "codeberg.org",
        "bitbucket.org",
        "huggingface.co",
        "gitee.com",
        "git.sr.ht",
        "sourceforge.net",
    }
)
"""Where code is linked to. Any other address from the source is not followed: it may be anything."""

_ARXIV = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z][a-z.-]{1,14}(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Link:
    """A link with a name that means something by itself."""

    name: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The opening of a paper's text; ``origin`` names who wrote it if that was not the authors."""

    text: str
    origin: str = ""


class ToldEntry(NamedTuple):
    """An entry with its paper."""

    entry: Entry
    paper: Paper


@dataclass(frozen=True, slots=True)
class ToldSection:
    """A profile's part: its name, how many papers it chose (``4 papers``), and the papers."""

    name: str
    count: str
    entries: tuple[ToldEntry, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """All that a digest says in words of its own; ``opening`` may be empty."""

    subject: str
    preheader: str
    day: str
    summary: str
    opening: str
    sections: tuple[ToldSection, ...]
    misses: tuple[NearMiss, ...]
    account: str
    profiles: tuple[str, ...]
    next: str


def tell(sheet: Sheet) -> Told:
    """Put a digest into words, once for all parts."""
    digest = sheet.digest
    entries = digest.entries
    best = best_entry(entries)
    counted = _summary(digest, len(entries))
    return Told(
        subject=subject(sheet, best, len(entries) - 1),
        preheader=preheader(sheet, best, counted),
        day=long_day(digest.slot),
        summary=counted,
        opening=intro(digest) if entries else empty_line(digest),
        sections=tuple(_told(section, sheet.papers) for section in digest.sections if section.entries),
        misses=() if entries else digest.account.near_misses,
        account=_account(digest.account, digest.timezone),
        profiles=_profiles(digest),
        next=next_line(digest),
    )


@lru_cache(maxsize=4_096)
def _account(account: Account, timezone: str) -> str:
    return clip(clean(account_line(account, timezone), 2 * MAX_ACCOUNT), MAX_ACCOUNT)


def _told(section: Section, papers: Mapping[str, Paper]) -> ToldSection:
    told = [ToldEntry(entry, _paper(papers, entry)) for entry in section.entries]
    return ToldSection(profile_name(section), plural(len(told), "paper"), tuple(told))


def _paper(papers: Mapping[str, Paper], entry: Entry) -> Paper:
    """An entry whose paper is gone from the store stays in its digest, under its id."""
    return papers.get(entry.paper_id) or Paper(entry.paper_id, "")


def _profiles(digest: Digest) -> tuple[str, ...]:
    shown = [profile_line(section) for section in digest.sections[:PROFILES_SHOWN]]
    more = len(digest.sections) - PROFILES_SHOWN
    return (*shown, f"and {plural(more, 'more profile')}") if more > 0 else tuple(shown)


# --- a paper ---------------------------------------------------------------------------------


def title(paper: Paper) -> str:
    """The title as one readable line; its id when there is none."""
    return _title(paper.title) or clean(paper.id, 64)


@lru_cache(maxsize=4096)
def _title(text: str) -> str:
    return clip(readable(text[:4_000]), MAX_TITLE)


def byline(paper: Paper) -> str:
    """``Ada Lovelace, Grace Hopper, Alan Turing and 12 more · NVIDIA``; either half may be missing."""
    names = [name for name in (clip(clean(one, 400), MAX_NAME) for one in paper.authors) if name]
    shown = names[:AUTHORS_NAMED]
    more = len(names) - len(shown)
    authors = ", ".join(shown) + (f" and {more} more" if more else "")
    found = paper.organisation
    organisation = clip(clean(found.title or found.name, 400), MAX_NAME) if found else ""
    return " · ".join(part for part in (authors, organisation) if part)


def excerpt(paper: Paper, count: int) -> Excerpt:
    """The abstract's first ``count`` sentences; without an abstract the source's summary, marked as such."""
    if count < 1:
        return Excerpt("")
    if paper.abstract.strip():
        return Excerpt(sentences(readable(paper.abstract[:6_000]), count))
    summary = sentences(readable(paper.short_summary[:6_000]), count)
    return Excerpt(summary, "AI summary by Hugging Face" if summary else "")


def paper_path(paper_id: str) -> str:
    """A paper's id as a piece of an address."""
    return quote(clean(paper_id, 64), safe="/.")


def paper_url(paper_id: str) -> str:
    """The paper's page at the source."""
    return f"https://huggingface.co/papers/{paper_path(paper_id)}"


def paper_links(paper: Paper, stars: int | None) -> tuple[Link, ...]:
    """Where else to go: abstract and PDF at arXiv when the id is one of arXiv's, code when known."""
    links = []
    if _ARXIV.fullmatch(paper.id):
        links += [
            Link("arXiv", f"https://arxiv.org/abs/{paper.id}"),
            Link("PDF", f"https://arxiv.org/pdf/{paper.id}"),
        ]
    code = safe_url(paper.code_url, CODE_HOSTS)
    if code:
        links.append(Link("Code", code, f"★ {stars:,}" if stars else ""))
    return tuple(links)


def safe_url(url: str, hosts: frozenset[str]) -> str:
    """``url`` if it is a plain http(s) address at one of ``hosts``, else nothing.

    A sign-in part, another port, blanks and controls are refused, not repaired.
    """
    if (
        not url
        or len(url) > 300
        or not url.isascii()
        or not url.isprintable()
        or re.search(r'[\s<>"\\^`{|}]', url)
    ):
        return ""
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and parts.port is None and "@" not in parts.netloc
    except ValueError:
        return ""
    host = (parts.hostname or "").removeprefix("www.")
    return url if plain and host in hosts else ""


# --- an entry --------------------------------------------------------------------------------


def mark_label(entry: Entry) -> tuple[str, str]:
    """``Late`` or ``Rising``, and the day it is from: ``from Thu 19 Nov``; nothing for what is simply new."""
    if entry.mark is Mark.NEW:
        return "", ""
    return entry.mark.value.capitalize(), f"from {day_name(entry.day)}"


def mark_word(entry: Entry) -> str:
    """``Late, from Thu 19 Nov`` or ``Rising, from Mon 16 Nov``; nothing for what is simply new."""
    return ", ".join(word for word in mark_label(entry) if word)


def figure(entry: Entry) -> str:
    """The score as a figure, ``6.1``."""
    return points(entry.score.value)


def score_word(entry: Entry) -> str:
    return f"{figure(entry)} points"


def why(entry: Entry) -> str:
    """The reasons with their points, and the other profiles the paper hit, in one line."""
    told = [clean(str(group), MAX_REASON) for group in reason_groups(entry.score)]
    return " · ".join([*told, *filter(None, [also(entry)])])


def also(entry: Entry) -> str:
    """``also in agents, vision``, or nothing."""
    if not entry.also_in:
        return ""
    return f"also in {', '.join(clip(clean(name, 200), MAX_NAME) for name in entry.also_in)}"


def votes(entry: Entry) -> str:
    return plural(entry.upvotes, "upvote")


# --- the digest ------------------------------------------------------------------------------


def profile_name(section: Section) -> str:
    return clip(clean(section.profile_name, 200), 80) or "your profile"


@lru_cache(maxsize=4096)
def _profile(name: str, text: str) -> str:
    return f"Profile “{name}”: {clip(clean(text, 2_000), MAX_PROFILE) or 'trending, no keywords'}"


def profile_line(section: Section) -> str:
    """A profile as it was typed, for the foot: ``Profile “vision”: diffusion models, +vision``."""
    return _profile(profile_name(section), section.profile_text)


def span(digest: Digest) -> str:
    """The slot, or the days from first to last when more than one is covered by a catch-up."""
    days = [day.day for day in digest.account.days]
    if digest.kind is DigestKind.CATCH_UP and len(days) > 1:
        return f"{day_name(min(days))} to {day_name(max(days))}"
    return day_name(digest.slot)


def best_entry(entries: tuple[Entry, ...]) -> Entry | None:
    """The entry with the highest score, the first of equals; ``None`` in an empty digest."""
    values = [entry.score.value for entry in entries]
    return entries[values.index(max(values))] if values else None


def subject(sheet: Sheet, best: Entry | None, more: int) -> str:
    """The day and the best paper: ``Fri 20 Nov: Title, and 6 more``."""
    digest = sheet.digest
    if best is None:
        return f"{span(digest)}: {nothing(digest.account)}"
    name = clip(title(_paper(sheet.papers, best)), MAX_SUBJECT_TITLE)
    first = "Your first digest, " if digest.kind is DigestKind.FIRST else ""
    return f"{first}{span(digest)}: {name}" + (f", and {more} more" if more else "")


@lru_cache(maxsize=64)
def long_day(day: date) -> str:
    """``Friday 20 November 2026``; English whatever the locale."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def summary(digest: Digest) -> str:
    """What awaits the reader, out of how much: ``3 of 28 new papers are for you.``."""
    return _summary(digest, len(digest.entries))


def _summary(digest: Digest, count: int) -> str:
    new = digest.account.considered
    if not count:
        return sentence(nothing(digest.account))
    if count == 1:
        return f"1 of {plural(new, 'new paper')} is for you." if new > 1 else "1 new paper is for you."
    return (
        f"{count} of {new:,} new papers are for you." if new > count else f"{count} new papers are for you."
    )


def preheader(sheet: Sheet, best: Entry | None, counted: str) -> str:
    """What a mailbox shows beside the subject: the summary, then the titles after the best."""
    digest = sheet.digest
    if best is None:
        closest = [clip(readable(miss.title), 80) for miss in digest.account.near_misses[:1]]
        return clip("; ".join(["Closest to it", *closest]) if closest else counted, MAX_PREHEADER)
    first = [entry for section in digest.sections for entry in section.entries[:3]][:3]
    others = [title(_paper(sheet.papers, entry)) for entry in first if entry is not best]
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
    if not account.listed and missing:
        return f"Nothing could be read of {missing}, so there was nothing to choose from. It will come later."
    if not account.listed:
        return "The source was read, and it lists no papers for these days. There is nothing to send."
    if not account.considered:
        told = "You have had all that is listed: nothing new came since your last digest."
    else:
        came = plural(account.considered, "new paper")
        told = f"{came} came, and none reached your bar of {points(account.bar)}."
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
