"""Keeps the extracts of recent papers: what the ranking needs of them, read once for all processes.

An extract is made when a paper is stored (``keep_up``), and by whoever finds one missing or made of other
words (``make_known``): a store that was filled by another version heals by itself, a portion at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.errors import StoreBusy
from digest.logs import logger
from digest.model import Paper
from digest.store import extracts, listings, papers
from digest.store.database import reading, transaction
from digest.store.extracts import StoredExtract
from digest.store.upserts import portions

KEPT = timedelta(days=120)
"""Extracts of papers listed so long before the newest stored day at most: the profile lab looks at 90 days.
5 kB each, 15 MB in all.
"""
PORTION = 200
"""Papers read and kept at once: a third of a second, so that a process that ends loses little."""


def make_known(engine: Engine, wanted: Collection[Paper]) -> None:
    """Have the extracts of these papers in memory: from the store, or read anew and kept."""
    from digest.ranking.extracts import Extract, ExtractFormatError, mark_of, remember, unknown

    new = unknown(wanted)
    if not new:
        return
    with reading(engine) as session:
        kept = extracts.load(session, [paper.id for paper in new])
    found: list[tuple[Paper, Extract]] = []
    unread: list[Paper] = []
    for paper in dict.fromkeys(new):
        stored = kept.get(paper.id)
        try:
            if stored is None or stored.mark != mark_of(paper):
                unread.append(paper)
            else:
                found.append((paper, Extract.from_bytes(stored.body)))
        except ExtractFormatError as error:
            logger().warning("extract read anew", paper=paper.id, reason=str(error))
            unread.append(paper)
    remember(found)
    for some in portions(unread, PORTION):
        _read(engine, some)


def kept_since(session: Session, now: datetime) -> date:
    """The first day whose papers' extracts are kept, counted back from the newest stored one."""
    newest = listings.newest_day(session, until=now.date())
    return (newest or now.date()) - KEPT


def keep_up(engine: Engine, *, now: datetime) -> None:
    """Make the extracts that recent papers lack."""
    with reading(engine) as session:
        lacking = extracts.missing(session, kept_since(session, now))
    for some in portions(lacking, PORTION):
        with reading(engine) as session:
            found = papers.load(session, some)
        _read(engine, list(found.values()))


def _read(engine: Engine, some: Sequence[Paper]) -> None:
    from digest.ranking.extracts import extracts_of, mark_of

    read = zip(some, extracts_of(some), strict=True)
    kept = {paper.id: StoredExtract(mark_of(paper), extract.to_bytes()) for paper, extract in read}
    try:
        with transaction(engine) as session:
            extracts.save(session, kept)
    except StoreBusy as error:
        logger().info("extracts not kept", papers=len(kept), reason=str(error))
