"""How common the words of a profile are, so that one bar means much the same for common and rare ones.

A common word stands in many papers that are about something else. What a word of a keyword gives a stored
paper in the mean follows from its idf, since about e^(−idf) of the papers hold a term of that idf:

    commonness(k) = Σ_t share(t) · idf(t) · e^(−idf(t)) / words(k)

over the keyword's phrase and scattered words. A profile's commonness is the *average* over its keywords by
weight, not the sum: twelve interests are no commoner than one, and half a sentence no commoner than its
words. What its keywords give is multiplied by

    evenness = (COMMON / max(commonness, COMMON))^POWER

the same for all of them, so that papers keep their order. It is 1 for most profiles and four fifths at least,
since x · e^(−x) is never more than 1/e: a title that names a keyword is enough by itself, as it was. How this
was found, and what it is worth: ``docs/ranking.md``, "One bar for common and rare words".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from digest.model import Field
from digest.ranking.evidence import Statistics
from digest.ranking.reasons import Floats, Ints
from digest.ranking.units import LOOSE, Unit

COMMON = 0.15
"""Evidence that a word gives the mean stored paper, above which the words of a profile are common: those of
one in nine profiles that two readers typed, and of half the lone labels. A word by itself is common where
more than one paper in twenty holds it."""
POWER = 0.25
"""From a fifth to a third F1 is the same; the bars that suit common profiles best say 0.22 ± 0.07."""


def commonness(units: Sequence[Unit], statistics: Statistics) -> Floats:
    """Of each unit, what one of its words gives the mean stored paper; 0 where it is looked for in titles
    alone, which hardly one in ten of the papers that hold a word has it in.
    """
    sought = [(place, *one) for place, unit in enumerate(units) for one in _sought(unit)]
    places = np.array([place for place, _, _ in sought], dtype=np.intp)
    idf = statistics.idf_of_grams([grams for _, grams, _ in sought])
    given = np.array([share for _, _, share in sought], dtype=np.float64) * idf * np.exp(-idf)
    words = np.array([max(len(unit.loose), 1) for unit in units])
    return np.asarray(np.bincount(places, weights=given, minlength=len(units)) / words)


def _sought(unit: Unit) -> Iterator[tuple[tuple[str, ...], float]]:
    """What a unit looks for anywhere, and the share of its idf that it earns."""
    if unit.field is not Field.TITLE:
        yield from ((part.grams, part.share) for part in unit.parts)
        yield from ((part.grams, LOOSE) for part in unit.loose)


def evenness(common: Floats, weights: Floats, owners: Ints, profiles: int) -> Floats:
    """Of each profile, what the evidence of its keywords is multiplied by.

    ``owners`` says whose each keyword is; ``weights`` are 0 for keywords of no topic.
    """
    total = np.bincount(owners, weights=weights, minlength=profiles)
    given = np.bincount(owners, weights=weights * common, minlength=profiles)
    mean = given / np.where(total > 0, total, 1.0)
    return np.asarray((COMMON / np.maximum(mean, COMMON)) ** POWER)
