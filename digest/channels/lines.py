"""What a digest says, line by line, before any mark-up: for mail (both parts) and terminal alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from digest.account_wording import plural
from digest.channels.digest_lines import (
    account_words,
    empty_line,
    heading,
    intro,
    next_line,
    preheader,
    profile_lines,
    profile_name,
    subject,
    summary,
)
from digest.channels.entry_lines import best_entry, paper_of
from digest.model import Entry, NearMiss, Paper, Section, Sheet

ToldEntry = tuple[Entry, Paper]
"""An entry with its paper."""


@dataclass(frozen=True, slots=True)
class ToldSection:
    """A profile's part: its name, how many papers it chose (``4 papers``), and the papers."""

    name: str
    count: str
    entries: tuple[ToldEntry, ...]


class Told(NamedTuple):
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
    counted = summary(digest)
    return Told(
        subject=subject(sheet, best, len(entries) - 1),
        preheader=preheader(sheet, best, counted),
        day=heading(digest),
        summary=counted,
        opening=intro(digest) if entries else empty_line(digest),
        sections=tuple([_told(section, sheet.papers) for section in digest.sections if section.entries]),
        misses=() if entries else digest.account.near_misses,
        account=account_words(digest),
        profiles=profile_lines(digest),
        next=next_line(digest),
    )


def _told(section: Section, papers: Mapping[str, Paper]) -> ToldSection:
    papers_told = [paper_of(papers, entry) for entry in section.entries]
    told = tuple(zip(section.entries, papers_told, strict=True))
    return ToldSection(profile_name(section), plural(len(told), "paper"), told)
