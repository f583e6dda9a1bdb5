"""Profiles tried on stored papers, again and again while somebody types: an edit costs what is new in it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from threading import Lock
from typing import TypeVar, cast

from digest.errors import TooMany
from digest.model import Candidate, Profile
from digest.ranking.corpus import Corpus
from digest.ranking.lab import Effect, Lab, compare, try_profile
from digest.ranking.memory import Memory

REMEMBERED = 200
"""Answers kept: some 20 kB each."""
ENDLESS = -1.0
"""Patience that does not end, in seconds."""

Answer = TypeVar("Answer")


class Trials:
    """Tries profiles one at a time, because all share what the papers said of the keywords so far.

    Whoever waits longer than ``patience`` seconds for a turn is told so (``TooMany``).
    """

    def __init__(self, corpus: Corpus, *, patience: float = ENDLESS) -> None:
        self._memory = Memory(corpus)
        self._patience = patience
        self._turn = Lock()
        self._answers: dict[Hashable, object] = {}

    def lab(
        self, candidates: Sequence[Candidate], profile: Profile, *, now: datetime, default_bar: float
    ) -> Lab:
        """What a profile would have brought of these papers."""
        return self._answer(
            (_span(candidates), profile, default_bar, _moment(profile, now)),
            lambda: try_profile(candidates, profile, self._memory, now=now, default_bar=default_bar),
        )

    def effect(
        self,
        candidates: Sequence[Candidate],
        before: Profile,
        after: Profile,
        *,
        now: datetime,
        default_bar: float,
    ) -> Effect:
        """What an edit changes."""
        return self._answer(
            (_span(candidates), before, after, default_bar, _moment(before, now), _moment(after, now)),
            lambda: compare(candidates, before, after, self._memory, now=now, default_bar=default_bar),
        )

    def _answer(self, asked: Hashable, find: Callable[[], Answer]) -> Answer:
        """The answer from memory, where the oldest gives way; or found, in turn."""
        if not self._turn.acquire(timeout=self._patience):
            raise busy()
        try:
            known = self._answers.pop(asked, None)
            answer = find() if known is None else cast("Answer", known)
            self._answers[asked] = answer
            if len(self._answers) > REMEMBERED:
                del self._answers[next(iter(self._answers))]
            return answer
        finally:
            self._turn.release()


def _span(candidates: Sequence[Candidate]) -> Hashable:
    """Which of the spans that are tried: where the oldest paper stands, and how many papers there are."""
    return candidates[0].day if candidates else None, len(candidates)


def _moment(profile: Profile, now: datetime) -> datetime | None:
    """Only what follows the votes depends on the moment."""
    return now if profile.trending else None


def busy() -> TooMany:
    return TooMany("many profiles are being tried just now", remedy="try again", retry_after=5)
