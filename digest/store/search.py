"""Search in the whole store: BM25 order, phrases, authors, organisations, days.

SQLite's FTS5 (``search_fts5``) and Postgres' ``tsvector`` (``search_vectors``) hold the same words
(``search_words``) and score them by the same formula, so that both find the same papers in the same order:
BM25 with k1 = 1.2 and b = 0.75 (Robertson and Zaragoza 2009) over the pieces of the query, a phrase being
one piece, and a place's weight counting as that many occurrences.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from digest.model import Paper
from digest.store import papers, search_fts5, search_vectors
from digest.store.database import on_sqlite
from digest.store.schema import ListingRow, SearchRow
from digest.store.search_words import Piece, parse_query, placed_words
from digest.store.upserts import portions

DEEPEST = 1_000
"""Hits that can be shown: nobody reads further."""


@dataclass(frozen=True, slots=True)
class Found:
    """A paper that matches, its BM25 score, and the newest day it stands on with its upvotes there."""

    paper: Paper
    score: float
    day: date | None
    upvotes: int


@dataclass(frozen=True, slots=True)
class Span:
    """Days a paper must stand on, both ends included; ``None`` is open."""

    since: date | None = None
    until: date | None = None


# --- finding ---------------------------------------------------------------------------------


def find(
    session: Session, query: str, *, span: Span = Span(), limit: int = 20, offset: int = 0
) -> list[Found]:
    """The papers that hold all pieces of the query, or failing that any, and none excluded; best first.

    Equal scores: the greater id first, which is the younger paper. Raises ``QueryError`` for a query
    without words.
    """
    hits = _hits(session, parse_query(query), span, min(offset + limit, DEEPEST))[offset:]
    known = papers.load(session, [paper_id for paper_id, _ in hits])
    shown = _newest_listing(session, known)
    return [
        Found(known[paper_id], score, *shown.get(paper_id, (None, 0)))
        for paper_id, score in hits
        if paper_id in known
    ]


def _hits(session: Session, pieces: Sequence[Piece], span: Span, most: int) -> list[tuple[str, float]]:
    """(paper id, score) of the ``most`` best."""
    best = search_fts5.best if on_sqlite(session) else search_vectors.best
    found = best(session, pieces, _in_span(span), most=most, everything=True)
    if not found and sum(not piece.excluded for piece in pieces) > 1:
        found = best(session, pieces, _in_span(span), most=most, everything=False)
    return found


def _newest_listing(session: Session, ids: Collection[str]) -> dict[str, tuple[date, int]]:
    found: dict[str, tuple[date, int]] = {}
    columns = (ListingRow.paper_id, ListingRow.day, ListingRow.upvotes)
    for some in portions(sorted(ids)):
        statement = select(*columns).where(ListingRow.paper_id.in_(some)).order_by(ListingRow.day)
        found.update((row.paper_id, (row.day, row.upvotes)) for row in session.execute(statement))
    return found


def _in_span(span: Span) -> Any:
    """A condition on the documents: the paper stands on a day of the span."""
    if span.since is None and span.until is None:
        return None
    listed = select(ListingRow.paper_id)
    if span.since is not None:
        listed = listed.where(ListingRow.day >= span.since)
    if span.until is not None:
        listed = listed.where(ListingRow.day <= span.until)
    return SearchRow.paper_id.in_(listed)


# --- indexing --------------------------------------------------------------------------------


def index(session: Session, changed: Sequence[Paper]) -> None:
    """Make papers findable, in the transaction that stores them; those found before are read anew."""
    if not changed:
        return
    ids = [paper.id for paper in changed]
    full_text = on_sqlite(session)
    if full_text:
        search_fts5.forget(session, ids)
    session.execute(delete(SearchRow).where(SearchRow.paper_id.in_(ids)))
    placed = {paper.id: placed_words(paper) for paper in changed}
    rows = [
        {
            "paper_id": paper_id,
            "words": sum(map(len, places.values())),
            "vector": "" if full_text else search_vectors.vector(places),
        }
        for paper_id, places in placed.items()
    ]
    session.execute(insert(SearchRow), rows)
    if full_text:
        search_fts5.index(session, placed)
