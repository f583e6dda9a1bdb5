"""Scores of candidates × profiles as arrays, and the same scores taken apart into reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.model import Candidate, Keyword, KeywordKind, Profile, Score
from digest.model.grounds import split_grounds
from digest.ranking.board import Board
from digest.ranking.calibration import calibrated
from digest.ranking.language import format_profile
from digest.ranking.product import Packed, kept_out, lacking, pack, raw_scores
from digest.ranking.reasons import TENTHS, Floats, Ints, by_owner, share_out, true_cells
from digest.ranking.shares import MANNERS
from digest.ranking.telling import grounds_told
from digest.ranking.trending import age_hours, trending_score
from digest.ranking.vocabulary import Mask

VOTES_MOST = 0.25
"""Evidence that very many votes add: enough to order near-ties, never to lift a paper over a keyword."""
VOTES_HALF = 30
"""Upvotes that give half of it: a little above what a paper settles at (median 12, upper quartile 28)."""


class Shares(NamedTuple):
    """What speaks for papers: of each share, ``owners`` (ascending) says for which, ``numbers`` is its number
    in the phrasebook, ``tenths`` of a point what it gives. Of one paper's the greatest comes first.
    """

    owners: Ints
    numbers: NDArray[np.int32]
    tenths: Ints


@dataclass(frozen=True)
class Scored:
    """Candidates × profiles: ``raw`` is the evidence, ``values`` the scores, 0 to 10 in tenths.

    ``strengths`` and ``presence`` are the board's, of the voices and units that the profiles ask for.
    """

    candidates: Sequence[Candidate]
    board: Board
    profiles: Sequence[Profile]
    packed: Packed
    strengths: Floats
    presence: Mask
    votes: Floats
    raw: Floats
    kept_out: Mask
    lacking: Mask

    @cached_property
    def values(self) -> Floats:
        return self.values_at(*np.indices(self.raw.shape))

    def values_at(self, rows: Ints, places: Ints) -> Floats:
        """``values`` of these papers for these profiles, pair by pair."""
        raw = self._raw_at(rows, places)
        values = np.where(self.packed.silent[places], raw, calibrated(raw))
        return np.asarray(np.round(values * TENTHS) / TENTHS)

    def _raw_at(self, rows: Ints, places: Ints) -> Floats:
        """``raw`` of these papers for these profiles: by one index, in half the time that two take."""
        return self.raw.T.ravel().take(places * len(self.candidates) + rows)

    def in_order(self, rows: Ints, places: Ints, values: Floats) -> Ints:
        """How to put pairs of papers and profiles in order: by profile (``places`` ascend), best first.

        Of papers with the same score the newer day comes first, so that a digest that catches up begins with
        what is fresh; then evidence, upvotes and id decide.
        """
        days = 1 + self._fresh.max(initial=0)
        worth = np.rint(values * TENTHS).astype(np.intp) * days + self._fresh.take(rows)
        group = places * (1 + worth.max(initial=0)) - worth
        raw = np.maximum(self._raw_at(rows, places), 0.0)
        keys = group - raw / (1 + raw.max(initial=0))  # near ones may be rounded to the same
        order = np.argsort(keys)
        keys = keys.take(order)
        same = keys[1:] == keys[:-1]
        tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
        some = order.take(tied)
        exact = self._turns.take(rows.take(some)), -raw.take(some), group.take(some)
        order[tied] = some.take(np.lexsort(exact))
        return order

    @cached_property
    def _fresh(self) -> Ints:
        """Of each candidate its day's number, the newest the greatest."""
        days = {day: number for number, day in enumerate(sorted({one.day for one in self.candidates}))}
        return np.array([days[one.day] for one in self.candidates], dtype=np.intp)

    @cached_property
    def _turns(self) -> Ints:
        """Of each candidate its turn where nothing else decides."""
        turns = np.empty(len(self.candidates), dtype=np.intp)
        turns[sorted(range(len(turns)), key=self._before)] = np.arange(len(turns))
        return turns

    def _before(self, row: int) -> tuple[int, str]:
        candidate = self.candidates[row]
        return -candidate.upvotes, candidate.paper.id

    def scores(self, rows: Sequence[int], places: Sequence[int]) -> list[Score]:
        """Scores with their reasons, whose points add up to them, pair by pair."""
        at = np.array(rows, dtype=np.intp), np.array(places, dtype=np.intp)
        values = self.values_at(*at)
        grounds = grounds_told(self.board.book, len(rows), *self.shares(*at, values))
        return [Score(value, split_grounds(why)) for value, why in zip(values.tolist(), grounds, strict=True)]

    def shares(self, rows: Ints, places: Ints, values: Floats) -> Shares:
        """What speaks for papers, pair by pair, cut into tenths that add up to their values."""
        owners, numbers, raw = self._spoken(rows, places)
        tenths = share_out(values, owners, raw)
        told = np.flatnonzero(tenths != 0)
        owners, tenths = owners.take(told), tenths.take(told)
        order = by_owner(owners, -tenths)
        return Shares(owners, numbers.take(told.take(order)), tenths.take(order))

    def ruled_out(self, row: int, place: int) -> str:
        """By which keywords a paper is kept out, exclusions before requirements; nothing where it is not."""
        if self.kept_out[row, place]:
            excluding = [one for one, held in self.holding(place, KeywordKind.EXCLUDE) if held[row]]
            return "excluded by " + format_profile(excluding)
        if self.lacking[row, place]:
            missing = [one for one, held in self.holding(place, KeywordKind.REQUIRE) if not held[row]]
            return "required keyword missing: " + format_profile(missing)
        return ""

    def holding(self, place: int, *kinds: KeywordKind) -> list[tuple[Keyword, NDArray[np.bool_]]]:
        """The keywords of a profile, of these kinds, and which papers hold each."""
        keywords = self.profiles[place].keywords
        units = self.packed.asked[self.packed.bounds[place] :]
        return [
            (keyword, self.presence[unit])
            for keyword, unit in zip(keywords, units[: len(keywords)].tolist(), strict=True)
            if keyword.kind in kinds
        ]

    def _spoken(self, rows: Ints, places: Ints) -> tuple[Ints, NDArray[np.int32], Floats]:
        """What speaks for each paper and profile: which of them, the number of what, its share of evidence.

        In the order of the profile's keywords, hits before what is related, votes last.
        """
        asked = self.packed.speaking[places]
        counts = np.diff(asked.indptr)
        weights = asked.data
        weights[asked.indptr[1:] - 1] = np.where(self.packed.silent[places], 1.0, self.votes[rows])
        cells = asked.indices * len(self.candidates) + np.repeat(rows, counts)
        of, numbers = self.board.book.numbers(self._answers(cells))
        owners = np.repeat(np.arange(len(rows)), counts)
        return owners.take(of), numbers, weights.take(of) * self.board.book.strengths.take(numbers)

    def _answers(self, cells: NDArray[np.signedinteger]) -> NDArray[np.int32]:
        """What is said in cells of a table of voices × papers, below which papers say their votes.

        Few of the cells are different: those are marked in the table, looked up, and found there by all.
        """
        book, shape = self.board.book, (len(self.packed.voices) + 1, len(self.candidates))
        asked = np.zeros(shape, dtype=np.bool_)
        asked.ravel()[cells] = True
        at, row = true_cells(asked[:-1] & (self.strengths != 0))
        table = np.full(shape, book.nothing, dtype=np.int32)
        table[-1] = book.votes
        units, manners = np.divmod(self.packed.voices, len(MANNERS))
        own = self.packed.units[units] * len(MANNERS) + manners
        table[at, row] = book.answers(row, own[at], self.board.said)
        return table.take(cells)


