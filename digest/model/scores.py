"""Scores with reasons, and what became of each candidate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from digest.model.papers import Paper
from digest.model.subscribers import Field, Profile


class ReasonKind(StrEnum):
    KEYWORD = "keyword"
    LEARNT = "learnt"
    FEEDBACK = "feedback"
    AUTHOR = "author"
    ORGANISATION = "organisation"
    VOTES = "votes"


@dataclass(frozen=True, slots=True)
class Reason:
    """A share of a score: which term hit, where, for how many points."""

    kind: ReasonKind
    term: str
    points: float
    field: Field | None = None
    related_to: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """``value`` on the calibrated scale 0 to 10; the points of ``reasons`` add up to it."""

    value: float
    reasons: tuple[Reason, ...] = ()


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
    """All that happened for one profile: the chosen, best first, and counts of the rest.

    ``near_misses`` are given where nothing was chosen.

    ``verdicts`` holds one byte per candidate, in the candidates' order: its place in ``VERDICTS``.
    Compose needs them to count a paper once however many profiles a subscriber has.
    """

    profile: Profile
    chosen: tuple[Ranked, ...]
    near_misses: tuple[Ranked, ...] = ()
    verdicts: bytes = b""
    below_bar: int = 0
    excluded: int = 0
    over_limit: int = 0
    already_sent: int = 0
    bar: float = 0.0
