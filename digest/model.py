"""The plain values every layer speaks: papers, listings, subscribers, digests, deliveries.

Frozen, without behaviour beyond trivial look-ups, and without imports from the rest of the
house. Datetimes are aware and in UTC; a *day* is the UTC date of a Daily Papers page, a *slot*
is a subscriber's local calendar date. Words are those of ``docs/glossary.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal

# --- papers and days -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation a paper is shown under, e.g. ``name="nvidia"``, ``title="NVIDIA"``."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper, keyed by its arXiv id, which is text ("2503.02130" ends in a meaningful 0).

    ``title`` and ``abstract`` are normalised (NFC, blanks collapsed); ``source_title`` and
    ``source_abstract`` are what came. ``revision`` grows when the content changes, so that a
    digest can be rendered again as it was.
    """

    id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    organisation: Organisation | None = None
    published_at: datetime | None = None
    short_summary: str = ""
    source_keywords: tuple[str, ...] = ()
    project_url: str = ""
    code_url: str = ""
    code_stars: int | None = None
    complete: bool = True
    source_title: str = ""
    source_abstract: str = ""
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """What one item of a page or answer says: a paper and its counts at that moment.

    ``author_count`` is given where a representation names a number of authors but not the names.
    """

    paper: Paper
    upvotes: int | None = None
    comments: int | None = None
    submitted_at: datetime | None = None
    author_count: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One paper on one day's page, with its upvotes as last seen.

    ``arrival`` is the number of the stored read that saw it first: a store-wide counter that
    grows in commit order, so "arrived since" needs no clock. ``silent`` marks what a backfill
    brought: it never counts as late.
    """

    paper_id: str
    day: date
    position: int
    upvotes: int
    comments: int
    arrival: int
    silent: bool
    first_seen_at: datetime
    last_seen_at: datetime
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """Upvotes of a paper at a moment."""

    paper_id: str
    observed_at: datetime
    upvotes: int


class Tier(StrEnum):
    """Which representation answered, best first."""

    API = "api"
    EMBEDDED = "embedded"
    CARDS = "cards"


class DayState(StrEnum):
    """open → settling → settled → revised; or failed, with the reason."""

    OPEN = "open"
    SETTLING = "settling"
    SETTLED = "settled"
    REVISED = "revised"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Day:
    """A row of the days ledger.

    ``last_read_at`` is the last read that succeeded, ``tried_at`` the last attempt; ``failures`` counts
    the attempts that failed since. ``changed_at`` is when papers were last added.
    """

    day: date
    state: DayState
    listed: int = 0
    refused: int = 0
    tier: Tier | None = None
    first_read_at: datetime | None = None
    last_read_at: datetime | None = None
    changed_at: datetime | None = None
    failures: int = 0
    reason: str = ""
    notes: tuple[str, ...] = ()
    tried_at: datetime | None = None


# --- the five outcomes of reading a day ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Papers:
    """The day's papers, complete for the tier. ``refused`` items were bad and left out."""

    records: tuple[Record, ...]
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EmptyDay:
    """The source says in so many words that the day has no papers."""


@dataclass(frozen=True, slots=True)
class Redirected:
    """The page shows another day: the asked one has no page of its own."""

    to: date | None


@dataclass(frozen=True, slots=True)
class NoElement:
    """A successful answer without the element: challenge, login wall, redesign. Never an empty day."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An error: status, transport, deadline, unreadable or incomplete body."""

    reason: str
    retry_at: datetime | None = None


Outcome = Papers | EmptyDay | Redirected | NoElement | Failed


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it came, kept so that a parser fix can be replayed without fetching."""

    url: str
    tier: Tier
    status: int
    fetched_at: datetime
    body: bytes
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One attempt to read a day: the outcome, the tier that gave it, and what fell through before."""

    day: date
    outcome: Outcome
    tier: Tier | None = None
    notes: tuple[str, ...] = ()
    raw: tuple[RawAnswer, ...] = ()


# --- subscribers and profiles ----------------------------------------------------------------


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


class EmptyDigests(StrEnum):
    """How often a digest without entries is sent."""

    ALWAYS = "always"
    WEEKLY = "weekly"
    NEVER = "never"


EVERY_DAY: frozenset[int] = frozenset(range(7))


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


# --- scores ----------------------------------------------------------------------------------


class ReasonKind(StrEnum):
    KEYWORD = "keyword"
    LEARNT = "learnt"
    FEEDBACK = "feedback"
    AUTHOR = "author"
    ORGANISATION = "organisation"
    VOTES = "votes"
    RECENCY = "recency"


@dataclass(frozen=True, slots=True)
class Reason:
    """A share of a score: which term hit, where, for how many points."""

    kind: ReasonKind
    term: str
    points: float
    field: Field | None = None
    related_to: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """``value`` on the calibrated scale 0 to 10; the points of ``reasons`` add up to it."""

    value: float
    reasons: tuple[Reason, ...] = ()


