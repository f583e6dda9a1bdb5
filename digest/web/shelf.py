"""What many requests read and few moments change: the corpus and the last stored days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from digest.model import Candidate
from digest.ranking.corpus import Corpus


@dataclass(frozen=True, slots=True)
class Material:
    """What a profile is tried on: the store's statistics and the papers of the last stored days."""

    arrival: int
    corpus: Corpus
    candidates: tuple[Candidate, ...]
    days: int


class Shelf:
    """Holds the newest material; it is read again when a stored read has come since, once for all."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: Material | None = None

    def material(self, arrival: int, read: Callable[[], Material]) -> Material:
        """The material of this arrival number; others wait while one request reads it."""
        held = self._held
        if held is not None and held.arrival == arrival:
            return held
        with self._lock:
            if self._held is None or self._held.arrival != arrival:
                self._held = read()
            return self._held
