"""How fast Slack may be posted to: one message a second per conversation, and the waits it asked for.

Waits are kept per workspace and method. ``OwnPace`` knows one process; over a store the pipeline has one
that all processes share.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

GAP_SECONDS = 1.0
PATIENCE_SECONDS = 15.0
"""The longest wait worth holding a delivery for; beyond it the delivery is deferred."""

_KEPT = 10_000


class Pace(Protocol):
    """What a sender asks before it posts. Keys may be secret: a webhook's address is one."""

    def hold(self, key: str, seconds: float) -> None:
        """Slack asked to wait: nothing goes to ``key`` for so long."""
        ...

    def left(self, key: str) -> float:
        """Seconds that ``key`` still has to wait."""
        ...

    def take(self, conversation: str) -> None:
        """Wait for the conversation's next turn and take it."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class OwnPace:
    """The pace of one process, in memory.

    Times are those of a monotonic clock; both clock and sleep are given, so that tests do not wait.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        gap: float = GAP_SECONDS,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._gap = gap
        self._free_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def hold(self, key: str, seconds: float) -> None:
        with self._lock:
            until = self._monotonic() + seconds
            self._free_at[key] = max(until, self._free_at.get(key, 0.0))

    def left(self, key: str) -> float:
        with self._lock:
            return max(0.0, self._free_at.get(key, 0.0) - self._monotonic())

    def take(self, conversation: str) -> None:
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._free_at.get(conversation, 0.0))
            self._free_at[conversation] = turn + self._gap
            self._forget(now)
        self.sleep(turn - now)

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)

    def _forget(self, now: float) -> None:
        """Keep memory flat however many conversations there are."""
        if len(self._free_at) > _KEPT:
            self._free_at = {key: until for key, until in self._free_at.items() if until > now}
