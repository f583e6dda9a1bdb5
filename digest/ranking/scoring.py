"""Scores of candidates × profiles as arrays, and the same scores taken apart into reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Candidate, Field, Keyword, KeywordKind, Profile, Reason, ReasonKind, Score
from digest.ranking.calibration import calibrated
from digest.ranking.corpus import Corpus
from digest.ranking.evidence import Lookup
from digest.ranking.product import Packed, Pull, kept_out, lacking, raw_scores
from digest.ranking.reasons import share_out
from digest.ranking.terms import read
from digest.ranking.trending import age_hours, trending_score

VOTES_SHARE = 0.3
"""Raw evidence that very many votes add: enough to order near-ties, never to lift a paper over a keyword."""
VOTES_HALF = 30
"""Upvotes that give half of it: a little above a paper's median (12), as measured on settled days."""
_PLACES = (Field.TITLE, Field.ABSTRACT, Field.ANY)


@dataclass(frozen=True)
class Scored:
    """Candidates × profiles: ``values`` on the scale 0 to 10 in tenths, ``raw`` the evidence behind them."""

    candidates: Sequence[Candidate]
    profiles: Sequence[Profile]
    packed: Packed
    lookup: Lookup
    counts: Sequence[dict[str, list[int]]]
    evidence: sparse.csr_matrix
    presence: sparse.csr_matrix
    votes: NDArray[np.float64]
    raw: NDArray[np.float64]
    values: NDArray[np.float64]
    kept_out: NDArray[np.bool_]
    lacking: NDArray[np.bool_]

    def order(self, place: int) -> list[int]:
        """Rows from best to worst for one profile; ties by evidence, then by upvotes, then by id."""
        keys = self.raw[:, place]
        return sorted(
            range(len(self.candidates)),
            key=lambda row: (-keys[row], -self.candidates[row].upvotes, self.candidates[row].paper.id),
        )

    def score(self, row: int, place: int) -> Score:
        """The score with its reasons; their points add up to it."""
        value = float(self.values[row, place])
        shares = list(self._shares(row, place)) if value else []
        points = share_out(value, [share for _, share in shares])
        reasons = [
            Reason(reason.kind, reason.term, point, reason.field, reason.related_to)
            for (reason, _), point in zip(shares, points, strict=True)
            if point
        ]
        return Score(value, tuple(sorted(reasons, key=lambda reason: -reason.points)))

    def excluding(self, row: int, place: int) -> list[Keyword]:
        """The excluding keywords that a paper holds."""
        return [p.keyword for p in self._kind(place, KeywordKind.EXCLUDE) if self.presence[row, p.unit]]

    def missing(self, row: int, place: int) -> list[Keyword]:
        """The required keywords that a paper lacks."""
        return [p.keyword for p in self._kind(place, KeywordKind.REQUIRE) if not self.presence[row, p.unit]]

    def _kind(self, place: int, kind: KeywordKind) -> Iterator[Pull]:
        return (pull for pull in self.packed.pulls[place] if pull.keyword.kind is kind)

    def _shares(self, row: int, place: int) -> Iterator[tuple[Reason, float]]:
        for pull in self.packed.pulls[place]:
            if pull.keyword.kind is not KeywordKind.EXCLUDE and self.evidence[row, pull.unit]:
                yield from self._hit(row, pull)
        trending = is_trending(self.profiles[place])
        yield Reason(ReasonKind.VOTES, "votes", 0.0), 1.0 if trending else float(self.votes[row])

    def _hit(self, row: int, pull: Pull) -> Iterator[tuple[Reason, float]]:
        unit = self.packed.units[pull.unit]
        kind = {Field.AUTHOR: ReasonKind.AUTHOR, Field.ORG: ReasonKind.ORGANISATION}.get(
            unit.field, ReasonKind.KEYWORD
        )
        kind = ReasonKind.FEEDBACK if pull.origin else kind
        by_place = self.lookup.by_place(row, pull.unit)
        for place, strength in zip(_PLACES, by_place, strict=True):
            if strength:
                yield Reason(kind, unit.text, 0.0, place), pull.weight * strength


def is_trending(profile: Profile) -> bool:
    """Nothing is asked for (exclusions aside): the profile follows what everybody votes for."""
    return all(keyword.kind is KeywordKind.EXCLUDE for keyword in profile.keywords)


def score_all(
    candidates: Sequence[Candidate],
    packed: Packed,
    profiles: Sequence[Profile],
    corpus: Corpus,
    *,
    now: datetime,
) -> Scored:
    """Every candidate for every profile, in one sparse product."""
    lookup = Lookup(packed.units, corpus)
    lookup.read([read(candidate.paper) for candidate in candidates])
    evidence, presence = lookup.hits(), lookup.presence()
    trends = np.array([trending_score(c.upvotes, age_hours(c.day, now)) for c in candidates])
    votes = np.array([vote_evidence(candidate.upvotes) for candidate in candidates])
    raw = raw_scores(evidence, packed)
    raw = np.where(raw > 0, raw + votes[:, None], raw)
    values = calibrated(raw)
    for place, profile in enumerate(profiles):
        if is_trending(profile):
            values[:, place] = raw[:, place] = trends
    values = np.round(values, 1)
    return Scored(
        candidates, profiles, packed, lookup, lookup.counts, evidence, presence, votes, raw, values,
        kept_out(presence, packed), lacking(presence, packed),
    )  # fmt: skip


def vote_evidence(upvotes: int) -> float:
    """A small term that saturates: half of ``VOTES_SHARE`` at ``VOTES_HALF`` upvotes."""
    return VOTES_SHARE * upvotes / (upvotes + VOTES_HALF)
