"""One sum for all: candidates × profiles → rankings, and one candidate × one profile → a verdict.

``rank`` scores a day's candidates for any number of profiles in one sparse product; ``judge`` is the same
function on one profile, so that an explanation can never differ from what was sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from digest.model import VERDICTS, Candidate, Profile, Ranked, Ranking, Score, Verdict
from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.corpus import Corpus
from digest.ranking.diversity import spread_all
from digest.ranking.language import format_keyword
from digest.ranking.memory import Memory
from digest.ranking.scoring import Scored, score_all, score_on
from digest.ranking.vocabulary import Mask

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
    ``now`` is the moment votes are judged from.
    """
    return rank_on(
        Memory(corpus), candidates, profiles, seen=seen, now=now,
        default_bar=default_bar, default_limit=default_limit,
    )  # fmt: skip


def rank_on(
    memory: Memory,
    candidates: Sequence[Candidate],
    profiles: Sequence[Profile],
    *,
    seen: Sequence[Collection[str]] = (),
    now: datetime,
    default_bar: float = DEFAULT_BAR,
    default_limit: int = DEFAULT_LIMIT,
) -> list[Ranking]:
    """``rank``, one batch of profiles after the other: what is looked up for one is known to the next."""
    rankings: list[Ranking] = []
    papers = [candidate.paper for candidate in candidates]
    for portion in memory.portions(len(papers), profiles):
        scored = score_on(memory.board(papers), candidates, profiles[portion], now=now)
        rankings += _Desk(scored, seen[portion], default_bar, default_limit).rankings()
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
    scored = score_all(rivals, [profile], corpus, now=now)
    sent = () if sent_on is None else (candidate.paper.id,)
    judged = _Desk(scored, [sent], default_bar, default_limit).judged(0, 0)
    if sent_on is None:
        return judged
    return Ranked(candidate, judged.score, judged.verdict, f"already sent on {sent_on.day} {sent_on:%B %Y}")


