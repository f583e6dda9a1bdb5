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

from digest.model import Candidate, Field, Keyword, KeywordKind, Profile, ReasonKind, Score
from digest.ranking.calibration import calibrated
from digest.ranking.corpus import Corpus
from digest.ranking.evidence import Lookup
from digest.ranking.product import Dense, Packed, Pull, kept_out, lacking, pack, raw_scores
from digest.ranking.reasons import TENTHS, Floats, Ints, share_out
from digest.ranking.relations import Relation, related
from digest.ranking.shares import FED, HITS, NEAR, Addends, Asked, Phrasebook, Said, What, spans
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

    def orders(self) -> NDArray[np.intp]:
        """Papers × profiles: the rows from best to worst for each profile.

        Of papers with the same score the newer day comes first, so that a digest that catches up begins with
        what is fresh; then evidence, upvotes and id decide.
        """
        ties = np.array(sorted(range(len(self.candidates)), key=self._before), dtype=np.intp)
        days = {day: number for number, day in enumerate(sorted({one.day for one in self.candidates}))}
        fresh = np.array([days[one.day] for one in self.candidates], dtype=np.float64)[:, None]
        raw = np.maximum(self.raw, 0.0)
        below_one = raw / (1 + raw.max(initial=0.0))
        worth = np.round(self.values * TENTHS) * len(days) + fresh + below_one
        return np.asarray(ties[np.argsort(-worth[ties], axis=0, kind="stable")])

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
        return self.scores([row], [place])[0]

    def scores(self, rows: Sequence[int], places: Sequence[int]) -> list[Score]:
        """``score`` for many papers and profiles, pair by pair."""
        if not rows:
            return []
        values = self.values[rows, places]
        entry, numbers, raw = self._shares(np.array(rows), np.array(places))
        tenths = share_out(values, entry, raw)
        told = np.lexsort((-tenths, entry))
        told = told[tenths[told] != 0]
        whats = self._book.whats
        reasons = [
            whats[number].earning(points)
            for number, points in zip(numbers[told].tolist(), tenths[told].tolist(), strict=True)
        ]
        ends = np.cumsum(np.bincount(entry[told], minlength=len(rows))).tolist()
        return [
            Score(value, tuple(reasons[start:end]))
            for value, start, end in zip(values.tolist(), [0, *ends], ends, strict=False)
        ]

    def excluding(self, row: int, place: int) -> list[Keyword]:
        """The excluding keywords that a paper holds."""
        return [p.keyword for p in self._kind(place, KeywordKind.EXCLUDE) if self.presence[row, p.unit]]

    def missing(self, row: int, place: int) -> list[Keyword]:
        """The required keywords that a paper lacks."""
        return [p.keyword for p in self._kind(place, KeywordKind.REQUIRE) if not self.presence[row, p.unit]]

    def _kind(self, place: int, kind: KeywordKind) -> Iterator[Pull]:
        return (pull for pull in self.packed.pulls[place] if pull.keyword.kind is kind)

    def _shares(self, rows: Ints, places: Ints) -> tuple[Ints, Ints, Floats]:
        """What speaks for each paper and profile: which of them, the number of what, its share of evidence.

        In the order of the profile's keywords, hits before what is related, votes last.
        """
        owner, addend = self._addends.of_profiles(places)
        row, unit = rows[owner], self._addends.units[addend]
        hits = np.flatnonzero(self._strengths[0][row, unit])
        near = np.flatnonzero(self._strengths[1][row, unit] * self._addends.related[addend])
        fed = self._addends.fed[addend[hits]]
        at, words, strengths = self._say(row[hits], unit[hits], np.where(fed, FED, HITS))
        beside, kin, kinship = self._say(row[near], unit[near], np.full(len(near), NEAR))
        pulls = [hits[at], near[beside]]
        entry = np.concatenate([owner[pulls[0]], owner[pulls[1]], np.arange(len(rows))])
        raw = np.concatenate(
            [
                self._addends.hits[addend[pulls[0]]] * strengths,
                self._addends.related[addend[pulls[1]]] * kinship,
                np.where(self._silent[places], 1.0, self.votes[rows]),
            ]
        )
        numbers = np.concatenate([words, kin, np.zeros(len(rows), dtype=np.intp)])
        turn = np.concatenate([2 * pulls[0], 2 * pulls[1] + 1, np.full(len(rows), 2 * len(owner))])
        order = np.lexsort((turn, entry))
        return entry[order], numbers[order], raw[order]

    def _say(self, rows: Ints, units: Ints, manners: Ints) -> tuple[Ints, Ints, Floats]:
        """What papers say of units: which of them, the number of what, its strength."""
        keys, place = np.unique((rows * len(self.packed.units) + units) * 3 + manners, return_inverse=True)
        pairs, manner = np.divmod(keys, 3)
        papers, asked = np.divmod(pairs, len(self.packed.units))
        all_asked = zip(papers.tolist(), asked.tolist(), manner.tolist(), strict=True)
        counts, numbers, strengths = self._book.look_up(all_asked, self._said)
        starts = np.cumsum(counts) - counts
        owner, at = spans(starts[place], counts[place])
        return owner, numbers[at], strengths[at]

    @cached_property
    def _book(self) -> Phrasebook:
        return Phrasebook([_VOTES])

    @cached_property
    def _silent(self) -> NDArray[np.bool_]:
        """Profiles for which votes alone speak."""
        return np.array([is_trending(profile) for profile in self.profiles], dtype=np.bool_)

    @cached_property
    def _addends(self) -> Addends:
        return Addends.of(self.packed, self._silent.tolist())

    @cached_property
    def _strengths(self) -> tuple[Floats, Floats]:
        return self.hits.toarray(), self.related.toarray()

    def _said(self, asked: Asked) -> Said:
        """What a paper says of a unit, and how strongly; the same for every profile."""
        row, place, manner = asked
        unit = self.packed.units[place]
        if manner == NEAR:
            terms = ", ".join(self._telling(row, place)) or "papers like it"
            what = What(ReasonKind.LEARNT, terms, None, unit.text)
            return [(what, float(self._strengths[1][row, place]))]
        kind = ReasonKind.FEEDBACK if manner == FED else _KINDS.get(unit.field, ReasonKind.KEYWORD)
        named = kind in (ReasonKind.AUTHOR, ReasonKind.ORGANISATION)
        return [
            (What(kind, unit.text, unit.field if named else where), strength)
            for where, strength in zip(_PLACES, self.lookup.by_place(row, place), strict=True)
            if strength
        ]

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
