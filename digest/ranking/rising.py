"""Rising: known papers whose votes climb in a way that ageing alone does not explain.

Votes of any paper grow; ``trending_score`` projects them to where they settle, so for a paper that
grows as papers do the score stays where it is. A paper is rising when it stands among the best and
its score has climbed by ``CLIMB`` points, to at least ``SUMMIT``, since its votes began to say something:
``STEADY`` after it joined. Before, hardly anybody has seen it, and every loved paper seems to climb from
nothing.

Of the 1,422 papers of April and May 2026 that were read twice, five days apart, two rose: one from
4 votes to 29, one from 20 to 88.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from digest.model import Observation
from digest.ranking.trending import age_hours, trending_score

SUMMIT = 7.5
"""One paper in four settles this high: what rises to the middle of the field is no news."""
CLIMB = 1.5
"""Points since the first sighting: the step from the middle of the field to its best third."""
STEADY = timedelta(hours=24)
"""After so long a paper has about two thirds of its votes: a score says more than the hour of joining."""
OLD_ENOUGH_HOURS = 30.0
"""Before, the day itself still fills: what climbs then is in the day's own digest."""


def is_rising(history: Sequence[Observation], day: date, now: datetime) -> bool:
    """Whether a paper listed on ``day`` rises, by its observations, oldest first."""
    told = [one for one in history if one.observed_at >= _joined(history, day) + STEADY]
    if len(told) < 2 or age_hours(day, now) < OLD_ENOUGH_HOURS:
        return False
    first, last = told[0], told[-1]
    before = trending_score(first.upvotes, age_hours(day, first.observed_at))
    after = trending_score(last.upvotes, age_hours(day, last.observed_at))
    return after >= SUMMIT and after - before >= CLIMB


def _joined(history: Sequence[Observation], day: date) -> datetime:
    """When a paper joined its day at the latest: when it was first seen, or when the day was over."""
    over = datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)
    return min(history[0].observed_at, over)
