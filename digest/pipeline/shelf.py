"""What many requests of web and Slack read and few moments change: the corpus and the last stored days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from sqlalchemy import Engine

from digest.config import DigestSettings
from digest.model import Candidate, Profile
from digest.pipeline.last_days import read_last_days
from digest.pipeline.situation import read_corpus
from digest.pipeline.trials import ENDLESS, Trials, busy
from digest.ranking.corpus import Corpus
from digest.ranking.lab import Effect, Lab
from digest.store import counters
from digest.store.database import reading

DAYS, MORE_DAYS = 30, 90


def filled(profile: Profile, defaults: DigestSettings) -> Profile:
    """A profile with the bar and the limit that count where it has none of its own."""
    bar = defaults.bar if profile.bar is None else profile.bar
    limit = defaults.limit if profile.limit is None else profile.limit
    return replace(profile, bar=bar, limit=limit)


@dataclass(frozen=True, slots=True)
class Material:
    """What a profile is tried on: the store's statistics and the papers of the last stored days.

    ``candidates`` are the papers of the last ``DAYS``, ``longer`` those of the last ``MORE_DAYS``.
    """

    arrival: int
    corpus: Corpus
    candidates: tuple[Candidate, ...]
    longer: tuple[Candidate, ...]
    trials: Trials

    def tried(self, profile: Profile, *, now: datetime, default_bar: float, days: int = DAYS) -> Lab:
        """What a profile would have brought in the last days. Raises ``TooMany`` when patience ends."""
        return self.trials.lab(self.last(days), profile, now=now, default_bar=default_bar)

    def compared(
        self, before: Profile, after: Profile, *, now: datetime, default_bar: float, days: int = DAYS
    ) -> Effect:
        """What an edit would have changed in the last days. Raises ``TooMany`` when patience ends."""
        return self.trials.effect(self.last(days), before, after, now=now, default_bar=default_bar)

    def last(self, days: int) -> tuple[Candidate, ...]:
        """The papers of the last ``DAYS``, or of ``MORE_DAYS`` when more are asked for."""
        return self.longer if days > DAYS else self.candidates


class Shelf:
    """Holds the newest material; it is read again when a stored read has come since, by one for all.

    ``patience`` is how many seconds others wait for the first reading, or for their turn to try a profile.
    """

    def __init__(self, *, patience: float = ENDLESS) -> None:
        self._patience = patience
        self._lock = Lock()
        self._held: Material | None = None

    def material(self, engine: Engine, *, now: datetime) -> Material:
        """The newest material. Others who ask while one request reads it take what there was before.

        Raises ``TooMany`` when there was none and patience ends.
        """
        with reading(engine) as session:
            arrival = counters.arrival(session)
        held = self._held
        if held is not None and (held.arrival == arrival or self._lock.locked()):
            return held
        if not self._lock.acquire(timeout=self._patience):
            raise busy()
        try:
            if self._held is None or self._held.arrival != arrival:
                self._held = _read(engine, arrival, now, self._patience)
            return self._held
        finally:
            self._lock.release()


def _read(engine: Engine, arrival: int, now: datetime, patience: float) -> Material:
    corpus = read_corpus(engine, now=now)
    stored = read_last_days(engine, MORE_DAYS)
    return Material(
        arrival,
        corpus,
        stored.candidates(DAYS),
        stored.candidates(MORE_DAYS),
        Trials(corpus, patience=patience),
    )
