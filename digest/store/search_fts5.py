"""The search on SQLite: FTS5, which has BM25 built in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from digest.store.schema import SearchRow
from digest.store.search_words import WEIGHTS, Piece, Place

COLUMNS = {
    Place.TITLE: "title",
    Place.ABSTRACT: "abstract",
    Place.AUTHORS: "authors",
    Place.ORGANISATION: "organisation",
}


def best(
    session: Session, pieces: Sequence[Piece], condition: Any, *, most: int, everything: bool
) -> list[tuple[str, float]]:
    """(paper id, score) of the best that hold all pieces (or any), none excluded, and meet a condition."""
    joined = _match(pieces, everything=everything)
    weights = ", ".join(str(WEIGHTS[place]) for place in COLUMNS)
    matching = text(
        f"SELECT rowid AS id, -bm25(paper_search, {weights}) AS score "  # noqa: S608  numbers of ours
        "FROM paper_search WHERE paper_search MATCH :query"
    ).columns(SearchRow.id)
    hits = matching.bindparams(query=joined).subquery("hits")
    statement = select(SearchRow.paper_id, text("hits.score")).join(hits, hits.c.id == SearchRow.id)
    if condition is not None:
        statement = statement.where(condition)
    ordered = statement.order_by(text("hits.score DESC"), SearchRow.paper_id.desc()).limit(most)
    return [(row[0], float(row[1])) for row in session.execute(ordered)]


def _match(pieces: Sequence[Piece], *, everything: bool) -> str:
    wanted = (" AND " if everything else " OR ").join(_query(one) for one in pieces if not one.excluded)
    unwanted = " OR ".join(_query(one) for one in pieces if one.excluded)
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def _query(piece: Piece) -> str:
    phrase = '"' + " ".join(piece.words) + '"' + ("*" if piece.prefix else "")
    return f"{{{COLUMNS[piece.place]}}} : {phrase}" if piece.place else phrase


def forget(session: Session, ids: Sequence[str]) -> None:
    """Take papers out, while their documents still stand."""
    known = session.scalars(select(SearchRow.id).where(SearchRow.paper_id.in_(ids))).all()
    if known:
        statement = text("DELETE FROM paper_search WHERE rowid = :id")
        session.execute(statement, [{"id": number} for number in known])


def index(session: Session, placed: Mapping[str, Mapping[Place, list[str]]]) -> None:
    """Put in the words of papers whose documents were just stored."""
    wanted = select(SearchRow.paper_id, SearchRow.id).where(SearchRow.paper_id.in_(list(placed)))
    numbers = {row.paper_id: row.id for row in session.execute(wanted)}
    rows = [
        {"id": numbers[paper_id]} | {name: " ".join(places[place]) for place, name in COLUMNS.items()}
        for paper_id, places in placed.items()
    ]
    statement = (
        "INSERT INTO paper_search (rowid, title, abstract, authors, organisation) "
        "VALUES (:id, :title, :abstract, :authors, :organisation)"
    )
    session.execute(text(statement), rows)