class _Desk:
    """Where the candidates are sorted for all profiles at once: who passes, who is picked, and why not.

    Every array is papers × profiles, so that a hundred thousand profiles cost a few array operations.
    """

    def __init__(
        self, scored: Scored, seen: Sequence[Collection[str]], default_bar: float, default_limit: int
    ) -> None:
        self.scored = scored
        bars = [default_bar if one.bar is None else one.bar for one in scored.profiles]
        self.bars = np.array(bars, dtype=np.float64)
        self.limits = [default_limit if one.limit is None else one.limit for one in scored.profiles]
        self.sent = _marked(scored, seen)
        self.excluded = ~self.sent & scored.kept_out
        self.lacking = ~self.sent & ~self.excluded & scored.lacking
        eligible = ~self.sent & ~self.excluded & ~self.lacking & (scored.values > 0)
        self.passing = eligible & (scored.values >= self.bars)
        self.below = eligible & ~self.passing
        self.order = scored.orders()
        ordered = list(self._ordered(self.passing))
        self.picked: list[list[int]] = spread_all(
            scored.values.T, ordered, self.limits, lambda: scored.board.likeness
        )

    def rankings(self) -> list[Ranking]:
        """One for each profile. Near misses stand for the papers where there are none."""
        codes = self._codes()
        no_match = (codes == CODES[Verdict.NO_MATCH]) | self.below.T
        kept_out = self.excluded | self.lacking
        chosen, near = self._chosen(), self._near()
        return [
            Ranking(
                profile=profile,
                chosen=tuple(islice(chosen, len(picked))),
                near_misses=near.get(place, ()),
                below_bar=below,
                excluded=excluded,
                over_limit=passing - len(picked),
                already_sent=sent,
                bar=bar,
                verdicts=verdicts.tobytes(),
            )
            for place, (profile, picked, below, excluded, passing, sent, bar, verdicts) in enumerate(
                zip(
                    self.scored.profiles,
                    self.picked,
                    no_match.sum(axis=1).tolist(),
                    kept_out.sum(axis=0).tolist(),
                    self.passing.sum(axis=0).tolist(),
                    self.sent.sum(axis=0).tolist(),
                    self.bars.tolist(),
                    codes,
                    strict=True,
                )
            )
        ]

    def judged(self, row: int, place: int) -> Ranked:
        return self._judged(row, place, self.scored.score(row, place))

    def _judged(self, row: int, place: int, score: Score) -> Ranked:
        verdict = self._verdict(row, place)
        return Ranked(self.scored.candidates[row], score, verdict, self._because(row, place, verdict))

    def _chosen(self) -> Iterator[Ranked]:
        """The picked of all profiles, one after the other."""
        rows = [row for picked in self.picked for row in picked]
        places = [place for place, picked in enumerate(self.picked) for _ in picked]
        for row, score in zip(rows, self.scored.scores(rows, places), strict=True):
            yield Ranked(self.scored.candidates[row], score, Verdict.CHOSEN)

    def _near(self) -> dict[int, tuple[Ranked, ...]]:
        """The papers just below the bar of the profiles for which nothing was picked."""
        empty = [place for place, picked in enumerate(self.picked) if not picked]
        orders = self.order[:, empty].T
        rows = [order[self.below[order, place]] for place, order in zip(empty, orders, strict=True)]
        nearest = [
            (row, place)
            for place, of_place in zip(empty, rows, strict=True)
            for row in of_place.tolist()[:NEAR_MISSES]
        ]
        found: dict[int, tuple[Ranked, ...]] = {}
        scores = self.scored.scores([row for row, _ in nearest], [place for _, place in nearest])
        for (row, place), score in zip(nearest, scores, strict=True):
            found[place] = (*found.get(place, ()), self._judged(row, place, score))
        return found

    def _ordered(self, mask: Mask) -> Iterator[list[int]]:
        """Of each profile the papers in the mask, best first."""
        order = self.order.T
        held = np.take_along_axis(mask.T, order, axis=1)
        flat, start = order[held].tolist(), 0
        for count in held.sum(axis=1).tolist():
            yield flat[start : start + count]
            start += count

    def _codes(self) -> NDArray[np.uint8]:
        """Profiles × papers: one byte per candidate, as ``Ranking.verdicts`` states."""
        codes = np.full(self.passing.shape, CODES[Verdict.NO_MATCH], dtype=np.uint8)
        codes[self.sent] = CODES[Verdict.ALREADY_SENT]
        codes[self.excluded] = CODES[Verdict.EXCLUDED]
        codes[self.lacking] = CODES[Verdict.REQUIRED_MISSING]
        codes[self.below] = CODES[Verdict.BELOW_BAR]
        codes[self.passing] = CODES[Verdict.OVER_LIMIT]
        rows = [row for picked in self.picked for row in picked]
        places = np.repeat(np.arange(len(self.picked)), [len(picked) for picked in self.picked])
        codes[rows, places] = CODES[Verdict.CHOSEN]
        return np.ascontiguousarray(codes.T)

    def _verdict(self, row: int, place: int) -> Verdict:
        for mask, verdict in (
            (self.sent, Verdict.ALREADY_SENT),
            (self.excluded, Verdict.EXCLUDED),
            (self.lacking, Verdict.REQUIRED_MISSING),
            (self.below, Verdict.BELOW_BAR),
        ):
            if mask[row, place]:
                return verdict
        if not self.passing[row, place]:
            return Verdict.NO_MATCH
        return Verdict.CHOSEN if row in self.picked[place] else Verdict.OVER_LIMIT

    def _because(self, row: int, place: int, verdict: Verdict) -> str:
        if verdict is Verdict.BELOW_BAR:
            bar = self.bars[place]
            return f"below the bar of {bar:g} by {bar - self.scored.values[row, place]:.1f}"
        if verdict is Verdict.EXCLUDED:
            keywords = self.scored.excluding(row, place)
            return "excluded by " + ", ".join(format_keyword(keyword) for keyword in keywords)
        if verdict is Verdict.REQUIRED_MISSING:
            keywords = self.scored.missing(row, place)
            return "required keyword missing: " + ", ".join(format_keyword(keyword) for keyword in keywords)
        return f"over the limit of {self.limits[place]}" if verdict is Verdict.OVER_LIMIT else ""


def _marked(scored: Scored, seen: Sequence[Collection[str]]) -> Mask:
    """Papers × profiles: shown before, or not to be shown."""
    rows = {candidate.paper.id: row for row, candidate in enumerate(scored.candidates)}
    marked = np.zeros(scored.values.shape, dtype=np.bool_)
    for place, ids in zip(range(len(scored.profiles)), seen, strict=False):
        for paper_id in ids:
            if paper_id in rows:
                marked[rows[paper_id], place] = True
    return marked
