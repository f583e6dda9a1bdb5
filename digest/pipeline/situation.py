"""Reads the store as one run of prepare sees it, and keeps the ranking's statistics up to date."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.model import Listing, Paper
from digest.pipeline.editions import Arrived, Limits, Situation
from digest.pipeline.extracting import make_known
from digest.ranking.corpus import Corpus, CorpusFormatError
from digest.ranking.rising import is_rising
from digest.store import corpora, counters, days, listings, observations, papers
from digest.store.corpora import StoredCorpus
from digest.store.database import reading, transaction


def read_situation(engine: Engine, limits: Limits, *, now: datetime) -> Situation:
    """The papers of the look-back with what decides about them, in one consistent read."""
    today = now.date()
    since = today - timedelta(days=max(limits.catch_up, limits.late))
    with reading(engine) as session:
        found = Situation(
            as_of=now,
            arrival=counters.arrival(session),
            pool=_pool(session, since, today, now),
            ledger={day.day: day for day in days.ledger(session, since, today)},
        )
    make_known(engine, [one.paper for one in found.pool])
    return found


def _pool(session: Session, since: date, until: date, now: datetime) -> tuple[Arrived, ...]:
    """Every listing of the span; those whose votes climb stand in it a second time, as rising."""
    found = listings.candidates(session, after_arrival=None, since_day=since, until_day=until)
    ids = {listing.paper_id for listing in found}
    known = papers.load(session, ids)
    times = Counter(listing.paper_id for listing in listings.of_papers(session, ids))
    votes = observations.history(session, ids)
    climbing = (one for one in found if is_rising(votes[one.paper_id], one.day, now))
    return (
        *(_arrived(one, known[one.paper_id], revisited=times[one.paper_id] > 1) for one in found),
        *(_arrived(one, known[one.paper_id], revisited=True, rising=True) for one in climbing),
    )


def _arrived(listing: Listing, paper: Paper, *, revisited: bool, rising: bool = False) -> Arrived:
    return Arrived(
        paper=paper,
        day=listing.day,
        upvotes=listing.upvotes,
        arrival=listing.arrival,
        silent=listing.silent,
        revisited=revisited,
        rising=rising,
    )


def read_corpus(engine: Engine, *, now: datetime) -> Corpus:
    """The statistics of all stored papers: those kept, with the papers that came since counted in.

    What was counted in is kept for the next process. Statistics in an old form are counted anew, and so are
    those whose store has grown by a tenth since it was last asked what terms belong together.
    """
    with reading(engine) as session:
        kept = corpora.load(session)
        arrival = counters.arrival(session)
        corpus = unpacked = _unpacked(kept)
        if corpus is not None and kept is not None:
            new = papers.load(session, corpora.uncounted(session, kept.arrival)).values()
            corpus = corpus.add(new) if new else corpus
        if corpus is None or corpus.stale:
            corpus = Corpus.build(papers.all_papers(session))
    if corpus is not unpacked or (kept is not None and kept.arrival < arrival):
        with transaction(engine) as session:
            corpora.save(session, StoredCorpus(corpus.to_bytes(), arrival, corpus.papers), now=now)
    return corpus


def _unpacked(kept: StoredCorpus | None) -> Corpus | None:
    if kept is None:
        return None
    try:
        return Corpus.from_bytes(kept.body)
    except CorpusFormatError:
        return None
