"""The search on Postgres: ``tsvector`` with a GIN index, BM25 computed by the server over every match.

``ts_rank_cd`` of a single word or phrase is the sum of its occurrences' weights, which is the count that
BM25 asks for. The vectors lie in the rows uncompressed (``SearchRow``), or taking them out of storage would
cost more than all the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Double, cast, func, literal, literal_column, select, text, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from digest.store.schema import SearchRow
from digest.store.search_words import WEIGHTS, Piece, Place

K1 = 1.2
B = 0.75
LEAST_IDF = 1e-6
"""As in FTS5: of a word that more than half of the papers hold."""

HEAVIEST = max(WEIGHTS.values())
"""Postgres takes weights up to 1: counts come as fractions of this."""

GAP = 10
LAST_POSITION = 16_383
MOST_POSITIONS = 255

PLANNING = "SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"
"""For this transaction: the planner holds matching a row's vector for free, and would match all of them
where the index knows the answer; compiling takes longer than what it compiles.
"""


def best(
    session: Session, pieces: Sequence[Piece], condition: Any, *, most: int, everything: bool
) -> list[tuple[str, float]]:
    """(paper id, score) of the best that hold all pieces (or any), none excluded, and meet a condition."""
    session.execute(text(PLANNING))
    match = _match(pieces, everything=everything)
    alone = len(pieces) == 1 and condition is None
    pieces = [piece for piece in pieces if not piece.excluded]
    counted = _counted(pieces, match, condition)
    telling = _telling(pieces, counted if alone else None)
    norm = K1 * (1 - B) + K1 * B * counted.c.words / telling.c.length
    score = sum(
        (
            telling.c[f"idf_{number}"] * (K1 + 1) * often / (often + norm)
            for number, often in enumerate(counted.c[f"often_{place}"] for place in range(len(pieces)))
        ),
        start=literal(0.0, Double),
    ).label("score")
    by_id = counted.c.paper_id.collate("C").desc()
    statement = select(counted.c.paper_id, score).select_from(counted.join(telling, true()))
    rows = session.execute(statement.order_by(score.desc(), by_id).limit(most))
    return [(row[0], row[1]) for row in rows]


def _match(pieces: Sequence[Piece], *, everything: bool) -> str:
    wanted = (" & " if everything else " | ").join(_query(one) for one in pieces if not one.excluded)
    unwanted = "".join(f" & !{_query(one)}" for one in pieces if one.excluded)
    return f"({wanted}){unwanted}"


def _counted(pieces: Sequence[Piece], match: str, condition: Any) -> CTE:
    """The papers that match, with their length and how often they hold each piece."""
    often = (_often(piece).label(f"often_{number}") for number, piece in enumerate(pieces))
    hits = select(SearchRow.paper_id, SearchRow.words, *often).where(_holds(match))
    if condition is not None:
        hits = hits.where(condition)
    return hits.cte("counted").prefix_with("MATERIALIZED")  # or each count is made twice


def _telling(pieces: Sequence[Piece], hits: CTE | None) -> CTE:
    """One row: how long a paper usually is, and how telling each piece is by the papers that hold it.

    These are ``hits`` where there are such: what matches a single piece need not be counted twice.
    """
    counts = [
        select(func.count())
        .select_from(SearchRow if hits is None else hits)
        .where(_holds(_query(piece)) if hits is None else true())
        .scalar_subquery()
        for piece in pieces
    ]
    named = (count.label(f"holding_{number}") for number, count in enumerate(counts))
    length = func.avg(cast(SearchRow.words, Double)).label("length")
    store = select(func.count().label("papers"), length, *named).cte("store").prefix_with("MATERIALIZED")
    idf = (
        _idf(store.c.papers, store.c[f"holding_{number}"]).label(f"idf_{number}")
        for number in range(len(pieces))
    )
    return select(store.c.length, *idf).cte("telling").prefix_with("MATERIALIZED")


def _idf(papers: ColumnElement[int], holding: ColumnElement[int]) -> ColumnElement[float]:
    share = cast(papers - holding + 0.5, Double) / cast(holding + 0.5, Double)
    return func.greatest(LEAST_IDF, func.ln(share), type_=Double)


def _query(piece: Piece) -> str:
    """A piece as a ``tsquery``. Its words are letters and digits: nothing in them needs quoting."""
    label = piece.place.value if piece.place else ""
    suffixes = [label] * (len(piece.words) - 1) + [("*" if piece.prefix else "") + label]
    words = [
        f"'{word}'" + (f":{suffix}" if suffix else "")
        for word, suffix in zip(piece.words, suffixes, strict=True)
    ]
    return "(" + " <-> ".join(words) + ")"


def _holds(query: str) -> ColumnElement[bool]:
    return SearchRow.vector.op("@@", is_comparison=True)(cast(query, TSQUERY))


def _often(piece: Piece) -> ColumnElement[float]:
    """How often a paper holds the piece, each occurrence counted by the weight of its place."""
    by_label = sorted(WEIGHTS, key=lambda place: place.value, reverse=True)  # D, C, B, A, as it is asked for
    weights = ", ".join(str(WEIGHTS[place] / HEAVIEST) for place in by_label)
    rank = func.ts_rank_cd(
        literal_column(f"'{{{weights}}}'::real[]"), SearchRow.vector, cast(_query(piece), TSQUERY)
    )
    return func.round(cast(rank, Double) * HEAVIEST, type_=Double)


def vector(places: Mapping[Place, Sequence[str]]) -> str:
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
