"""One sum for all: candidates × profiles → rankings, and one candidate × one profile → a verdict.

``rank`` scores a day's candidates for any number of profiles in one sparse product; ``judge`` is the same
function on one profile, so that an explanation can never differ from what was sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from digest.model import VERDICTS, Candidate, Profile, Ranked, Ranking, Verdict
from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.corpus import Corpus
from digest.ranking.language import format_keyword
from digest.ranking.product import pack
from digest.ranking.scoring import Scored, score_all

DEFAULT_LIMIT = 10
"""Entries of one profile in one digest, unless the profile says otherwise: what is read over a coffee."""
NEAR_MISSES = 3
CODES = {verdict: code for code, verdict in enumerate(VERDICTS)}


def rank(
    candidates: Sequence[Candidate],
    profiles: Sequence[Profile],
    corpus: Corpus,
    *,
    seen: Sequence[Collection[str]] = (),
    now: datetime,
    default_bar: float = DEFAULT_BAR,
    default_limit: int = DEFAULT_LIMIT,
) -> list[Ranking]:
    """The ranking of ``candidates`` for each profile, in the order of ``profiles``.

    ``seen[i]`` are the ids of papers not to be shown again for ``profiles[i]``; none where it is shorter.
    ``now`` is the moment votes and recency are judged from.
    """
    scored = score_all(candidates, pack(profiles), profiles, corpus, now=now)
    rankings = []
    for place, profile in enumerate(profiles):
        sent = seen[place] if place < len(seen) else ()
        rankings.append(_ranking(scored, place, profile, sent, default_bar, default_limit))
    return rankings


def judge(
    candidate: Candidate,
    profile: Profile,
    corpus: Corpus,
    *,
    now: datetime,
    sent_on: date | None = None,
    among: Sequence[Candidate] = (),
    default_bar: float = DEFAULT_BAR,
    default_limit: int = DEFAULT_LIMIT,
) -> Ranked:
    """What becomes of one candidate for one profile, with the rule that decides.

    ``sent_on`` is the day it was already sent, ``among`` are the candidates it competes with for the
    profile's limit.
    """
    rivals = [candidate, *(other for other in among if other.paper.id != candidate.paper.id)]
    scored = score_all(rivals, pack([profile]), [profile], corpus, now=now)
    bar = default_bar if profile.bar is None else profile.bar
    limit = default_limit if profile.limit is None else profile.limit
    if sent_on is not None:
        because = f"already sent on {sent_on.day} {sent_on:%B %Y}"
        return Ranked(candidate, scored.score(0, 0), Verdict.ALREADY_SENT, because)
    verdicts = _verdicts(scored, 0, bar, ())
    if verdicts[0] is Verdict.CHOSEN and 0 not in _pick(scored, 0, verdicts, limit):
        return Ranked(candidate, scored.score(0, 0), Verdict.OVER_LIMIT, f"over the limit of {limit}")
    return Ranked(candidate, scored.score(0, 0), verdicts[0], _because(scored, 0, 0, verdicts[0], bar))


def _ranking(
    scored: Scored,
    place: int,
    profile: Profile,
    sent: Collection[str],
    default_bar: float,
    default_limit: int,
) -> Ranking:
    bar = default_bar if profile.bar is None else profile.bar
    limit = default_limit if profile.limit is None else profile.limit
    verdicts = _verdicts(scored, place, bar, sent)
    passed = sum(verdict is Verdict.CHOSEN for verdict in verdicts)
    picked = _pick(scored, place, verdicts, limit)
    below = [row for row in scored.order(place) if verdicts[row] is Verdict.BELOW_BAR]
    return Ranking(
        profile=profile,
        chosen=tuple(_ranked(scored, row, place, Verdict.CHOSEN, bar) for row in picked),
        near_misses=tuple(_ranked(scored, row, place, Verdict.BELOW_BAR, bar) for row in below[:NEAR_MISSES]),
        below_bar=sum(verdict in (Verdict.BELOW_BAR, Verdict.NO_MATCH) for verdict in verdicts),
        excluded=sum(verdict in (Verdict.EXCLUDED, Verdict.REQUIRED_MISSING) for verdict in verdicts),
        over_limit=passed - len(picked),
        already_sent=sum(verdict is Verdict.ALREADY_SENT for verdict in verdicts),
        bar=bar,
        verdicts=_codes(verdicts, picked),
    )


def _codes(verdicts: Sequence[Verdict], picked: Collection[int]) -> bytes:
    """One byte per candidate, as ``Ranking.verdicts`` states; what passed but was not picked is over."""
    kept = set(picked)
    return bytes(
        CODES[Verdict.OVER_LIMIT if verdict is Verdict.CHOSEN and row not in kept else verdict]
        for row, verdict in enumerate(verdicts)
    )


def _verdicts(scored: Scored, place: int, bar: float, sent: Collection[str]) -> list[Verdict]:
    return [
        _verdict(scored, row, place, bar, already=candidate.paper.id in sent)
        for row, candidate in enumerate(scored.candidates)
    ]


def _verdict(scored: Scored, row: int, place: int, bar: float, *, already: bool) -> Verdict:
    if already:
        return Verdict.ALREADY_SENT
    if scored.kept_out[row, place]:
        return Verdict.EXCLUDED
    if scored.lacking[row, place]:
        return Verdict.REQUIRED_MISSING
    if scored.values[row, place] <= 0:
        return Verdict.NO_MATCH
    return Verdict.CHOSEN if scored.values[row, place] >= bar else Verdict.BELOW_BAR


def _pick(scored: Scored, place: int, verdicts: Sequence[Verdict], limit: int) -> list[int]:
    passing = [row for row in scored.order(place) if verdicts[row] is Verdict.CHOSEN]
    return passing[:limit]


def _ranked(scored: Scored, row: int, place: int, verdict: Verdict, bar: float) -> Ranked:
    because = _because(scored, row, place, verdict, bar)
    return Ranked(scored.candidates[row], scored.score(row, place), verdict, because)


def _because(scored: Scored, row: int, place: int, verdict: Verdict, bar: float) -> str:
    if verdict is Verdict.BELOW_BAR:
        return f"below the bar of {bar:g} by {bar - scored.values[row, place]:.1f}"
    if verdict is Verdict.EXCLUDED:
        return "excluded by " + ", ".join(format_keyword(k) for k in scored.excluding(row, place))
    if verdict is Verdict.REQUIRED_MISSING:
        return "required keyword missing: " + ", ".join(format_keyword(k) for k in scored.missing(row, place))
    return ""
