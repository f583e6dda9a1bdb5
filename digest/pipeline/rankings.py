"""The rankings of a batch: which papers each subscriber's profiles want, in one product.

Where the store takes one writer at a time (SQLite), a batch is ranked before its writing
transaction begins: ranking takes most of the time, and whoever delivers or subscribes meanwhile
would wait for it. What changed in between is ranked again inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.model import Candidate, ChannelName, Profile, Ranking, Subscriber
from digest.pipeline.editions import Limits, Since, Situation, candidates, seen_by
from digest.pipeline.relating import recall
from digest.pipeline.situation import read_corpus, read_situation
from digest.ranking.memory import Memory
from digest.ranking.rank import rank_on
from digest.ranking.stored_profiles import read_stored
from digest.store import digests, profiles, subscribers
from digest.store.database import reading

Enqueue = Callable[[Session, Mapping[ChannelName, Sequence[int]]], None]
"""Told of deliveries just planned, by channel, before the transaction that plans them commits."""

READ = lru_cache(maxsize=4_096)(read_stored)
"""``read_stored``, which remembers a batch: it is read before its transaction and in it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say about preparing. ``wait`` is how long a due digest waits for the source.

    A ``batch`` of subscribers takes some 35 MB while it is prepared; twice as many at once save next to
    nothing.
    """

    bar: float
    limit: int
    limits: Limits
    wait: timedelta = timedelta(0)
    batch: int = 1_000


@dataclass(frozen=True, slots=True)
class Round:
    """What is the same for every subscriber of one run. ``clock`` is now; ``now`` may be a past day's end."""

    situation: Situation
    memory: Memory
    rules: Rules
    clock: datetime
    enqueue: Enqueue | None = None

    @property
    def now(self) -> datetime:
        return self.situation.as_of

    @property
    def past(self) -> bool:
        """Whether a past day is looked at, as it stood at its end."""
        return self.now < self.clock


def read_round(engine: Engine, rules: Rules, now: datetime, *, clock: datetime | None = None) -> Round:
    """Read what the run needs once: the situation, and the corpus brought up to date."""
    situation = read_situation(engine, rules.limits, now=now)
    return Round(situation, Memory(read_corpus(engine, now=clock or now)), rules, clock or now)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was ranked before the transaction, for whom: good while coverage and profiles are the same."""

    since: Since
    profiles: Sequence[Profile]
    rankings: list[Ranking]


def rank_ahead(engine: Engine, round_: Round, due_by: datetime, after: Subscriber | None) -> dict[int, Ahead]:
    """Rank the batch that is due next without keeping anybody from writing."""
    with reading(engine) as session:
        batch = subscribers.due(session, due_by, after=after, limit=round_.rules.batch)
        sinces = {one: Since(one.covered_arrival, one.covered_at) for one in batch}
        known = profiles.of_subscribers(session, [one.id for one in batch], READ)
        found = _ranked(session, sinces, known, round_)
    return {one.id: Ahead(since, known[one.id], found[one.id]) for one, since in sinces.items()}


def rankings_of(
    session: Session,
    sinces: Mapping[Subscriber, Since],
    round_: Round,
    *,
    ahead: Mapping[int, Ahead] | None = None,
    fresh: bool = False,
    ask_all: bool = False,
) -> dict[int, list[Ranking]]:
    """The rankings of each subscriber's profiles, by subscriber. ``fresh`` shows again what was shown.

    What arrived since the last digest was shown by none, except by one of a past day, or one made before
    another was taken back. The store refuses such a paper; with ``ask_all`` it is asked about all beforehand.
    """
    known = profiles.of_subscribers(session, [one.id for one in sinces], READ)
    done = {
        one.id: had.rankings
        for one, since in sinces.items()
        if (had := (ahead or {}).get(one.id)) and (had.since, had.profiles) == (since, known[one.id])
    }
    open_ones = {one: since for one, since in sinces.items() if one.id not in done}
    return done | _ranked(session, open_ones, known, round_, fresh=fresh, ask_all=ask_all)


def _ranked(
    session: Session,
    sinces: Mapping[Subscriber, Since],
    known: Mapping[int, Sequence[Profile]],
    round_: Round,
    *,
    fresh: bool = False,
    ask_all: bool = False,
) -> dict[int, list[Ranking]]:
    """Those with the same coverage in one product."""
    asking = [profile for one in sinces for profile in known[one.id]]
    recall(session, round_.memory.corpus, asking)
    groups: dict[Since, list[Subscriber]] = {}
    for one, since in sinces.items():
        groups.setdefault(since, []).append(one)
    found: dict[int, list[Ranking]] = {}
    for since, members in groups.items():
        pool = candidates(round_.situation, since, round_.rules.limits)
        asked = pool if ask_all or since.arrival is None else _revisited(pool, round_.situation)
        hidden = {} if fresh else _hidden(session, members, asked)
        found |= _rank(members, known, pool, hidden, round_)
    return found


def _revisited(pool: Sequence[Candidate], situation: Situation) -> list[Candidate]:
    """The candidates that are likely to have been shown before: a handful a day. The rest arrived since."""
    again = {one.paper.id for one in situation.pool if one.revisited or one.rising}
    return [one for one in pool if one.paper.id in again]


def _hidden(
    session: Session, members: Sequence[Subscriber], asked: Sequence[Candidate]
) -> dict[int, frozenset[str]]:
    """What each subscriber was shown already."""
    shown = digests.shown(session, [one.id for one in members], [one.paper.id for one in asked])
    return {one.id: seen_by(asked, shown.get(one.id, {}), rising=one.rising) for one in members}


def _rank(
    members: Sequence[Subscriber],
    known: Mapping[int, Sequence[Profile]],
    pool: Sequence[Candidate],
    hidden: Mapping[int, frozenset[str]],
    round_: Round,
) -> dict[int, list[Ranking]]:
    owners = [(one.id, profile) for one in members for profile in known[one.id]]
    ranked = rank_on(
        round_.memory,
        pool,
        [profile for _, profile in owners],
        seen=[hidden.get(owner, frozenset()) for owner, _ in owners],
        now=round_.now,
        default_bar=round_.rules.bar,
        default_limit=round_.rules.limit,
    )
    found: dict[int, list[Ranking]] = {one.id: [] for one in members}
    for (owner, _), ranking in zip(owners, ranked, strict=True):
        found[owner].append(ranking)
    return found
