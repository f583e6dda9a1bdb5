"""Subscribers and their profiles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal


class ChannelName(StrEnum):
    EMAIL = "email"
    SLACK = "slack"
    FILE = "file"


class SubscriberState(StrEnum):
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    SUSPENDED = "suspended"


ACTIVE = frozenset({SubscriberState.CONFIRMED, SubscriberState.PAUSED})
"""The states of who has a subscription."""


class EmptyDigests(StrEnum):
    """How often a digest without entries is sent."""

    ALWAYS = "always"
    WEEKLY = "weekly"
    NEVER = "never"


EVERY_DAY: frozenset[int] = frozenset(range(7))
NO_ZONES = frozenset({"Factory", "localtime"})
"""Names of the zone data without a place: hosts sharing a store would not mean the same moments by them."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One address on one channel. ``weekdays`` are ISO-like, Monday 0; one weekday = weekly."""

    id: int
    channel: ChannelName
    address: str
    state: SubscriberState
    timezone: str
    send_at: time
    weekdays: frozenset[int] = EVERY_DAY
    empty_digests: EmptyDigests = EmptyDigests.WEEKLY
    rising: bool = True
    paused_until: date | None = None
    next_due_at: datetime | None = None
    covered_arrival: int | None = None
    covered_at: datetime | None = None
    last_slot: date | None = None
    created_at: datetime | None = None
    confirmed_at: datetime | None = None
    consent_source: str = ""
    suspended_reason: str = ""

    @property
    def active(self) -> bool:
        """Whether the subscription stands: it may pause."""
        return self.state in ACTIVE


class KeywordKind(StrEnum):
    INCLUDE = "include"
    EXCLUDE = "exclude"
    REQUIRE = "require"


class Field(StrEnum):
    """Where a keyword looks; ``ANY`` is title and abstract (and the source's keywords)."""

    ANY = "any"
    TITLE = "title"
    ABSTRACT = "abstract"
    AUTHOR = "author"
    ORG = "org"


@dataclass(frozen=True, slots=True)
class Keyword:
    """One piece of a profile. ``text`` is as typed, without its marks."""

    text: str
    kind: KeywordKind = KeywordKind.INCLUDE
    field: Field = Field.ANY
    weight: float = 1.0
    exact: bool = False
    prefix: bool = False

    def __hash__(self) -> int:
        """That of the text, which remembers it: keywords are looked up by the million."""
        return hash(self.text)


@dataclass(frozen=True, slots=True)
class Weight:
    """A learnt or fed-back weight on a named term, in points at full strength; bounded, removable."""

    term: str
    weight: float
    origin: Literal["feedback", "learnt"] = "feedback"


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of keywords with a bar (least score, 0 to 10) and a limit (most entries).

    Without keywords it is the trending profile. ``text`` is what the subscriber typed.
    """

    id: int
    subscriber_id: int
    name: str
    text: str
    keywords: tuple[Keyword, ...] = ()
    bar: float | None = None
    limit: int | None = None
    learning: bool = True
    weights: tuple[Weight, ...] = ()

    @property
    def trending(self) -> bool:
        return not self.keywords

    @property
    def taught(self) -> frozenset[str]:
        """The terms that feedback named and the subscriber did not."""
        return frozenset(one.term for one in self.weights) - {keyword.text for keyword in self.keywords}


class FeedbackVerdict(StrEnum):
    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class Feedback:
    """More / less like this, by one subscriber on one paper. Undone by removal."""

    subscriber_id: int
    paper_id: str
    verdict: FeedbackVerdict
    at: datetime