class Mark(StrEnum):
    """Why an entry stands in a digest: new, late (its day was over already), or rising."""

    NEW = "new"
    LATE = "late"
    RISING = "rising"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper that may enter a digest, as listed."""

    paper: Paper
    day: date
    upvotes: int
    arrival: int
    mark: Mark = Mark.NEW


class Verdict(StrEnum):
    """What became of a candidate for one profile."""

    CHOSEN = "chosen"
    BELOW_BAR = "below the bar"
    EXCLUDED = "excluded"
    REQUIRED_MISSING = "required keyword missing"
    OVER_LIMIT = "over the limit"
    ALREADY_SENT = "already sent"
    NO_MATCH = "no keyword hit"


VERDICTS: tuple[Verdict, ...] = tuple(Verdict)
"""The code of a verdict in ``Ranking.verdicts`` is its place here."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score for one profile and what became of it.

    ``because`` names the piece that decided, e.g. the excluding keyword.
    """

    candidate: Candidate
    score: Score
    verdict: Verdict
    because: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """All that happened for one profile: the chosen, best first, and counts of the rest.

    ``verdicts`` holds one byte per candidate, in the candidates' order: its place in ``VERDICTS``.
    Compose needs them to count a paper once however many profiles a subscriber has.
    """

    profile: Profile
    chosen: tuple[Ranked, ...]
    near_misses: tuple[Ranked, ...] = ()
    verdicts: bytes = b""
    below_bar: int = 0
    excluded: int = 0
    over_limit: int = 0
    already_sent: int = 0
    bar: float = 0.0


# --- digests ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper in one section of a digest, frozen: counts are those of the moment of choosing."""

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

    ``listed`` papers stand on the ``days`` covered; ``considered`` of them are new to this
    subscriber (or featured again, late, rising), and each of those is in exactly one of the counts
    ``chosen``, ``already_sent``, ``below_bar`` (which holds those no keyword hit), ``excluded`` and
    ``over_limit``. ``missing_days`` are weekdays that could not be read; ``as_of`` is when the store
    was read; ``bar`` is the lowest bar of the profiles.
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
        return tuple(entry for section in self.sections for entry in section.entries)


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


# --- deliveries ------------------------------------------------------------------------------


class DeliveryState(StrEnum):
    """The states of DESIGN section 3; final ones are sent, refused, merged and poison."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    HANDING_OVER = "handing-over"
    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    MERGED = "merged"
    POISON = "poison"


class UnknownPolicy(StrEnum):
    """What to do with a delivery whose hand-over has no answer."""

    RESEND = "resend"
    HOLD = "hold"
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the outbox: one digest on its way to one address.

    ``attempts`` counts claims, ``kills`` those whose worker died, ``unanswered`` the hand-overs that
    may have arrived. ``claimed_by`` is the fencing token of the claim.
    """

    id: int
    digest_id: int
    subscriber_id: int
    channel: ChannelName
    address: str
    slot: date
    state: DeliveryState
    attempts: int = 0
    kills: int = 0
    claim: int = 0
    next_attempt_at: datetime | None = None
    lease_until: datetime | None = None
    claimed_by: str = ""
    message_id: str = ""
    message_date: datetime | None = None
    template: str = ""
    fingerprint: str = ""
    reference: str = ""
    reason: str = ""
    created_at: datetime | None = None
    first_attempt_at: datetime | None = None
    finished_at: datetime | None = None
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a delivery: the values to write, decided purely.

    ``next_attempt_at`` is ``None`` where nobody tries again by itself. ``suspend`` is for a bad
    address, ``note`` an attempt worth keeping in the attempts ledger (the first success is not).
    """

    state: DeliveryState
    next_attempt_at: datetime | None
    attempts: int
    kills: int
    unanswered: int
    reference: str = ""
    reason: str = ""
    code: str = ""
    suspend: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a delivery that did not simply succeed, for the operator."""

    delivery_id: int
    number: int
    worker: str
    at: datetime
    outcome: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Circuit:
    """A counterpart that fails for everybody: no traffic but a probe from ``probe_at`` on."""

    key: str
    opened_at: datetime
    probe_at: datetime
    failures: int
    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    """Rendered, ready to send: ``body`` is the exact bytes (MIME for mail, JSON for Slack)."""

    delivery_id: int
    address: str
    body: bytes
    message_id: str
    bounce_address: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted. ``reference`` is the counterpart's word for it (queue id, message ts).

    ``warning`` is for the operator: accepted, but not as it should have been (a fallback).
    """

    reference: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: nothing was accepted, trying again is safe. ``retry_after`` in seconds, if told.

    ``counts`` is False where waiting was asked of us (429): it is no failure. ``reference`` says how
    far a message of several parts came; the next attempt goes on from there, so it must be stored.
    """

    reason: str
    code: str = ""
    retry_after: float | None = None
    counts: bool = True
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A final no for this address. ``suspend`` when the address itself is bad."""

    reason: str
    code: str = ""
    suspend: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Handed over, no answer: it may or may not have been accepted.

    ``reference`` as for ``Deferred``. ``look_after``: seconds until looking for it (again) makes sense;
    ``None`` where nobody can look, so that the channel's policy or an operator decides.
    """

    reason: str
    reference: str = ""
    look_after: float | None = None


@dataclass(frozen=True, slots=True)
class Faulty:
    """Our fault or the relay's, for everybody: the circuit opens, nobody is marked bad.

    ``reference`` as for ``Deferred``.
    """

    reason: str
    code: str = ""
    reference: str = ""


HandOver = Sent | Deferred | Refused | Unknown | Faulty


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


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something an operator must know; told once, with an all-clear."""

    key: str
    detail: str
    raised_at: datetime
    told_at: datetime | None = None
    cleared_at: datetime | None = None
