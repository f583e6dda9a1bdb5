"""Digests: sections of entries, and the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple

from digest.model.papers import DayState, Paper
from digest.model.scores import Mark, Score


class Entry(NamedTuple):
    """One paper in one section of a digest, frozen: counts are those of the moment of choosing.

    A tuple, because a day of a hundred thousand readers has a million of them to make.
    """

    paper_id: str
    revision: int
    day: date
    mark: Mark
    score: Score
    upvotes: int
    code_stars: int | None = None
    also_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """The entries of one profile. ``profile_text`` is shown in the footer."""

    profile_id: int
    profile_name: str
    profile_text: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A paper just below the bar, for the account of an empty digest."""

    paper_id: str
    title: str
    score: float
    bar: float


@dataclass(frozen=True, slots=True)
class DayAccount:
    """What a digest says of one day it covers."""

    day: date
    state: DayState
    listed: int


@dataclass(frozen=True, slots=True)
class Account:
    """How a digest accounts for itself.

    ``listed`` papers stand on the ``days`` covered. ``considered`` are those that are news to this
    subscriber: new or featured again on these days, ``late`` ones of days before, and ``rising`` ones.
    Each is in exactly one of the counts ``chosen``, ``already_sent``, ``below_bar`` (which holds those no
    keyword hit), ``excluded`` and ``over_limit``. ``missing_days`` are weekdays that could not be read;
    ``as_of`` is when the store was read; ``bar`` is the lowest bar of the profiles.
    """

    as_of: datetime
    days: tuple[DayAccount, ...]
    listed: int
    considered: int
    chosen: int
    already_sent: int
    below_bar: int
    excluded: int
    over_limit: int
    bar: float = 0.0
    missing_days: tuple[date, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    late: int = 0
    rising: int = 0


class DigestKind(StrEnum):
    DAILY = "daily"
    FIRST = "first"
    CATCH_UP = "catch-up"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Digest:
    """One subscriber, one slot: sections of entries and the account. Frozen when prepared.

    ``next_slot`` is when the next digest is due, local to the subscriber's ``timezone``.
    """

    subscriber_id: int
    slot: date
    kind: DigestKind
    sections: tuple[Section, ...]
    account: Account
    timezone: str
    send_at: time
    next_slot: date | None = None
    id: int = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        if len(self.sections) == 1:
            return self.sections[0].entries
        return tuple([entry for section in self.sections for entry in section.entries])


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses for the links of one digest; made from tokens, the same at every attempt.

    All are absolute and start with the configured base URL. ``feedback`` is a prefix:
    ``{feedback}/{paper_id}/more`` and ``/less``.
    """

    preferences: str
    pause: str
    unsubscribe: str
    one_click: str
    unsubscribe_mailto: str
    feedback: str
    digest_page: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All a channel needs to render one digest: pure data, so that every attempt is the same."""

    digest: Digest
    papers: dict[str, Paper]
    address: str
    links: Links
    message_id: str
    message_date: datetime
    bounce_address: str = ""
