"""Scores with reasons, and what became of each candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from digest.model.grounds import reasons_in, split_grounds
from digest.model.papers import Paper
from digest.model.reasons import Reason
from digest.model.subscribers import Profile


class Score(NamedTuple):
    """``value`` on the calibrated scale 0 to 10, and the ``grounds`` it is made of.

    Grounds are the reasons summed up by subject, in the order in which they are told (``model/grounds.py``);
    their points add up to the value.
    """

    value: float
    grounds: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Read from the grounds. Raises ``KeyError`` or ``ValueError`` for a text that is none."""
        return tuple([reason for ground in self.grounds for reason in reasons_in(ground)])


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
            Ranked(self.candidates[row], Score(value, split_grounds(grounds)), Verdict.CHOSEN)
            for row, value, grounds in told
        )

    def count(self, *verdicts: Verdict) -> int:
        """How many candidates met one of these verdicts."""
        return sum(self.verdicts.count(VERDICTS.index(verdict)) for verdict in verdicts)
