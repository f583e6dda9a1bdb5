"""Scores with reasons, and what became of each candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from digest.model.grounds import grounds_of, reasons_in, split_grounds
from digest.model.papers import Paper
from digest.model.reasons import Reason
from digest.model.subscribers import Profile


@dataclass(frozen=True)
class Score:
    """``value`` on the calibrated scale 0 to 10; the points of ``reasons`` add up to it.

    A score of a stored digest is made of its ``grounds``: most who read it never ask for the reasons.
    """

    value: float
    reasons: tuple[Reason, ...] = field(default_factory=tuple)

    @classmethod
    def told(cls, value: float, grounds: tuple[str, ...]) -> Score:
        """The score with these grounds; its reasons are read from them when first asked for."""
        made = cls.__new__(cls)
        own = made.__dict__
        own["value"], own["grounds"] = value, grounds
        return made

    @cached_property
    def grounds(self) -> tuple[str, ...]:
        """The reasons summed up by subject, in the order in which they are told (``model/grounds.py``)."""
        return grounds_of(self.reasons)

    if not TYPE_CHECKING:  # any name would pass for an attribute

        def __getattr__(self, name):
            if name != "reasons":
                raise AttributeError(name)
            self.__dict__["reasons"] = read = tuple(chain.from_iterable(map(reasons_in, self.grounds)))
            return read


class Mark(StrEnum):
    """Why an entry stands in a digest: new, late (its day was over already), or rising."""

    NEW = "new"
    LATE = "late"
    RISING = "rising"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper that may enter a digest, as listed."""

    paper: Paper
    day: date
    upvotes: int
    arrival: int
    mark: Mark = Mark.NEW


class Verdict(StrEnum):
    """What became of a candidate for one profile."""

    CHOSEN = "chosen"
    BELOW_BAR = "below the bar"
    EXCLUDED = "excluded"
    REQUIRED_MISSING = "required keyword missing"
    OVER_LIMIT = "over the limit"
    ALREADY_SENT = "already sent"
    NO_MATCH = "no keyword hit"


VERDICTS: tuple[Verdict, ...] = tuple(Verdict)
"""The code of a verdict in ``Ranking.verdicts`` is its place here."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score for one profile and what became of it.

    ``because`` names the piece that decided, e.g. the excluding keyword.
    """

    candidate: Candidate
    score: Score
    verdict: Verdict
    because: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """All that happened to ``candidates`` for one profile.

    ``rows`` are the places of the chosen among the candidates, best first; beside each stand its score in
    ``values`` and what speaks for it in ``grounds``, each as one text (``split_grounds``). Where
    nothing was chosen, ``near_misses`` are the places and scores of those just below the bar, best first.

    ``verdicts`` holds one byte per candidate, in the candidates' order: its place in ``VERDICTS``.
    Compose needs them to count a paper once however many profiles a subscriber has.
    """

    profile: Profile
    candidates: Sequence[Candidate]
    rows: Sequence[int] = ()
    values: Sequence[float] = ()
    grounds: Sequence[str] = ()
    near_misses: Sequence[tuple[int, float]] = ()
    verdicts: bytes = b""
    bar: float = 0.0

    @property
    def chosen(self) -> tuple[Ranked, ...]:
        """The chosen, best first, as values to look at."""
        told = zip(self.rows, self.values, self.grounds, strict=True)
        return tuple(
            Ranked(self.candidates[row], Score.told(value, split_grounds(grounds)), Verdict.CHOSEN)
            for row, value, grounds in told
        )

    def count(self, *verdicts: Verdict) -> int:
        """How many candidates met one of these verdicts."""
        return sum(self.verdicts.count(VERDICTS.index(verdict)) for verdict in verdicts)
