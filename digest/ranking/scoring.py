"""Scores of candidates × profiles as arrays, and the same scores taken apart into reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Candidate, Field, Keyword, KeywordKind, Profile, Reason, ReasonKind, Score
from digest.ranking.calibration import calibrated
from digest.ranking.corpus import Corpus
from digest.ranking.evidence import Lookup, saturated
from digest.ranking.product import Dense, Packed, Pull, kept_out, lacking, pack, raw_scores
from digest.ranking.reasons import TENTHS, share_out
from digest.ranking.relations import Relation, related, trust_in
from digest.ranking.space import Rows
from digest.ranking.terms import read
from digest.ranking.trending import age_hours, trending_score

VOTES_MOST = 0.5
"""Evidence that very many votes add: enough to order near-ties, never to lift a paper over a keyword."""
VOTES_HALF = 30
"""Upvotes that give half of it: a little above what a paper settles at (median 12, upper quartile 28)."""
NAMED_TERMS = 2
"""Terms a related share is named by."""
_PLACES = (Field.TITLE, Field.ABSTRACT, Field.ANY)


@dataclass(frozen=True)
class Scored:
    """Candidates × profiles: ``values`` on the scale 0 to 10 in tenths, ``raw`` the evidence behind them.

    ``hits`` and ``related`` are papers × units; ``rows`` the papers in the corpus's space of terms (None
    without).
    """

    candidates: Sequence[Candidate]
    profiles: Sequence[Profile]
    corpus: Corpus
    packed: Packed
    lookup: Lookup
    hits: Rows
    related: Rows
    rows: Rows | None
    presence: Rows
    votes: NDArray[np.float64]
    raw: NDArray[np.float64]
    values: NDArray[np.float64]
    kept_out: NDArray[np.bool_]
    lacking: NDArray[np.bool_]

    def order(self, place: int, among: Sequence[int]) -> list[int]:
        """Rows from best to worst for one profile; ties by upvotes, then by id."""
        raw = self.raw[:, place]
        return sorted(
            among, key=lambda row: (-raw[row], -self.candidates[row].upvotes, self.candidates[row].paper.id)
        )

    @cached_property
    def _entries(self) -> _Entries:
        return _Entries({"hits": self.hits, "related": self.related, "rows": self.rows})

    def likeness(self, rows: Sequence[int]) -> NDArray[np.floating]:
        """Latent cosines between papers; the identity while the store is too small to tell."""
        space = self.corpus.space
        if space is None or self.rows is None:
            return np.eye(len(rows))
        latent = space.project(space.weigh(self.rows[rows]))
        return np.asarray(latent @ latent.T)

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
        if is_trending(self.profiles[place]):
            yield Reason(ReasonKind.VOTES, "votes", 0.0), 1.0
            return
        for pull in self.packed.pulls[place]:
            if pull.keyword.kind is not KeywordKind.EXCLUDE:
                yield from self._hit(row, pull)
                yield from self._related(row, pull)
        yield Reason(ReasonKind.VOTES, "votes", 0.0), float(self.votes[row])

    def _hit(self, row: int, pull: Pull) -> Iterator[tuple[Reason, float]]:
        if pull.unit not in self._entries["hits", row]:
            return
        unit = self.packed.units[pull.unit]
        kind = ReasonKind.FEEDBACK if pull.origin else _KINDS.get(unit.field, ReasonKind.KEYWORD)
        named = kind in (ReasonKind.AUTHOR, ReasonKind.ORGANISATION)
        for place, strength in zip(_PLACES, self.lookup.by_place(row, pull.unit), strict=True):
            if strength:
                yield Reason(kind, unit.text, 0.0, unit.field if named else place), pull.hits * strength

    def _related(self, row: int, pull: Pull) -> Iterator[tuple[Reason, float]]:
        strength = self._entries["related", row].get(pull.unit, 0.0)
        if strength and pull.related:
            text = self.packed.units[pull.unit].text
            terms = ", ".join(self._shared_terms(row, pull.unit)) or "papers like it"
            yield Reason(ReasonKind.LEARNT, terms, 0.0, related_to=text), pull.related * float(strength)

    def _shared_terms(self, row: int, unit: int) -> list[str]:
        """The terms that make a paper related to a keyword, most telling first."""
        relation, space = self.packed.relations[unit], self.corpus.space
        if relation is None or space is None or self.rows is None:
            return []
        held = self._entries["rows", row]
        shares = [
            (held[place] * float(space.idf[place]) * float(weight), place)
            for place, weight in zip(relation.places.tolist(), relation.weights.tolist(), strict=True)
            if place in held
        ]
        return [space.shown[place] for _, place in sorted(shares, reverse=True)[:NAMED_TERMS]]


class _Entries(dict[tuple[str, int], dict[int, float]]):
    """Rows of sparse matrices as dictionaries, made when first asked for."""

    def __init__(self, matrices: dict[str, Rows | None]) -> None:
        super().__init__()
        self.matrices = matrices

    def __missing__(self, key: tuple[str, int]) -> dict[int, float]:
        name, row = key
        matrix = self.matrices[name]
        if matrix is None:
            return {}
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        self[key] = dict(zip(matrix.indices[span].tolist(), matrix.data[span].tolist(), strict=True))
        return self[key]


_KINDS = {Field.AUTHOR: ReasonKind.AUTHOR, Field.ORG: ReasonKind.ORGANISATION}


def is_trending(profile: Profile) -> bool:
    """Nothing is asked for (exclusions aside): the profile follows what everybody votes for."""
    return all(keyword.kind is KeywordKind.EXCLUDE for keyword in profile.keywords)


def score_all(
    candidates: Sequence[Candidate], profiles: Sequence[Profile], corpus: Corpus, *, now: datetime
) -> Scored:
    """Every candidate for every profile, in one sparse product."""
    packed = pack(profiles, corpus.relations, trust_in(corpus.space))
    lookup = Lookup(packed.units, corpus)
    lookup.read([read(candidate.paper) for candidate in candidates])
    frequencies = lookup.frequencies()
    hits = (frequencies @ lookup.weights).tocsr()
    presence = ((frequencies > 0) @ lookup.phrases).tocsr()
    rows = _space_rows(lookup, corpus)
    near = _related(packed.relations, corpus, rows, hits)
    votes = np.array([vote_evidence(candidate.upvotes) for candidate in candidates])
    raw = raw_scores(sparse.hstack([hits, near], format="csr"), packed)
    raw = np.where(raw > 0, raw + votes[:, None], raw)
    values = calibrated(raw)
    _follow_votes(values, raw, candidates, profiles, now)
    return Scored(
        candidates, profiles, corpus, packed, lookup, hits, near, rows, presence, votes, raw,
        np.round(values * TENTHS) / TENTHS, kept_out(presence, packed), lacking(presence, packed),
    )  # fmt: skip


def _follow_votes(
    values: Dense, raw: Dense, candidates: Sequence[Candidate], profiles: Sequence[Profile], now: datetime
) -> None:
    """Give trending profiles their scores, in place."""
    trends = np.array([trending_score(c.upvotes, age_hours(c.day, now)) for c in candidates])
    for place, profile in enumerate(profiles):
        if is_trending(profile):
            values[:, place] = raw[:, place] = trends


def _space_rows(lookup: Lookup, corpus: Corpus) -> Rows | None:
    if corpus.space is None:
        return None
    index = corpus.space.index
    return corpus.space.rows(
        [
            {term: saturated(counts[term], norm) for term in counts.keys() & index.keys()}
            for counts, norm in zip(lookup.all_counts, lookup.norms, strict=True)
        ]
    )


def _related(relations: Sequence[Relation | None], corpus: Corpus, rows: Rows | None, hits: Rows) -> Rows:
    if corpus.space is None or rows is None:
        return sparse.csr_matrix(hits.shape)
    return related(relations, corpus.space, rows)


def vote_evidence(upvotes: int) -> float:
    """A small term that saturates: half of ``VOTES_MOST`` at ``VOTES_HALF`` upvotes."""
    return VOTES_MOST * upvotes / (upvotes + VOTES_HALF)
