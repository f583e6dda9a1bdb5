"""One sum for all: candidates × profiles → rankings, and one candidate × one profile → a verdict.

``rank`` scores a day's candidates for any number of profiles in one sparse product; ``judge`` is the same
function on one profile, so that an explanation can never differ from what was sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

import numpy as np

from digest.model import VERDICTS, Candidate, Profile, Ranked, Ranking, Verdict
from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.corpus import Corpus
from digest.ranking.diversity import spread
from digest.ranking.language import format_keyword
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
    ``now`` is the moment votes are judged from.
    """
    scored = score_all(candidates, profiles, corpus, now=now)
    rankings = []
    for place, profile in enumerate(profiles):
        sent = seen[place] if place < len(seen) else ()
        rankings.append(_Desk(scored, place, profile, sent, default_bar, default_limit).ranking())
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
    judged = _Desk(scored, 0, profile, sent, default_bar, default_limit).judged(0)
    if sent_on is None:
        return judged
    return Ranked(candidate, judged.score, judged.verdict, f"already sent on {sent_on.day} {sent_on:%B %Y}")


class _Desk:
    """Where one profile's candidates are sorted: who passes, who is picked, and why not."""

    def __init__(
        self,
        scored: Scored,
        place: int,
        profile: Profile,
        sent: Collection[str],
        default_bar: float,
        default_limit: int,
    ) -> None:
        self.scored, self.place, self.profile = scored, place, profile
        self.bar = default_bar if profile.bar is None else profile.bar
        self.limit = default_limit if profile.limit is None else profile.limit
        values = scored.values[:, place]
        self.sent = np.array([candidate.paper.id in sent for candidate in scored.candidates], dtype=np.bool_)
        self.excluded = ~self.sent & scored.kept_out[:, place]
        self.lacking = ~self.sent & ~self.excluded & scored.lacking[:, place]
        eligible = ~self.sent & ~self.excluded & ~self.lacking & (values > 0)
        self.passing = eligible & (values >= self.bar)
        self.below = eligible & ~self.passing
        self.picked = self._pick()

    def ranking(self) -> Ranking:
        near = self.scored.order(self.place, np.flatnonzero(self.below).tolist())[:NEAR_MISSES]
        rest = self.sent | self.excluded | self.lacking | self.passing
        return Ranking(
            profile=self.profile,
            chosen=tuple(self.judged(row) for row in self.picked),
            near_misses=tuple(self.judged(row) for row in near),
            below_bar=int((~rest).sum()),
            excluded=int(self.excluded.sum() + self.lacking.sum()),
            over_limit=int(self.passing.sum()) - len(self.picked),
            already_sent=int(self.sent.sum()),
            bar=self.bar,
            verdicts=self._codes(),
        )

    def _codes(self) -> bytes:
        """One byte per candidate, as ``Ranking.verdicts`` states."""
        codes = np.full(len(self.passing), CODES[Verdict.NO_MATCH], dtype=np.uint8)
        codes[self.sent] = CODES[Verdict.ALREADY_SENT]
        codes[self.excluded] = CODES[Verdict.EXCLUDED]
        codes[self.lacking] = CODES[Verdict.REQUIRED_MISSING]
        codes[self.below] = CODES[Verdict.BELOW_BAR]
        codes[self.passing] = CODES[Verdict.OVER_LIMIT]
        codes[self.picked] = CODES[Verdict.CHOSEN]
        return codes.tobytes()

    def judged(self, row: int) -> Ranked:
        verdict = self._verdict(row)
        score = self.scored.score(row, self.place)
        return Ranked(self.scored.candidates[row], score, verdict, self._because(row, verdict))

    def _pick(self) -> list[int]:
        order = self.scored.order(self.place, np.flatnonzero(self.passing).tolist())
        if len(order) <= self.limit:
            return order
        values = [float(self.scored.values[row, self.place]) for row in order]
        return [order[taken] for taken in spread(values, self.scored.likeness(order), self.limit)]

    def _verdict(self, row: int) -> Verdict:
        for mask, verdict in (
            (self.sent, Verdict.ALREADY_SENT),
            (self.excluded, Verdict.EXCLUDED),
            (self.lacking, Verdict.REQUIRED_MISSING),
            (self.below, Verdict.BELOW_BAR),
        ):
            if mask[row]:
                return verdict
        if not self.passing[row]:
            return Verdict.NO_MATCH
        return Verdict.CHOSEN if row in self.picked else Verdict.OVER_LIMIT

    def _because(self, row: int, verdict: Verdict) -> str:
        if verdict is Verdict.BELOW_BAR:
            return f"below the bar of {self.bar:g} by {self.bar - self.scored.values[row, self.place]:.1f}"
        if verdict is Verdict.EXCLUDED:
            keywords = self.scored.excluding(row, self.place)
            return "excluded by " + ", ".join(format_keyword(keyword) for keyword in keywords)
        if verdict is Verdict.REQUIRED_MISSING:
            keywords = self.scored.missing(row, self.place)
            return "required keyword missing: " + ", ".join(format_keyword(keyword) for keyword in keywords)
        return f"over the limit of {self.limit}" if verdict is Verdict.OVER_LIMIT else ""