def score_on(
    board: Board,
    candidates: Sequence[Candidate],
    profiles: Sequence[Profile],
    *,
    now: datetime,
    packed: Packed | None = None,
) -> Scored:
    """Every candidate for every profile, in one sparse product.

    The candidates' papers stand on the board, in their order; it may have been asked before. ``packed`` are
    the profiles where the board's vocabulary packed them already.
    """
    packed = packed or pack(profiles, board.vocabulary)
    board.read()
    voices, manners = np.divmod(packed.voices, len(MANNERS))
    strengths, presence = board.strengths(packed.units[voices], manners), board.presence(packed.units)
    votes = np.array([vote_evidence(candidate.upvotes) for candidate in candidates])
    raw = raw_scores(packed, strengths)
    raw += (raw > 0) * votes[:, None]
    if packed.silent.any():
        trends = [trending_score(one.upvotes, age_hours(one.day, now)) for one in candidates]
        raw[:, packed.silent] = np.array(trends)[:, None]
    out, without = kept_out(packed, presence), lacking(packed, presence)
    return Scored(candidates, board, profiles, packed, strengths, presence, votes, raw, out, without)


def vote_evidence(upvotes: int) -> float:
    """A small term that saturates: half of ``VOTES_MOST`` at ``VOTES_HALF`` upvotes."""
    return VOTES_MOST * upvotes / (upvotes + VOTES_HALF)
