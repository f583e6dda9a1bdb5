"""Trending and rising: upvotes of papers of different ages on one scale.

Votes come fast and then settle. Of what a paper has after two weeks, the share it has at age *a* follows

    g(a) = 1 − exp(−(a / 24.5 h)^0.624)

a stretched exponential fitted to the measured growth of settled days: × 2.2 from 5 to 31 hours, + 21 % from
31 to 58 hours, + 13.8 % from 2–4 days on, + 3.9 % from 4–7 days on. Votes are divided by this growth profile
(Szabo and Huberman, *Predicting the popularity of online content*, CACM 2010), with the median paper as prior
as in empirical Bayes (Gamma prior, Poisson counts), so that two votes in the first hour are no sensation:

    v̂ = (votes + k · 12) / (g + k),   k = 0.1

The trending score is ten times the share of papers that settle below v̂, with the log-logistic law that
fits the measured quartiles 5, 12 and 28 and the upper tail (90 %: 58, 99 %: 199): F(v) = 1 / (1 + (12 /
v)^1.3). So 5.0 is the median paper and 9.0 one in ten, on every day and at every age. How well v̂ foretells
later votes stands in ``docs/ranking.md``.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time

SETTLING_HOURS = 24.5
"""Hours after which a paper has 63 % of its votes."""
SETTLING_SHAPE = 0.624
"""Under 1: the first hours bring more than their share, and the end takes long."""
MEDIAN_VOTES = 12.0
"""Votes that half of all papers settle under."""
PRIOR_STRENGTH = 0.1
"""How much the prior says, in settled papers: at an hour of age nearly as much as the votes."""
TAIL = 1.3
"""How steeply few papers get many votes: the power of the law's odds."""
YOUNGEST_HOURS = 1.0
"""A younger paper counts as this old: its listing may be stamped after its first votes."""


def age_hours(day: date, now: datetime) -> float:
    """Hours since a Daily Papers day began, at least ``YOUNGEST_HOURS``."""
    began = datetime.combine(day, time(), tzinfo=UTC)
    return max((now - began).total_seconds() / 3600, YOUNGEST_HOURS)


def settled_share(hours: float) -> float:
    """The share of its final votes a paper has at an age, 0 to 1."""
    return -math.expm1(-((hours / SETTLING_HOURS) ** SETTLING_SHAPE))


def projected_votes(upvotes: int, hours: float) -> float:
    """The votes a paper will settle at, given those at an age in hours."""
    return (upvotes + PRIOR_STRENGTH * MEDIAN_VOTES) / (settled_share(hours) + PRIOR_STRENGTH)


def trending_score(upvotes: int, hours: float) -> float:
    """0 to 10: ten times the share of papers that settle with fewer votes."""
    return 10.0 / (1.0 + float((MEDIAN_VOTES / projected_votes(upvotes, hours)) ** TAIL))
