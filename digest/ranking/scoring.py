"""Scores of candidates × profiles as arrays, and the same scores taken apart into reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Candidate, Field, Keyword, KeywordKind, Profile, Reason, ReasonKind, Score
from digest.ranking.calibration import calibrated
from digest.ranking.corpus import Corpus
from digest.ranking.evidence import Lookup
from digest.ranking.product import Dense, Packed, Pull, kept_out, lacking, pack, raw_scores
from digest.ranking.reasons import TENTHS, share_out
from digest.ranking.relations import Relation, related
from digest.ranking.space import Rows
from digest.ranking.tally import read_all
from digest.ranking.terms import word_term
from digest.ranking.trending import age_hours, trending_score

VOTES_MOST = 0.25
"""Evidence that very many votes add: enough to order near-ties, never to lift a paper over a keyword."""
VOTES_HALF = 30
"""Upvotes that give half of it: a little above what a paper settles at (median 12, upper quartile 28)."""
NAMED_TERMS = 2
"""Terms a related share is named by."""
_PLACES = (Field.TITLE, Field.ABSTRACT, Field.ANY)


class What:
    """A reason without its points. Those with points are made once: thousands of readers share them."""

    def __init__(self, kind: ReasonKind, term: str, field: Field | None = None, related_to: str = "") -> None:
        self.kind, self.term, self.field, self.related_to = kind, term, field, related_to
        self._made: dict[float, Reason] = {}

    def earning(self, points: float) -> Reason:
        """The reason with its points, a multiple of a tenth."""
        made = self._made.get(points)
        if made is None:
            made = self._made[points] = Reason(self.kind, self.term, points, self.field, self.related_to)
        return made


_VOTES = What(ReasonKind.VOTES, "votes")


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

    def orders(self) -> NDArray[np.intp]:
        """Papers × profiles: the rows from best to worst for each profile, as ``order`` has them."""
        first = sorted(range(len(self.candidates)), key=self._before)
        ties = np.array(first, dtype=np.intp)
        return np.asarray(ties[np.argsort(-self.raw[ties], axis=0, kind="stable")])

    def _before(self, row: int) -> tuple[int, str]:
        candidate = self.candidates[row]
        return -candidate.upvotes, candidate.paper.id

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
        return Score(value, tuple([what.earning(point) for point, what in told]))

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
        known_hits, known_kinships = self._known_hits, self._known_kinships
        shares: list[tuple[What, float]] = []
        for unit, own, near, fed in self._addends(place):
            if unit in hits:
                found = known_hits.get((row, unit, fed)) or self._hits(row, unit, fed=fed)
                shares += [(what, own * strength) for what, strength in found]
            if near and unit in related:
                what = known_kinships.get((row, unit)) or self._kinship(row, unit)
                shares.append((what, near * related[unit]))
        shares.append((_VOTES, float(self.votes[row])))
        return shares

    def _addends(self, place: int) -> list[tuple[int, float, float, bool]]:
        """What can speak for a paper: unit, weights of hits and of what is related, fed back or not."""
        known = self._known_addends.get(place)
        if known is None:
            known = self._known_addends[place] = [
                (pull.unit, pull.hits, pull.related, pull.origin is not None)
                for pull in self.packed.pulls[place]
                if pull.keyword.kind is not KeywordKind.EXCLUDE
            ]
        return known

    @cached_property
    def _known_addends(self) -> dict[int, list[tuple[int, float, float, bool]]]:
        return {}

    @cached_property
    def _known_hits(self) -> dict[tuple[int, int, bool], list[tuple[What, float]]]:
        return {}

    @cached_property
    def _known_kinships(self) -> dict[tuple[int, int], What]:
        return {}

    def _hits(self, row: int, place: int, *, fed: bool) -> list[tuple[What, float]]:
        """Where a paper speaks of a unit and how strongly; the same for every profile."""
        unit = self.packed.units[place]
        kind = ReasonKind.FEEDBACK if fed else _KINDS.get(unit.field, ReasonKind.KEYWORD)
        named = kind in (ReasonKind.AUTHOR, ReasonKind.ORGANISATION)
        known = self._known_hits[row, place, fed] = [
            (What(kind, unit.text, unit.field if named else where), strength)
            for where, strength in zip(_PLACES, self.lookup.by_place(row, place), strict=True)
            if strength
        ]
        return known

    def _kinship(self, row: int, place: int) -> What:
        """What makes a paper related to a keyword, most telling first; the same for every profile."""
        terms = ", ".join(self._telling(row, place)) or "papers like it"
        known = self._known_kinships[row, place] = What(
            ReasonKind.LEARNT, terms, None, self.packed.units[place].text
        )
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
        heaviest = (space.shown[place] for _, place in sorted(shares, reverse=True))
        return list(islice(_fresh(heaviest, set(self.packed.units[unit].words)), NAMED_TERMS))


def _fresh(terms: Iterable[str], said: set[str]) -> Iterator[str]:
    """The terms that say something beyond the words already ``said`` and each other."""
    for term in terms:
        words = {word_term(word) for word in term.split()}
        if not words & said:
            said |= words
            yield term


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
    packed = pack(profiles, corpus.relations)
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
    return related(relations, corpus.space, rows, hits)


def vote_evidence(upvotes: int) -> float:
    """A small term that saturates: half of ``VOTES_MOST`` at ``VOTES_HALF`` upvotes."""
    return VOTES_MOST * upvotes / (upvotes + VOTES_HALF)
