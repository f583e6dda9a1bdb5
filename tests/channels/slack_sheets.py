"""Sheets to render, written by us."""

from __future__ import annotations

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
    Section,
    Sheet,
)
from tests.scores import score_of

SLOT = date(2026, 11, 20)
BASE = "https://digest.example"
LINKS = Links(
    preferences=f"{BASE}/p/token",
    pause=f"{BASE}/pause/token",
    unsubscribe=f"{BASE}/u/token",
    one_click=f"{BASE}/u/token",
    unsubscribe_mailto="mailto:u@digest.example",
    feedback=f"{BASE}/f/token",
    digest_page=f"{BASE}/d/token",
)
SCORE = score_of(
    6.1,
    (
        Reason(ReasonKind.KEYWORD, "diffusion policy", 4.1, Field.TITLE),
        Reason(ReasonKind.KEYWORD, "diffusion policy", 1.2, Field.ABSTRACT),
        Reason(ReasonKind.VOTES, "votes", 0.8),
    ),
)


def paper(number: int, title: str = "", abstract: str = "") -> Paper:
    return Paper(
        id=f"2511.{number:05d}",
        title=title or f"Diffusion policies for task {number}",
        abstract=abstract or "We study control. It works on 12 tasks. The rest is proof.",
        authors=("Ada Grün", "Bo Li", "Cy Ito", "Di Roy"),
        organisation=Organisation("nvidia", "NVIDIA"),
    )


def account(chosen: int) -> Account:
    return Account(
        as_of=datetime(2026, 11, 20, 6, 30, tzinfo=UTC),
        days=(DayAccount(SLOT, DayState.OPEN, chosen + 8),),
        listed=chosen + 8,
        considered=chosen + 8,
        chosen=chosen,
        already_sent=0,
        below_bar=8,
        excluded=0,
        over_limit=0,
        bar=5.0,
        near_misses=() if chosen else (NearMiss("2511.09999", "Almost <there>", 4.7, 5.0),),
    )


def sheet(*sections: list[Paper], address: str = "C1", profile: str = "robots") -> Sheet:
    """A digest with one section per list of papers."""
    made = tuple(
        Section(number, f"{profile} {number}", "diffusion policy", tuple(_entry(one) for one in papers))
        for number, papers in enumerate(sections, 1)
    )
    count = sum(len(papers) for papers in sections)
    kind = DigestKind.DAILY if count else DigestKind.EMPTY
    digest = Digest(1, SLOT, kind, made, account(count), "Europe/Berlin", time(7, 30), id=42)
    return Sheet(
        digest=digest,
        papers={one.id: one for papers in sections for one in papers},
        address=address,
        links=LINKS,
        message_id="<42.1@digest.example>",
        message_date=datetime(2026, 11, 20, 6, 30, tzinfo=UTC),
    )


def papers(count: int, **content: str) -> list[Paper]:
    return [paper(number, **content) for number in range(1, count + 1)]


def _entry(one: Paper) -> Entry:
    return Entry(one.id, 1, SLOT, Mark.NEW, SCORE, 34, code_stars=120, also_in=("agents",))
