"""Reads papers as candidates and ranks them for a profile: nothing is stored, nothing counts as sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from digest.config import DigestSettings
from digest.errors import NotFound
from digest.model import Candidate, Listing, Paper, Profile, Ranking
from digest.ranking.corpus import Corpus
from digest.ranking.rank import rank
from digest.store import listings, papers

_PAPER_ID = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?$")


def candidates_since(session: Session, since: date, until: date) -> list[Candidate]:
    """The papers listed on these days, each once, under its newest day."""
    found = listings.candidates(session, since_day=since, until_day=until)
    return _candidates(session, found)


def candidate(session: Session, paper_id: str) -> Candidate:
    """One paper as last listed. Raises ``NotFound``."""
    found = listings.of_papers(session, [paper_id])
    newest = sorted(found, key=lambda listing: listing.day)[-1:]
    if not newest:
        raise NotFound(
            f"there is no paper {paper_id[:40]} in the store", remedy="give an id such as 2503.02130"
        )
    return _candidates(session, newest)[0]


def paper_id_of(text: str) -> str:
    """The arXiv id in what a person pasted: an id, with version or not, or a link. Raises ``NotFound``."""
    match = _PAPER_ID.search(text.strip().strip("<>").partition("|")[0].rstrip("/"))
    if match is None:
        raise NotFound("that is no paper id", remedy="give an id such as 2503.02130, or the paper's link")
    return match[1]


def titles(session: Session, ids: Sequence[str]) -> dict[str, str]:
    return {paper_id: paper.title for paper_id, paper in papers.load(session, ids).items()}


def _candidates(session: Session, found: Sequence[Listing]) -> list[Candidate]:
    newest: dict[str, Listing] = {}
    for listing in found:
        known = newest.get(listing.paper_id)
        if known is None or listing.day > known.day:
            newest[listing.paper_id] = listing
    loaded = papers.load(session, list(newest))
    return [_candidate(loaded[paper_id], listing) for paper_id, listing in newest.items()]


def _candidate(paper: Paper, listing: Listing) -> Candidate:
    return Candidate(paper, listing.day, listing.upvotes, listing.arrival)


def ranked(
    profiles: Sequence[Profile],
    candidates: Sequence[Candidate],
    corpus: Corpus,
    defaults: DigestSettings,
    *,
    now: datetime,
) -> list[Ranking]:
    return rank(
        candidates,
        profiles,
        corpus,
        now=now,
        default_bar=defaults.bar,
        default_limit=defaults.limit,
    )
