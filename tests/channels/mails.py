"""Sheets for mail tests: small papers of our own, and everything a digest can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

from digest.model import (
    Account,
    DayAccount,
    DayState,
    Digest,
    DigestKind,
    Entry,
    Field,
    Links,
    Mark,
    NearMiss,
    Organisation,
    Paper,
    Reason,
    ReasonKind,
    Score,
    Section,
    Sheet,
)
from tests.scores import score_of

DAY = date(2026, 3, 6)
NOW = datetime(2026, 3, 6, 6, 30, tzinfo=UTC)
BASE = "https://digest.example.org"
TOKEN = "AGmmRFA3.QkVn0l2f3Yt1c9Hc9mB4ZdQyX7o8pKq1nS5uVwJrTzE"

LINKS = Links(
    preferences=f"{BASE}/p/{TOKEN}",
    pause=f"{BASE}/pause/{TOKEN}",
    unsubscribe=f"{BASE}/u/{TOKEN}",
    one_click=f"{BASE}/u/{TOKEN}",
    unsubscribe_mailto="unsubscribe+agmmrfa3@digest.example.org",
    feedback=f"{BASE}/f/{TOKEN}",
    digest_page=f"{BASE}/d/{TOKEN}",
)

TWINS = Paper(
    id="2603.04120",
    title="Twin Rollouts: Diffusion Policies That Plan Two Futures at Once",
    abstract=(
        "Robots that imitate people copy their hesitation as well. We train a diffusion policy to roll out "
        "two futures and to act on the one it can still leave, which halves the number of dead ends on "
        "eleven household tasks. Planning costs 8times less than search (R^2 = 0.91, p < 10^{-4})."
    ),
    authors=("Mira Okonkwo", "Jonas Weiß", "Ana Sofía Duarte", "Li Wen", "Ravi Menon"),
    organisation=Organisation("tidal", "Tidal Robotics Lab"),
    code_url="https://github.com/tidal-lab/twin-rollouts",
    code_stars=1234,
)
LEDGER = Paper(
    id="2603.04310",
    title="Ledger: Retrieval That Remembers Why It Retrieved <cite>",
    abstract=(
        "Retrieval-augmented models cite passages they never read, e.g. ones that only share a title. We "
        "keep a ledger of every span that changed the next token & score citations against it. On four "
        "corpora unsupported citations fall by 43.3\\% without retraining."
    ),
    authors=("Grace Adeyemi",),
)
QUIET = Paper(
    id="2603.03990",
    title="Quiet Weights",
    short_summary="Prunes attention heads by listening to which of them stay silent over a week of traffic.",
    organisation=Organisation("nordlicht", "Nordlicht"),
)
PAPERS = (TWINS, LEDGER, QUIET)


def entry(
    paper: Paper, score: Score, *, mark: Mark = Mark.NEW, upvotes: int = 56, also: Sequence[str] = ()
) -> Entry:
    return Entry(paper.id, 1, DAY, mark, score, upvotes, paper.code_stars, tuple(also))


def score(term: str, first: float, second: float, votes: float = 0.8) -> Score:
    reasons = (
        Reason(ReasonKind.KEYWORD, term, first, Field.TITLE),
        Reason(ReasonKind.KEYWORD, term, second, Field.ABSTRACT),
        Reason(ReasonKind.VOTES, "", votes),
    )
    return score_of(round(first + second + votes, 1), reasons)


def account(**changes: object) -> Account:
    plain = Account(
        as_of=NOW,
        days=(DayAccount(date(2026, 3, 5), DayState.SETTLED, 41), DayAccount(DAY, DayState.OPEN, 12)),
        listed=53,
        considered=44,
        chosen=3,
        already_sent=2,
        below_bar=38,
        excluded=1,
        over_limit=0,
        bar=5.0,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # the fields' names are checked by replace


DAILY = Digest(
    subscriber_id=7,
    slot=DAY,
    kind=DigestKind.DAILY,
    sections=(
        Section(
            1,
            "robots",
            "diffusion policy, robotics^2, -survey",
            (
                entry(TWINS, score("diffusion policy", 4.1, 1.2), also=("trending",)),
                entry(QUIET, score("attention", 3.0, 1.4), mark=Mark.RISING, upvotes=143),
            ),
        ),
        Section(2, "trending", "", (entry(LEDGER, score("retrieval", 2.6, 2.0), mark=Mark.LATE, upvotes=1),)),
    ),
    account=account(),
    timezone="Europe/Berlin",
    send_at=time(7, 30),
    next_slot=date(2026, 3, 9),
    id=31,
)
FIRST = replace(DAILY, kind=DigestKind.FIRST)
CATCH_UP = replace(
    DAILY,
    kind=DigestKind.CATCH_UP,
    account=account(
        days=tuple(DayAccount(date(2026, 3, day), DayState.SETTLED, 40) for day in range(2, 7)),
        listed=200,
        missing_days=(date(2026, 3, 4),),
    ),
)
EMPTY = replace(
    DAILY,
    kind=DigestKind.EMPTY,
    sections=tuple(replace(section, entries=()) for section in DAILY.sections),
    account=account(
        chosen=0,
        below_bar=41,
        near_misses=(
            NearMiss(TWINS.id, TWINS.title, 4.8, 5.0),
            NearMiss(LEDGER.id, LEDGER.title, 4.1, 5.0),
            NearMiss(QUIET.id, QUIET.title, 3.9, 5.0),
        ),
    ),
)
KINDS = {"daily": DAILY, "first": FIRST, "catch-up": CATCH_UP, "empty": EMPTY}


def sheet(digest: Digest = DAILY, papers: Sequence[Paper] = PAPERS, **changes: object) -> Sheet:
    plain = Sheet(
        digest=digest,
        papers={paper.id: paper for paper in papers},
        address="reader@example.net",
        links=LINKS,
        message_id="<31.7.2026-03-06@digest.example.org>",
        message_date=NOW,
        bounce_address="b+7.v.mzxw6ytboi2dgnbv@bounces.example.org",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # the fields' names are checked by replace


def large(count: int, papers: Sequence[Paper], *, term: str = "diffusion policy") -> Sheet:
    """A sheet of ``count`` entries in one section."""
    chosen = [papers[place % len(papers)] for place in range(count)]
    renamed = [replace(paper, id=f"2603.{place:05d}") for place, paper in enumerate(chosen)]
    entries = tuple(entry(paper, score(term, 4.0, 1.5)) for paper in renamed)
    section = Section(1, "robots", "diffusion policy", entries)
    return sheet(replace(DAILY, sections=(section,), account=account(chosen=count)), renamed)
