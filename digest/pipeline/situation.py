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
from digest.store.corpora import Counted, StoredCorpus
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
    found = listings.candidates(session, since_day=since, until_day=until)
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


_newest: dict[str, Corpus] = {}
"""The statistics this process read or counted last, by the mark of their bytes."""


def read_corpus(engine: Engine, *, now: datetime) -> Corpus:
    """The statistics of all stored papers: those kept, with the papers that came since counted in.

    What was counted in is kept for the next process; a process that has read it before goes on with what it
    has. Statistics in an old form are counted anew, and so are those whose store has grown by a tenth since
    it was last asked what terms belong together.
    """
    with reading(engine) as session:
        known = corpora.counted(session)
        arrival = counters.arrival(session)
        corpus = unpacked = _unpacked(session, known)
        if corpus is not None and known is not None and known.arrival < arrival:
            new = papers.load(session, corpora.uncounted(session, known.arrival)).values()
            corpus = corpus.add(new) if new else corpus
        if corpus is None or corpus.stale:
            corpus = Corpus.build(papers.all_papers(session))
    if known is None or corpus is not unpacked:
        _keep(engine, corpus, arrival, now)
    elif known.arrival < arrival:
        with transaction(engine) as session:
            corpora.count_to(session, known, arrival)
    return corpus


def _unpacked(session: Session, known: Counted | None) -> Corpus | None:
    """The kept statistics: those in memory if they are the same."""
    if known is None:
        return None
    held = _newest.get(known.mark)
    if held is not None:
        return held
    kept = corpora.load(session)
    if kept is None:
        return None
    try:
        corpus = Corpus.from_bytes(kept.body)
    except CorpusFormatError:
        return None
    _hold(kept.mark, corpus)
    return corpus


def _keep(engine: Engine, corpus: Corpus, arrival: int, now: datetime) -> None:
    space = corpus.space.mark if corpus.space else ""
    stored = StoredCorpus(corpus.to_bytes(), arrival, corpus.papers, space)
    with transaction(engine) as session:
        corpora.save(session, stored, now=now)
    _hold(stored.mark, corpus)


def _hold(mark: str, corpus: Corpus) -> None:
    _newest.clear()
    _newest[mark] = corpus


def forget() -> None:
    """As in a process that has just started."""
    _newest.clear()
