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
from digest.ranking.evidence import Lookup
from digest.ranking.product import Dense, Packed, Pull, kept_out, lacking, pack, raw_scores
from digest.ranking.reasons import TENTHS, share_out
from digest.ranking.relations import Relation, related, trust_in
from digest.ranking.space import Rows
from digest.ranking.tally import read_all
from digest.ranking.trending import age_hours, trending_score

VOTES_MOST = 0.5
"""Evidence that very many votes add: enough to order near-ties, never to lift a paper over a keyword."""
VOTES_HALF = 30
"""Upvotes that give half of it: a little above what a paper settles at (median 12, upper quartile 28)."""
NAMED_TERMS = 2
"""Terms a related share is named by."""
What = tuple[ReasonKind, str, Field | None, str]
"""Kind, term, field and what it is related to: a reason without its points."""
_VOTES: What = (ReasonKind.VOTES, "votes", None, "")
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
        return np.asarray(self._likeness[np.ix_(rows, rows)])

    @cached_property
    def _likeness(self) -> NDArray[np.floating]:
        space = self.corpus.space
        if space is None or self.rows is None:
            return np.eye(len(self.candidates))
        latent = space.project(space.weigh(self.rows))
        return np.asarray(latent @ latent.T)

    def score(self, row: int, place: int) -> Score:
        """The score with its reasons; their points add up to it."""
        value = float(self.values[row, place])
        if not value:
            return Score(value)
        shares = self._shares(row, place)
        points = share_out(value, [share for _, share in shares])
        told = [(point, what) for (what, _), point in zip(shares, points, strict=True) if point]
        told.sort(key=_most_first)
        return Score(value, tuple(Reason(kind, term, p, field, to) for p, (kind, term, field, to) in told))

    def excluding(self, row: int, place: int) -> list[Keyword]:
        """The excluding keywords that a paper holds."""
        return [p.keyword for p in self._kind(place, KeywordKind.EXCLUDE) if self.presence[row, p.unit]]

    def missing(self, row: int, place: int) -> list[Keyword]:
        """The required keywords that a paper lacks."""
        return [p.keyword for p in self._kind(place, KeywordKind.REQUIRE) if not self.presence[row, p.unit]]

    def _kind(self, place: int, kind: KeywordKind) -> Iterator[Pull]:
        return (pull for pull in self.packed.pulls[place] if pull.keyword.kind is kind)

    def _shares(self, row: int, place: int) -> list[tuple[What, float]]:
        """What speaks for a paper, with its share of the evidence."""
        if is_trending(self.profiles[place]):
            return [(_VOTES, 1.0)]
        hits, related = self._entries["hits", row], self._entries["related", row]
        shares: list[tuple[What, float]] = []
        for pull in self.packed.pulls[place]:
            if pull.keyword.kind is KeywordKind.EXCLUDE:
                continue
            if pull.unit in hits:
                found = self._hits(row, pull.unit, fed=pull.origin is not None)
                shares += [(what, pull.hits * strength) for what, strength in found]
            if pull.related and pull.unit in related:
                what = self._kinship(row, pull.unit)
                shares.append((what, pull.related * related[pull.unit]))
        shares.append((_VOTES, float(self.votes[row])))
        return shares

    @cached_property
    def _known_hits(self) -> dict[tuple[int, int, bool], list[tuple[What, float]]]:
        return {}

    def _hits(self, row: int, place: int, *, fed: bool) -> list[tuple[What, float]]:
        """Where a paper speaks of a unit and how strongly; the same for every profile."""
        known = self._known_hits.get((row, place, fed))
        if known is None:
            unit = self.packed.units[place]
            kind = ReasonKind.FEEDBACK if fed else _KINDS.get(unit.field, ReasonKind.KEYWORD)
            named = kind in (ReasonKind.AUTHOR, ReasonKind.ORGANISATION)
            known = self._known_hits[row, place, fed] = [
                ((kind, unit.text, unit.field if named else where, ""), strength)
                for where, strength in zip(_PLACES, self.lookup.by_place(row, place), strict=True)
                if strength
            ]
        return known

    def _kinship(self, row: int, place: int) -> What:
        return ReasonKind.LEARNT, self._shared_terms(row, place), None, self.packed.units[place].text

    @cached_property
    def _named(self) -> dict[tuple[int, int], str]:
        return {}

    def _shared_terms(self, row: int, unit: int) -> str:
        """What makes a paper related to a keyword, most telling first; the same for every profile."""
        known = self._named.get((row, unit))
        if known is None:
            known = self._named[row, unit] = ", ".join(self._telling(row, unit)) or "papers like it"
        return known

    def _telling(self, row: int, unit: int) -> list[str]:
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


