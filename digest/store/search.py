"""Search in the whole store: BM25 order, phrases, authors, organisations, days.

SQLite's FTS5 and Postgres' ``tsvector`` hold the same words (``search_words``), so that both find the
same papers. BM25 with k1 = 1.2 and b = 0.75 (Robertson and Zaragoza 2009); FTS5 has it built in, for
Postgres it is computed here over the best matches by its own rank.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from math import log
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, text, true
from sqlalchemy.orm import Session

from digest.model import Paper
from digest.store import papers
from digest.store.database import on_sqlite
from digest.store.schema import ListingRow, SearchRow
from digest.store.search_words import WEIGHTS, Piece, Place, parse_query, placed_words
from digest.store.upserts import portions

K1 = 1.2
B = 0.75
LEAST_IDF = 1e-6
MOST_SCORED = 1_000
"""Nobody reads further. On Postgres BM25 orders this many best matches by Postgres' own rank."""

COLUMNS = {
    Place.TITLE: "title",
    Place.ABSTRACT: "abstract",
    Place.AUTHORS: "authors",
    Place.ORGANISATION: "organisation",
}
GAP = 10
LAST_POSITION = 16_383
MOST_POSITIONS = 255


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
    """The papers that hold all pieces of the query, or failing that any of them; best first.

    Raises ``QueryError`` for a query without words.
    """
    pieces = parse_query(query)
    for everything in (True, False):
        hits = _hits(session, pieces, span, everything=everything)
        if hits or len(pieces) == 1:
            break
    chosen = hits[offset : offset + limit]
    known = papers.load(session, [paper_id for paper_id, _ in chosen])
    shown = _newest_listing(session, known)
    return [
        Found(known[paper_id], score, *shown.get(paper_id, (None, 0)))
        for paper_id, score in chosen
        if paper_id in known
    ]


def _hits(
    session: Session, pieces: Sequence[Piece], span: Span, *, everything: bool
) -> list[tuple[str, float]]:
    """(paper id, score), best first; ties by id, newest first."""
    scored = (_on_sqlite if on_sqlite(session) else _on_postgres)(
        session, pieces, span, everything=everything
    )
    by_id = sorted(scored, key=lambda hit: hit[0], reverse=True)
    return sorted(by_id, key=lambda hit: -hit[1])


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


# --- SQLite ----------------------------------------------------------------------------------


def _on_sqlite(
    session: Session, pieces: Sequence[Piece], span: Span, *, everything: bool
) -> list[tuple[str, float]]:
    joined = (" AND " if everything else " OR ").join(_fts5(piece) for piece in pieces)
    weights = ", ".join(str(WEIGHTS[place]) for place in COLUMNS)
    matching = text(
        f"SELECT rowid AS id, -bm25(paper_search, {weights}) AS score "  # noqa: S608  numbers of ours
        "FROM paper_search WHERE paper_search MATCH :query"
    ).columns(SearchRow.id)
    hits = matching.bindparams(query=joined).subquery("hits")
    statement = select(SearchRow.paper_id, text("hits.score")).join(hits, hits.c.id == SearchRow.id)
    condition = _in_span(span)
    if condition is not None:
        statement = statement.where(condition)
    best = statement.order_by(text("hits.score DESC"), SearchRow.paper_id.desc()).limit(MOST_SCORED)
    return [(row[0], float(row[1])) for row in session.execute(best)]


def _fts5(piece: Piece) -> str:
    phrase = '"' + " ".join(piece.words) + '"' + ("*" if piece.prefix else "")
    return f"{{{COLUMNS[piece.place]}}} : {phrase}" if piece.place else phrase


# --- Postgres --------------------------------------------------------------------------------


def _on_postgres(
    session: Session, pieces: Sequence[Piece], span: Span, *, everything: bool
) -> list[tuple[str, float]]:
    wanted = (" & " if everything else " | ").join(_tsquery(piece) for piece in pieces)
    terms = _terms(pieces)
    exact = [word for word, prefix in terms if not prefix]
    prefixes = [word for word, prefix in terms if prefix]
    hits = (
        select(SearchRow.id, SearchRow.paper_id, SearchRow.words, SearchRow.vector)
        .where(text("vector @@ CAST(:wanted AS tsquery)"))
        .order_by(text("ts_rank(vector, CAST(:wanted AS tsquery)) DESC"), SearchRow.id.desc())
        .limit(MOST_SCORED)
    )
    condition = _in_span(span)
    if condition is not None:
        hits = hits.where(condition)
    inner = hits.subquery("hits")
    placed = (
        func.unnest(inner.c.vector).table_valued("lexeme", "positions", "weights").render_derived("placed")
    )
    statement = (
        select(inner.c.paper_id, inner.c.words, placed.c.lexeme, placed.c.weights)
        .select_from(inner.join(placed, true()))
        .where(or_(placed.c.lexeme.in_(exact), *(placed.c.lexeme.startswith(word) for word in prefixes)))
    )
    rows = session.execute(statement, {"wanted": wanted}).all()
    return _bm25([tuple(row) for row in rows], _idf(session, terms), _usual_length(session))


