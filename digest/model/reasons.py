"""What speaks for a paper, and for how many points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from digest.model.subscribers import Field


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
