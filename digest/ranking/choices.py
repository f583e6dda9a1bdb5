"""Who gets what, and why not: candidates sorted for all profiles at once, as arrays.

Only papers that may reach a profile's bar are put on the scale and in order; what speaks for the chosen is
looked up for them alone. A hundred thousand profiles cost a few dozen array operations for each portion.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from digest.model import VERDICTS, Candidate, Profile, Ranked, Ranking, Verdict
from digest.ranking.board import Board
from digest.ranking.calibration import enough_for
from digest.ranking.diversity import spread
from digest.ranking.product import Packed
from digest.ranking.reasons import Floats, Ints, true_cells
from digest.ranking.scoring import Scored, Shares, score_on
from digest.ranking.telling import grounds_told

NEAR_MISSES = 3
CODES = {verdict: code for code, verdict in enumerate(VERDICTS)}
Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Choices:
    """What became of each candidate for each profile, and what speaks for the chosen.

    The picks of profile ``p`` are ``bounds[p]`` to ``bounds[p + 1]``, best first: ``rows`` says which
    candidate, ``values`` its score; ``shares`` are those of all picks, by pick. ``codes`` is profiles ×
    candidates: the place of the verdict in ``VERDICTS``. ``bars`` and ``limits`` are those of the profiles.
    """

    scored: Scored
    bars: Floats
    limits: Ints
    codes: Codes
    bounds: Ints
    rows: Ints
    values: Floats
    shares: Shares

    def rankings(self) -> list[Ranking]:
        """One for each profile. Near misses stand for the papers where there are none."""
        near = self._near_misses()
        rows, values, bounds = self.rows.tolist(), self.values.tolist(), self.bounds.tolist()
        grounds = grounds_told(self.scored.board.book, len(rows), *self.shares)
        return [
            Ranking(
                profile=profile,
                candidates=self.scored.candidates,
                rows=rows[start:end],
                values=values[start:end],
                grounds=grounds[start:end],
                near_misses=near.get(place, ()),
                bar=bar,
                verdicts=codes.tobytes(),
            )
            for place, (profile, start, end, bar, codes) in enumerate(
                zip(
                    self.scored.profiles, bounds[:-1], bounds[1:], self.bars.tolist(), self.codes, strict=True
                )
            )
        ]

    def judged(self, row: int, place: int) -> Ranked:
        """What became of one candidate for one profile, and why."""
        [score] = self.scored.scores([row], [place])
        verdict = VERDICTS[self.codes[place, row]]
        because = self._because(row, place, verdict, score.value)
        return Ranked(self.scored.candidates[row], score, verdict, because)

    def _near_misses(self) -> dict[int, list[tuple[int, float]]]:
        """The papers just below the bar of the profiles for which nothing was chosen: places and scores."""
        empty = np.flatnonzero(np.diff(self.bounds) == 0)
        some, rows = np.nonzero(self.codes[empty] == CODES[Verdict.BELOW_BAR])
        values = self.scored.values_at(rows, empty[some])
        order = self.scored.in_order(rows, empty[some], values)
        order = order[np.arange(len(some)) - np.searchsorted(some, some) < NEAR_MISSES]
        found: dict[int, list[tuple[int, float]]] = {}
        for place, row, value in zip(
            empty[some[order]].tolist(), rows[order].tolist(), values[order].tolist(), strict=True
        ):
            found.setdefault(place, []).append((row, value))
        return found

    def _because(self, row: int, place: int, verdict: Verdict, value: float) -> str:
        if verdict is Verdict.BELOW_BAR:
            bar = self.bars[place]
            return f"below the bar of {bar:g} by {bar - value:.1f}"
        if verdict in (Verdict.EXCLUDED, Verdict.REQUIRED_MISSING):
            return self.scored.ruled_out(row, place)
        return f"over the limit of {self.limits[place]}" if verdict is Verdict.OVER_LIMIT else ""


def choose(
    board: Board,
    candidates: Sequence[Candidate],
    profiles: Sequence[Profile],
    *,
    seen: Sequence[Collection[str]],
    now: datetime,
    default_bar: float,
    default_limit: int,
    packed: Packed | None = None,
) -> Choices:
    """The choices for all profiles. The candidates' papers stand on the board, in their order.

    ``packed`` are the profiles where the board's vocabulary packed them already.
    """
    scored = score_on(board, candidates, profiles, now=now, packed=packed)
    bars = _given(scored.packed.bars, default_bar)
    limits = _given(scored.packed.limits, default_limit).astype(np.intp)
    codes = _sorted_out(scored, seen)
    places, rows, values = _passing(scored, codes, bars)
    cells = codes.ravel()  # by one index, in half the time that two take
    cells[places * len(candidates) + rows] = CODES[Verdict.OVER_LIMIT]
    taken = np.flatnonzero(spread(places, rows, values, limits, board.likeness))
    places, rows, values = places.take(taken), rows.take(taken), values.take(taken)
    cells[places * len(candidates) + rows] = CODES[Verdict.CHOSEN]
    bounds = np.searchsorted(places, np.arange(len(profiles) + 1))
    return Choices(scored, bars, limits, codes, bounds, rows, values, scored.shares(rows, places, values))


def _given(values: Floats, otherwise: float) -> Floats:
    return np.where(np.isnan(values), otherwise, values)


def _sorted_out(scored: Scored, seen: Sequence[Collection[str]]) -> Codes:
    """Profiles × candidates: the verdicts, as if nothing reached a bar."""
    below, none = (np.uint8(CODES[verdict]) for verdict in (Verdict.BELOW_BAR, Verdict.NO_MATCH))
    codes = np.where(scored.raw.T > 0, below, none)
    np.copyto(codes, CODES[Verdict.REQUIRED_MISSING], where=scored.lacking.T)
    np.copyto(codes, CODES[Verdict.EXCLUDED], where=scored.kept_out.T)
    rows = {candidate.paper.id: row for row, candidate in enumerate(scored.candidates)}
    for place, ids in zip(range(len(scored.profiles)), seen, strict=False):
        codes[place, [rows[paper_id] for paper_id in ids if paper_id in rows]] = CODES[Verdict.ALREADY_SENT]
    return codes


def _passing(scored: Scored, codes: Codes, bars: Floats) -> tuple[Ints, Ints, Floats]:
    """Profiles and candidates that reach their bars, with their scores: by profile, best first."""
    enough = np.where(scored.packed.silent, 0.0, enough_for(bars))
    hopeful = (enough[:, None] <= scored.raw.T) & (codes == CODES[Verdict.BELOW_BAR])
    places, rows = true_cells(hopeful)
    values = scored.values_at(rows, places)
    passing = values >= bars[places]
    places, rows, values = places[passing], rows[passing], values[passing]
    order = scored.in_order(rows, places, values)
    return places[order], rows[order], values[order]
