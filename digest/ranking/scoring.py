"""Scores of candidates × profiles as arrays, and the same scores taken apart into reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from digest.model import Candidate, Keyword, KeywordKind, Profile, Score
from digest.ranking.board import Board
from digest.ranking.calibration import calibrated
from digest.ranking.corpus import Corpus
from digest.ranking.product import Packed, kept_out, lacking, pack, raw_scores
from digest.ranking.reasons import TENTHS, Floats, Ints, share_out, spans
from digest.ranking.shares import FED, HITS, NEAR
from digest.ranking.telling import grounds_told
from digest.ranking.trending import age_hours, trending_score
from digest.ranking.vocabulary import Vocabulary

VOTES_MOST = 0.25
"""Evidence that very many votes add: enough to order near-ties, never to lift a paper over a keyword."""
VOTES_HALF = 30
"""Upvotes that give half of it: a little above what a paper settles at (median 12, upper quartile 28)."""


@dataclass(frozen=True)
class Scored:
    """Candidates × profiles: ``values`` on the scale 0 to 10 in tenths, ``raw`` the evidence behind them."""

    candidates: Sequence[Candidate]
    board: Board
    profiles: Sequence[Profile]
    packed: Packed
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
        grounds = grounds_told(self.board.book, len(rows), entry[told], numbers[told], tenths[told])
        return [Score.told(value, why) for value, why in zip(values.tolist(), grounds, strict=True)]

    def excluding(self, row: int, place: int) -> list[Keyword]:
        """The excluding keywords that a paper holds."""
        return [keyword for keyword, held in self.holding(place, KeywordKind.EXCLUDE) if held[row]]

    def missing(self, row: int, place: int) -> list[Keyword]:
        """The required keywords that a paper lacks."""
        return [keyword for keyword, held in self.holding(place, KeywordKind.REQUIRE) if not held[row]]

    def holding(self, place: int, *kinds: KeywordKind) -> list[tuple[Keyword, NDArray[np.bool_]]]:
        """The keywords of a profile, of these kinds, and which papers hold each."""
        keywords = self.profiles[place].keywords
        units = self.packed.pulls.units[self.packed.pulls.bounds[place] :]
        return [
            (keyword, self.board.presence[unit])
            for keyword, unit in zip(keywords, units[: len(keywords)].tolist(), strict=True)
            if keyword.kind in kinds
        ]

    def _shares(self, rows: Ints, places: Ints) -> tuple[Ints, Ints, Floats]:
        """What speaks for each paper and profile: which of them, the number of what, its share of evidence.

        In the order of the profile's keywords, hits before what is related, votes last.
        """
        speaking = self.packed.speaking
        owner, pull = speaking.of_profiles(places)
        row, unit = rows[owner], speaking.units[pull]
        hits = np.flatnonzero(self.board.evidence[0, unit, row])
        near = np.flatnonzero(self.board.evidence[1, unit, row] * speaking.related[pull])
        fed = speaking.fed[pull[hits]]
        at, words, strengths = self._say(row[hits], unit[hits], np.where(fed, FED, HITS))
        beside, kin, kinship = self._say(row[near], unit[near], np.full(len(near), NEAR))
        pulls = [hits[at], near[beside]]
        entry = np.concatenate([owner[pulls[0]], owner[pulls[1]], np.arange(len(rows))])
        raw = np.concatenate(
            [
                speaking.hits[pull[pulls[0]]] * strengths,
                speaking.related[pull[pulls[1]]] * kinship,
                np.where(self.packed.silent[places], 1.0, self.votes[rows]),
            ]
        )
        numbers = np.concatenate([words, kin, np.full(len(rows), self.board.book.votes)])
        turn = np.concatenate([2 * pulls[0], 2 * pulls[1] + 1, np.full(len(rows), 2 * len(owner))])
        order = np.lexsort((turn, entry))
        return entry[order], numbers[order], raw[order]

    def _say(self, rows: Ints, units: Ints, manners: Ints) -> tuple[Ints, Ints, Floats]:
        """What papers say of units: which of them, the number of what, its strength."""
        known = len(self.board.vocabulary)
        keys, place = np.unique((rows * known + units) * 3 + manners, return_inverse=True)
        pairs, manner = np.divmod(keys, 3)
        papers, asked = np.divmod(pairs, known)
        all_asked = list(zip(papers.tolist(), asked.tolist(), manner.tolist(), strict=True))
        counts, numbers, strengths = self.board.book.look_up(all_asked, self.board.said)
        starts = np.cumsum(counts) - counts
        owner, at = spans(starts[place], counts[place])
        return owner, numbers[at], strengths[at]


def score_all(
    candidates: Sequence[Candidate], profiles: Sequence[Profile], corpus: Corpus, *, now: datetime
) -> Scored:
    """Every candidate for every profile, in one sparse product."""
    board = Board([candidate.paper for candidate in candidates], corpus, Vocabulary(corpus.relations))
    return score_on(board, candidates, profiles, now=now)


def score_on(
    board: Board, candidates: Sequence[Candidate], profiles: Sequence[Profile], *, now: datetime
) -> Scored:
    """``score_all`` where the candidates' papers stand on a board that may have been asked before."""
    packed = pack(profiles, board.vocabulary)
    board.read()
    votes = np.array([vote_evidence(candidate.upvotes) for candidate in candidates])
    raw = raw_scores(packed, board.evidence)
    raw = np.where(raw > 0, raw + votes[:, None], raw)
    values = calibrated(raw)
    trends = np.array([trending_score(c.upvotes, age_hours(c.day, now)) for c in candidates])
    values[:, packed.silent] = raw[:, packed.silent] = trends[:, None]
    return Scored(
        candidates,
        board,
        profiles,
        packed,
        votes,
        raw,
        np.round(values * TENTHS) / TENTHS,
        kept_out(packed, board.presence),
        lacking(packed, board.presence),
    )


def vote_evidence(upvotes: int) -> float:
    """A small term that saturates: half of ``VOTES_MOST`` at ``VOTES_HALF`` upvotes."""
    return VOTES_MOST * upvotes / (upvotes + VOTES_HALF)
