"""The trial run of a profile: what it would have found in the last stored days."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

from digest.errors import TooMany
from digest.model import Candidate, Keyword, KeywordKind, Profile, Ranked, Ranking
from digest.pipeline.situation import read_corpus
from digest.ranking import format_keyword, parse_profile, rank
from digest.store import counters, listings, papers
from digest.store.profiles import Draft
from digest.subscriptions import check_draft
from digest.web.desk import Desk
from digest.web.shelf import Material
from digest.web.views import PaperView, view

DAYS = 30
SHOWN = 5
NEAR = 3
NOISY_SHARE = 0.25
"""A keyword that hits a quarter of all papers tells nothing."""
FEW_PAPERS = 20
"""With fewer papers nothing is said about a keyword."""


@dataclass(frozen=True, slots=True)
class Find:
    """A paper the profile would have brought, or nearly."""

    paper: PaperView
    score: float
    day: date


@dataclass(frozen=True, slots=True)
class Trial:
    """What a profile would have found: ``per_week`` papers, the best, those just below the bar.

    ``dead`` keywords hit nothing; ``noisy`` ones hit a large share of all papers.
    """

    days: int
    papers: int
    chosen: int
    per_week: float
    best: tuple[Find, ...]
    near: tuple[Find, ...]
    dead: tuple[str, ...]
    noisy: tuple[str, ...]


def trial(desk: Desk, draft: Draft) -> Trial:
    """Try a draft on the last ``DAYS`` stored days. Raises ``ProfileError`` or ``SubscriptionError``."""
    checked = check_draft(replace(draft, name="trial"))
    profile = Profile(0, 0, "trial", checked.text, parse_profile(checked.text), checked.bar, checked.limit)
    if not desk.trials.acquire(timeout=5):
        raise TooMany("many profiles are being tried just now", remedy="try again", retry_after=5)
    try:
        return _tried(desk, profile)
    finally:
        desk.trials.release()


def _tried(desk: Desk, profile: Profile) -> Trial:
    material = _material(desk)
    keywords = [one for one in profile.keywords if one.kind is not KeywordKind.EXCLUDE]
    everything = len(material.candidates) + 1
    alone = [_alone(keyword, everything) for keyword in keywords]
    found, *hits = rank(
        material.candidates,
        [replace(profile, limit=everything), *alone],
        material.corpus,
        now=desk.clock(),
        default_bar=desk.house.settings.digest.bar,
    )
    limit = profile.limit or desk.house.settings.digest.limit
    chosen = _within_limits(found, limit)
    counted = len({one.paper.id for one in material.candidates})
    names = {format_keyword(word): len(hit.chosen) for word, hit in zip(keywords, hits, strict=True)}
    judged = counted >= FEW_PAPERS
    return Trial(
        days=material.days,
        papers=counted,
        chosen=len(chosen),
        per_week=len(chosen) * 7 / DAYS if material.days else 0.0,
        best=tuple(_find(one) for one in chosen[:SHOWN]),
        near=tuple(_find(one) for one in found.near_misses[:NEAR]),
        dead=tuple(name for name, count in names.items() if judged and not count),
        noisy=tuple(name for name, count in names.items() if judged and count > counted * NOISY_SHARE),
    )


def _alone(keyword: Keyword, limit: int) -> Profile:
    """A profile of one keyword without any bar: what it chooses is what the keyword hits."""
    plain = replace(keyword, kind=KeywordKind.INCLUDE)
    return Profile(0, 0, "", format_keyword(plain), (plain,), 0.0, limit, learning=False)


def _within_limits(found: Ranking, limit: int) -> list[Ranked]:
    """The chosen as digests would have held them: at most ``limit`` a day; best first."""
    taken: dict[date, int] = defaultdict(int)
    kept = []
    for one in sorted(found.chosen, key=lambda ranked: -ranked.score.value):
        if taken[one.candidate.day] < limit:
            taken[one.candidate.day] += 1
            kept.append(one)
    return kept


def _find(one: Ranked) -> Find:
    candidate = one.candidate
    return Find(view(candidate.paper, candidate.upvotes, sentences=0), one.score.value, candidate.day)


def _material(desk: Desk) -> Material:
    with desk.reading() as session:
        arrival = counters.arrival(session)
    return desk.shelf.material(arrival, lambda: _read(desk, arrival))


def _read(desk: Desk, arrival: int) -> Material:
    corpus = read_corpus(desk.house.engine, now=desk.clock())
    with desk.reading() as session:
        until = listings.newest_day(session) or desk.clock().date()
        since = until - timedelta(days=DAYS - 1)
        listed = listings.candidates(session, after_arrival=None, since_day=since, until_day=until)
        known = papers.load(session, {one.paper_id for one in listed})
    first: dict[str, Candidate] = {}
    for one in reversed(listed):  # oldest day first: a paper counts where it stood first
        first.setdefault(one.paper_id, Candidate(known[one.paper_id], one.day, one.upvotes, one.arrival))
    return Material(arrival, corpus, tuple(first.values()), len({one.day for one in listed}))
