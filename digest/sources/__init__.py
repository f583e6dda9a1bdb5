"""Where listings come from. A source answers one question: what does this day list?"""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from digest.model import Reading


class Source(Protocol):
    """A place that lists papers by day."""

    name: str

    def read_day(self, day: date, *, now: datetime) -> Reading:
        """Read the listings of ``day``.

        What the network or the page does is told in the reading's outcome, never raised.
        """
        ...
