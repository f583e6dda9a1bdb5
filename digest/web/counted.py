"""Counts that many scrapes share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

COUNTED = timedelta(seconds=10)
"""How long counts are good: several scrapers, or an impatient one, cost the store no more than one."""


class Counted:
    """The text of the metrics, made anew when it is older than ``COUNTED``."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: tuple[datetime, bytes] | None = None

    def get(self, now: datetime, count: Callable[[], bytes]) -> bytes:
        """The text as of ``now``; others wait while one request counts. A clock set back counts anew."""
        with self._lock:
            if self._held is None or not timedelta(0) <= now - self._held[0] < COUNTED:
                self._held = (now, count())
            return self._held[1]
