"""Reasons whose points add up: a score is cut into tenths, and the tenths are shared out by largest
remainder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

TENTHS = 10
"""Steps of a point: scores and reasons are shown with one decimal."""


def shown(value: float) -> float:
    """A score as shown and compared: to a tenth of a point."""
    return round(value * TENTHS) / TENTHS


def share_out(value: float, raw: Sequence[float]) -> list[float]:
    """``value`` (in tenths) shared in proportion to ``raw``, each share in tenths, their sum exactly
    ``value``.

    Hamilton's method of largest remainders; equal remainders go to the earlier one. Negative shares keep
    their sign.
    """
    total = math.fsum(raw)
    tenths = round(value * TENTHS)
    if total <= 0 or not raw:
        return [0.0] * len(raw)
    exact = [tenths * share / total for share in raw]
    floors = [math.floor(share) for share in exact]
    missing = tenths - sum(floors)
    by_remainder = sorted(range(len(raw)), key=lambda place: (floors[place] - exact[place], place))
    for place in by_remainder[:missing]:
        floors[place] += 1
    return [floor / TENTHS for floor in floors]
