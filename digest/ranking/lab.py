"""The profile lab: what a profile would have brought over stored days, before it is saved. Pure.

One pass scores every stored paper with the function that digests use; the rest is counting. Keywords that
never hit are *dead*; keywords that hit more than ``NOISY_SHARE`` of all papers are *noisy*. Terms to *add*
are those that hardly any paper has which was not chosen, terms to *exclude* those of the weaker half of the
chosen papers that no paper has which holds what was typed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from digest.model import Candidate, KeywordKind, Profile, Ranked, Verdict
from digest.model.grounds import SUMMED_UP
from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.extracts import Marks, Stack
from digest.ranking.language import format_keyword
from digest.ranking.lone_words import lone_share
from digest.ranking.memory import Memory
from digest.ranking.scoring import Scored, score_on
from digest.ranking.space import Rows
from digest.ranking.terms import NAMED, STEMMED, TITLE, words_of_term
from digest.ranking.units import unit_of_keyword

BEST, SUGGESTED = 5, 8
BORDERLINE, NEAR = 3, 0.5
"""Papers shown on each side of the bar, none farther from it than this share of it."""
FEWEST = 3
"""Papers that hold a term that is proposed: with fewer it is chance. A lone word of abstracts needs five."""
ADDED_SHARE, EXCLUDED_SHARE = 0.7, 0.75
"""Of the papers with a proposed term, so many are chosen, or of the weaker half of the chosen."""
NOISY_SHARE = 0.15
"""Of all papers: a keyword that hits one in seven tells little."""


@dataclass(frozen=True, slots=True)
class KeywordReport:
    """How often one keyword hit, and in how many of the chosen papers.

    ``gave_points`` counts the chosen papers that it gave points, by a hit or by its words apart.
    """

    keyword: str
    hits: int
    in_chosen: int
    dead: bool
    noisy: bool
    gave_points: int


@dataclass(frozen=True, slots=True)
class Lab:
    """What a profile brings over stored days, the first of them ``since``, the last ``until``.

    ``chosen`` papers pass the bar; ``sent`` are no more of them a day than the profile's ``limit``, and
    ``per_week`` counts those. ``borderline`` are the papers near the bar, on both sides.
    """

    days: int
    papers: int
    chosen: int
    sent: int
    limit: int | None
    per_week: float
    days_with_papers: int
    by_day: tuple[tuple[date, int], ...]
    best: tuple[Ranked, ...]
    borderline: tuple[Ranked, ...]
    keywords: tuple[KeywordReport, ...]
    add: tuple[str, ...]
    exclude: tuple[str, ...]
    chosen_ids: tuple[str, ...]
    since: date | None
    until: date | None
    bar: float


@dataclass(frozen=True, slots=True)
class Shift:
    """What an edit does to a paper that it gains or loses: the score ``before`` and ``after``, 0 where a rule
    keeps it out, and ``because`` of what the paper is not chosen on one side.
    """

    paper: str
    before: float
    after: float
    because: str


@dataclass(frozen=True, slots=True)
class Effect:
    """Two profiles side by side: the papers the second adds and those it loses, best first.

    ``shifts`` has one for each of them, in their order.
    """

    before: Lab
    after: Lab
    gained: tuple[Ranked, ...]
    lost: tuple[Ranked, ...]
    shifts: tuple[Shift, ...]


def try_profile(
    candidates: Sequence[Candidate],
    profile: Profile,
    memory: Memory,
    *,
    now: datetime,
    default_bar: float = DEFAULT_BAR,
) -> Lab:
    """What ``profile`` would have brought of ``candidates`` (all papers of the stored days, each on its day).

    With a ``memory`` that knows them, only keywords it has not met yet are looked up in the papers.
    """
    return _Bench(candidates, profile, memory, now, default_bar).lab()


def compare(
    candidates: Sequence[Candidate],
    before: Profile,
    after: Profile,
    memory: Memory,
    *,
    now: datetime,
    default_bar: float = DEFAULT_BAR,
) -> Effect:
    """The effect of an edit."""
    old = _Bench(candidates, before, memory, now, default_bar)
    new = _Bench(candidates, after, memory, now, default_bar)
    gained = [row for row in new.order if new.chosen[row] and not old.chosen[row]]
    lost = [row for row in old.order if old.chosen[row] and not new.chosen[row]]
    shifts = [_shift(row, old, new, lacks=old) for row in gained]
    shifts += [_shift(row, old, new, lacks=new) for row in lost]
    return Effect(old.lab(), new.lab(), new.ranked(gained), old.ranked(lost), tuple(shifts))


class _Bench:
    """One profile over all candidates."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        profile: Profile,
        memory: Memory,
        now: datetime,
        default_bar: float,
    ) -> None:
        self.candidates, self.profile, self.corpus = candidates, profile, memory.corpus
        self.bar = default_bar if profile.bar is None else profile.bar
        board = memory.board([candidate.paper for candidate in candidates])
        self.scored: Scored = score_on(board, candidates, [profile], now=now)
        self.values = np.where(
            self.scored.kept_out[:, 0] | self.scored.lacking[:, 0], 0.0, self.scored.values[:, 0]
        )
        self.chosen = (self.values >= self.bar) & (self.values > 0)
        rows, alone = np.arange(len(candidates)), np.zeros(len(candidates), dtype=np.intp)
        self.order = self.scored.in_order(rows, alone, self.scored.values[:, 0]).tolist()

    def lab(self) -> Lab:
        days = sorted({candidate.day for candidate in self.candidates})
        taken = [row for row in self.order if self.chosen[row]]
        by_day = Counter(self.candidates[row].day for row in taken)
        limit = self.profile.limit
        sent = sum(number if limit is None else min(number, limit) for number in by_day.values())
        weeks = ((days[-1] - days[0]).days + 1) / 7 if days else 1.0
        return Lab(
            days=len(days),
            papers=len(self.candidates),
            chosen=len(taken),
            sent=sent,
            limit=limit,
            per_week=round(sent / max(weeks, 1.0), 1),
            days_with_papers=len(by_day),
            by_day=tuple((day, by_day[day]) for day in days),
            best=self.ranked(taken[:BEST]),
            borderline=self.ranked(self._borderline()),
            keywords=tuple(self._keywords(taken)),
            add=tuple(self._add(taken)),
            exclude=tuple(self._exclude(taken)),
            chosen_ids=tuple(self.candidates[row].paper.id for row in taken),
            since=days[0] if days else None,
            until=days[-1] if days else None,
            bar=self.bar,
        )

    def ranked(self, rows: Sequence[int]) -> tuple[Ranked, ...]:
        return tuple(
            Ranked(
                self.candidates[row],
                score,
                Verdict.CHOSEN if self.chosen[row] else Verdict.BELOW_BAR,
                self._from_bar(row),
            )
            for row, score in zip(rows, self.scored.scores(rows, [0] * len(rows)), strict=True)
        )

    def because(self, row: int) -> str:
        """What decides about a paper: a keyword that keeps it out, or how far it is from the bar."""
        return self.scored.ruled_out(row, 0) or self._from_bar(row)

    def _from_bar(self, row: int) -> str:
        return f"{self.values[row] - self.bar:+.1f} from the bar of {self.bar:g}".replace("-", "−")

    def _borderline(self) -> list[int]:
        near = [
            row
            for row in self.order
            if self.values[row] > 0 and abs(self.values[row] - self.bar) <= NEAR * self.bar
        ]
        above = [row for row in near if self.chosen[row]]
        below = [row for row in near if not self.chosen[row]]
        return above[-BORDERLINE:] + below[:BORDERLINE]

    def _keywords(self, taken: Sequence[int]) -> list[KeywordReport]:
        reports, given = [], self._given(taken)
        for keyword, held in self.scored.holding(0, *KeywordKind):
            noisy = held.sum() > NOISY_SHARE * len(held) and keyword.kind is not KeywordKind.REQUIRE
            hits, chosen = int(held.sum()), int((held & self.chosen).sum())
            gave = given[unit_of_keyword(keyword).text]
            shown = format_keyword(keyword)
            reports.append(KeywordReport(shown, hits, chosen, hits == 0, bool(noisy), gave))
        return reports

    def _given(self, taken: Sequence[int]) -> Counter[str]:
        """How many of the chosen papers each keyword gave points."""
        scores = self.scored.scores(taken, [0] * len(taken))
        told = [{one.term for one in score.reasons if one.kind not in SUMMED_UP} for score in scores]
        return Counter(term for terms in told for term in terms)

    def _add(self, taken: Sequence[int]) -> list[str]:
        """Terms that most papers with them were chosen for already, and that the profile does not name."""
        return self._telling(taken, [row for row in self.order if not self.chosen[row]], ADDED_SHARE)

    def _exclude(self, taken: Sequence[int]) -> list[str]:
        """Terms of the weaker half of the chosen papers that the stronger half lacks, and no paper has that
        holds what was typed: the weaker half is often no noise but the second interest.
        """
        half = len(taken) // 2
        if half < BEST:
            return []
        spared = np.flatnonzero(self._typed() & self.chosen).tolist()
        return self._telling(taken[half:], taken[:half], EXCLUDED_SHARE, spared)

    def _typed(self) -> NDArray[np.bool_]:
        """Which papers hold any keyword as it was typed."""
        held = [held for _, held in self.scored.holding(0, KeywordKind.INCLUDE, KeywordKind.REQUIRE)]
        none = np.zeros(len(self.candidates), dtype=np.bool_)
        return reduce(np.logical_or, held, none)

    def _telling(
        self, rows: Sequence[int], others: Sequence[int], least: float, spared: Sequence[int] = ()
    ) -> list[str]:
        """Terms that ``FEWEST`` of ``rows`` hold (more where a term counts less), and so many of all papers
        with them; none of the profile's, and none that stands in ``spared``.
        """
        space, found = self.corpus.space, self.scored.board.rows
        if space is None or found is None or not rows:
            return []
        here, there = _holding(found, rows), _holding(found, others)
        telling = (here >= FEWEST) & (here >= least * (here + there)) & (_holding(found, spared) == 0)
        places = np.flatnonzero(telling)
        counting = self._counting(
            [space.shown[place] for place in places.tolist()], space.marks[places], rows
        )
        gap = here[places] / len(rows) - there[places] / max(len(others), 1)
        worth = gap * space.idf[places] * counting * (here[places] * counting >= FEWEST)
        order = np.argsort(-worth, kind="stable")
        shown = [space.shown[place] for place in places[order[worth[order] > 0]].tolist()]
        named = _words_of(self.profile)
        return [term for term in shown if named.isdisjoint(words_of_term(term))][:SUGGESTED]

    def _counting(self, terms: Sequence[str], marks: Marks, rows: Sequence[int]) -> NDArray[np.float64]:
        """What each of these terms counts: less where it is a lone word that hardly any title names."""
        stack = Stack.of([self.scored.board.extracts[row] for row in rows])
        at, places = stack.find(marks)
        named = (stack.counts[at][:, (TITLE, NAMED)] > 0).any(axis=1)
        often = np.bincount(places[named], minlength=len(terms))
        lone = np.array([1.0 if " " in term else lone_share(term) for term in terms])
        return np.where(often >= FEWEST, 1.0, lone)


def _holding(found: Rows, papers: Sequence[int]) -> NDArray[np.intp]:
    """How many of these papers hold each term; each paper's row names a term once."""
    return np.bincount(found[list(papers)].indices, minlength=found.shape[1])


def _shift(row: int, old: _Bench, new: _Bench, *, lacks: _Bench) -> Shift:
    """``lacks`` is the bench on which the paper is not chosen."""
    paper = new.candidates[row].paper.id
    return Shift(paper, float(old.values[row]), float(new.values[row]), lacks.because(row))


def _words_of(profile: Profile) -> set[str]:
    units = [unit_of_keyword(keyword) for keyword in profile.keywords]
    parts = [part for unit in units for part in (*unit.parts, *unit.loose)]
    return {gram for part in parts for gram in part.grams if gram.startswith(STEMMED)}