def _tsquery(piece: Piece) -> str:
    label = piece.place.value if piece.place else ""
    suffixes = [label] * (len(piece.words) - 1) + [("*" if piece.prefix else "") + label]
    words = [
        f"'{word}'" + (f":{suffix}" if suffix else "")
        for word, suffix in zip(piece.words, suffixes, strict=True)
    ]
    return "(" + " <-> ".join(words) + ")"


def _terms(pieces: Sequence[Piece]) -> list[tuple[str, bool]]:
    """Each word once, with whether it may go on."""
    found = {
        (word, piece.prefix and place == len(piece.words) - 1)
        for piece in pieces
        for place, word in enumerate(piece.words)
    }
    return sorted(found)


def _idf(session: Session, terms: Sequence[tuple[str, bool]]) -> dict[tuple[str, bool], float]:
    """How telling each word is, by the number of papers that hold it."""
    total = session.scalar(select(func.count()).select_from(SearchRow)) or 0
    counted = select(func.count()).select_from(SearchRow).where(text("vector @@ CAST(:term AS tsquery)"))
    found = {}
    for word, prefix in terms:
        holding = session.scalar(counted, {"term": f"'{word}'" + (":*" if prefix else "")}) or 0
        found[word, prefix] = max(LEAST_IDF, log((total - holding + 0.5) / (holding + 0.5)))
    return found


def _usual_length(session: Session) -> float:
    return float(session.scalar(select(func.avg(SearchRow.words))) or 1)


def _bm25(
    rows: Sequence[tuple[Any, ...]], idf: dict[tuple[str, bool], float], usual_length: float
) -> list[tuple[str, float]]:
    """Score rows of (paper id, words in the paper, word, labels of the places it stands at)."""
    often: dict[tuple[str, tuple[str, bool]], float] = defaultdict(float)
    lengths: dict[str, int] = {}
    for paper_id, length, lexeme, labels in rows:
        lengths[paper_id] = length
        weight = sum(WEIGHTS[Place(label)] for label in labels)
        for word, prefix in idf:
            if lexeme == word or (prefix and lexeme.startswith(word)):
                often[paper_id, (word, prefix)] += weight
    scores: dict[str, float] = defaultdict(float)
    for (paper_id, term), count in often.items():
        norm = K1 * (1 - B + B * lengths[paper_id] / usual_length)
        scores[paper_id] += idf[term] * count * (K1 + 1) / (count + norm)
    return list(scores.items())


# --- indexing --------------------------------------------------------------------------------


def index(session: Session, changed: Sequence[Paper]) -> None:
    """Make papers findable, in the transaction that stores them; those found before are read anew."""
    if not changed:
        return
    full_text = on_sqlite(session)
    _forget(session, [paper.id for paper in changed])
    placed = [placed_words(paper) for paper in changed]
    rows = [
        {
            "paper_id": paper.id,
            "words": sum(len(words) for words in places.values()),
            "vector": "" if full_text else _vector(places),
        }
        for paper, places in zip(changed, placed, strict=True)
    ]
    session.execute(insert(SearchRow), rows)
    if full_text:
        _index_fts5(session, [paper.id for paper in changed], placed)


def _forget(session: Session, ids: Sequence[str]) -> None:
    if on_sqlite(session):
        known = session.scalars(select(SearchRow.id).where(SearchRow.paper_id.in_(ids))).all()
        if known:
            statement = text("DELETE FROM paper_search WHERE rowid = :id")
            session.execute(statement, [{"id": number} for number in known])
    session.execute(delete(SearchRow).where(SearchRow.paper_id.in_(ids)))


def _index_fts5(session: Session, ids: Sequence[str], placed: Sequence[dict[Place, list[str]]]) -> None:
    wanted = select(SearchRow.paper_id, SearchRow.id).where(SearchRow.paper_id.in_(ids))
    numbers = {row.paper_id: row.id for row in session.execute(wanted)}
    rows = [
        {"id": numbers[paper_id]} | {name: " ".join(places[place]) for place, name in COLUMNS.items()}
        for paper_id, places in zip(ids, placed, strict=True)
    ]
    statement = (
        "INSERT INTO paper_search (rowid, title, abstract, authors, organisation) "
        "VALUES (:id, :title, :abstract, :authors, :organisation)"
    )
    session.execute(text(statement), rows)


def _vector(places: dict[Place, list[str]]) -> str:
    """A ``tsvector`` as text: each word with its positions and their labels, the places a gap apart."""
    spots: dict[str, list[str]] = defaultdict(list)
    position = 0
    for place, words in places.items():
        for word in words:
            position = min(position + 1, LAST_POSITION)
            if len(spots[word]) < MOST_POSITIONS:
                spots[word].append(f"{position}{place.value}")
        position += GAP
    return " ".join(f"'{word}':{','.join(found)}" for word, found in spots.items())