def _most_first(told: tuple[float, What]) -> float:
    return -told[0]


_KINDS = {Field.AUTHOR: ReasonKind.AUTHOR, Field.ORG: ReasonKind.ORGANISATION}


def is_trending(profile: Profile) -> bool:
    """Nothing is asked for (exclusions aside): the profile follows what everybody votes for."""
    return all(keyword.kind is KeywordKind.EXCLUDE for keyword in profile.keywords)


def score_all(
    candidates: Sequence[Candidate], profiles: Sequence[Profile], corpus: Corpus, *, now: datetime
) -> Scored:
    """Every candidate for every profile, in one sparse product."""
    packed = pack(profiles, corpus.relations, trust_in(corpus.space))
    lookup, hits, presence, rows, near = _read_day(candidates, packed, corpus)
    votes = np.array([vote_evidence(candidate.upvotes) for candidate in candidates])
    raw = raw_scores(sparse.hstack([hits, near], format="csr"), packed)
    raw = np.where(raw > 0, raw + votes[:, None], raw)
    values = calibrated(raw)
    _follow_votes(values, raw, candidates, profiles, now)
    return Scored(
        candidates, profiles, corpus, packed, lookup, hits, near, rows, presence, votes, raw,
        np.round(values * TENTHS) / TENTHS, kept_out(presence, packed), lacking(presence, packed),
    )  # fmt: skip


def _read_day(
    candidates: Sequence[Candidate], packed: Packed, corpus: Corpus
) -> tuple[Lookup, Rows, Rows, Rows | None, Rows]:
    """The day's papers looked up for all units: hits, presence, rows in the space, and what is related."""
    lookup = Lookup(packed.units, corpus)
    texts = read_all([candidate.paper for candidate in candidates])
    lookup.read(texts)
    frequencies = lookup.frequencies()
    hits = (frequencies @ lookup.weights).tocsr()
    presence = ((frequencies > 0) @ lookup.phrases).tocsr()
    rows = corpus.rows_of(texts) if corpus.space else None
    return lookup, hits, presence, rows, _related(packed.relations, corpus, rows, hits)


def evidence_of_day(candidates: Sequence[Candidate], packed: Packed, corpus: Corpus) -> tuple[Rows, Rows]:
    """For many profiles: evidence (papers × [hits | related]) and presence (papers × units)."""
    _, hits, presence, _, near = _read_day(candidates, packed, corpus)
    return sparse.hstack([hits, near], format="csr"), presence


def _follow_votes(
    values: Dense, raw: Dense, candidates: Sequence[Candidate], profiles: Sequence[Profile], now: datetime
) -> None:
    """Give trending profiles their scores, in place."""
    trends = np.array([trending_score(c.upvotes, age_hours(c.day, now)) for c in candidates])
    for place, profile in enumerate(profiles):
        if is_trending(profile):
            values[:, place] = raw[:, place] = trends


def _related(relations: Sequence[Relation | None], corpus: Corpus, rows: Rows | None, hits: Rows) -> Rows:
    if corpus.space is None or rows is None:
        return sparse.csr_matrix(hits.shape)
    return related(relations, corpus.space, rows)


def vote_evidence(upvotes: int) -> float:
    """A small term that saturates: half of ``VOTES_MOST`` at ``VOTES_HALF`` upvotes."""
    return VOTES_MOST * upvotes / (upvotes + VOTES_HALF)
