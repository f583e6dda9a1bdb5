"""Builds a digest and its account from the rankings of one subscriber's profiles. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from digest.model import (
    VERDICTS,
    Account,
    Candidate,
    DayAccount,
    Digest,
    DigestKind,
    Entry,
    NearMiss,
    Ranking,
    Score,
    Section,
    Subscriber,
    Verdict,
)
from digest.model.grounds import split_grounds

NEAR_MISSES = 3
"""How many papers just below the bar an empty digest names."""

PRECEDENCE = (
    Verdict.CHOSEN,
    Verdict.OVER_LIMIT,
    Verdict.ALREADY_SENT,
    Verdict.BELOW_BAR,
    Verdict.EXCLUDED,
    Verdict.REQUIRED_MISSING,
    Verdict.NO_MATCH,
)
"""What counts for a paper that several profiles judged differently: the most favourable word."""

_SENT = PRECEDENCE.index(Verdict.ALREADY_SENT)
_PLACES = bytes.maketrans(
    bytes(range(len(VERDICTS))), bytes(PRECEDENCE.index(verdict) for verdict in VERDICTS)
)


@dataclass(frozen=True, slots=True)
class Edition:
    """What one slot's digest is about, apart from the papers: the days covered and the moment.

    ``listed`` is the number of papers on those days; ``first`` and ``catch_up`` say why the span is
    what it is. ``late`` and ``rising`` are the places of such papers among the candidates.
    """

    slot: date
    as_of: datetime
    days: tuple[DayAccount, ...]
    listed: int
    next_slot: date | None = None
    missing_days: tuple[date, ...] = ()
    first: bool = False
    catch_up: bool = False
    late: tuple[int, ...] = ()
    rising: tuple[int, ...] = ()


def compose(subscriber: Subscriber, rankings: Sequence[Ranking], edition: Edition) -> Digest:
    """Build the digest: a section per profile, empty or not, each paper once, and the account of the rest.

    A paper stands in the first profile's section that chose it and names the others. All rankings
    must be of the same candidates in the same order.
    """
    homes = _homes(rankings)
    return Digest(
        subscriber_id=subscriber.id,
        slot=edition.slot,
        kind=_kind(edition, homes),
        sections=tuple(_section(ranking, homes) for ranking in rankings),
        account=_account(rankings, edition, homes),
        timezone=subscriber.timezone,
        send_at=subscriber.send_at,
        next_slot=edition.next_slot,
    )


def _homes(rankings: Sequence[Ranking]) -> dict[int, list[str]]:
    """For each chosen candidate, by its place, the names of the profiles that chose it, in profile order."""
    homes: dict[int, list[str]] = {}
    for ranking in rankings:
        for row in ranking.rows:
            homes.setdefault(row, []).append(ranking.profile.name)
    return homes


def _section(ranking: Ranking, homes: Mapping[int, list[str]]) -> Section:
    name = ranking.profile.name
    chosen = zip(ranking.rows, ranking.values, ranking.grounds, strict=True)
    entries = [
        _entry(ranking.candidates[row], Score(value, split_grounds(grounds)), homes[row])
        for row, value, grounds in chosen
        if homes[row][0] == name
    ]
    return Section(ranking.profile.id, name, ranking.profile.text, tuple(entries))


def _entry(candidate: Candidate, score: Score, homes: Sequence[str]) -> Entry:
    paper = candidate.paper
    return Entry(
        paper.id,
        paper.revision,
        candidate.day,
        candidate.mark,
        score,
        candidate.upvotes,
        paper.code_stars,
        tuple(homes[1:]),
    )


def _kind(edition: Edition, homes: Mapping[int, list[str]]) -> DigestKind:
    if not homes:
        return DigestKind.EMPTY
    if edition.first:
        return DigestKind.FIRST
    return DigestKind.CATCH_UP if edition.catch_up else DigestKind.DAILY


def _account(rankings: Sequence[Ranking], edition: Edition, homes: Container[int]) -> Account:
    best = _best(rankings)
    counts = {verdict: best.count(place) for place, verdict in enumerate(PRECEDENCE)}
    rising = sum(best[row] != _SENT for row in edition.rising) if best else 0
    told_before = len(edition.rising) - rising if best else 0
    return Account(
        as_of=edition.as_of,
        days=edition.days,
        listed=edition.listed,
        considered=len(best) - told_before,
        chosen=counts[Verdict.CHOSEN],
        already_sent=counts[Verdict.ALREADY_SENT] - told_before,
        below_bar=counts[Verdict.BELOW_BAR] + counts[Verdict.NO_MATCH],
        excluded=counts[Verdict.EXCLUDED] + counts[Verdict.REQUIRED_MISSING],
        over_limit=counts[Verdict.OVER_LIMIT],
        bar=min((ranking.bar for ranking in rankings), default=0.0),
        missing_days=edition.missing_days,
        near_misses=_near_misses(rankings, homes),
        late=len(edition.late) if best else 0,
        rising=rising,
    )


def _best(rankings: Sequence[Ranking]) -> bytes:
    """Of each candidate the most favourable verdict any profile gave it, by its place in ``PRECEDENCE``."""
    placed = [ranking.verdicts.translate(_PLACES) for ranking in rankings]
    return placed[0] if len(placed) == 1 else bytes(map(min, *placed)) if placed else b""


def _near_misses(rankings: Sequence[Ranking], homes: Container[int]) -> tuple[NearMiss, ...]:
    """The papers that came closest to a bar without passing any, nearest first."""
    nearest: dict[int, NearMiss] = {}
    for ranking in rankings:
        for row, score in ranking.near_misses:
            miss = _near_miss(ranking.candidates[row], score, ranking.bar)
            if row not in homes and (row not in nearest or _gap(miss) < _gap(nearest[row])):
                nearest[row] = miss
    return tuple(sorted(nearest.values(), key=lambda miss: (_gap(miss), miss.paper_id))[:NEAR_MISSES])


def _near_miss(candidate: Candidate, score: float, bar: float) -> NearMiss:
    return NearMiss(candidate.paper.id, candidate.paper.title, score, bar)


def _gap(miss: NearMiss) -> float:
    return miss.bar - miss.score
