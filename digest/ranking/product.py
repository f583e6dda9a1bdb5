"""The arrays behind ranking: profiles packed as sparse columns, scored in one product.

A profile is a column over units: the weights of what it wants, what it excludes and what it requires.
Scores of all papers for all profiles are ``evidence @ wanted`` (papers × units times units × profiles);
exclusion and requirement are two more products over presence, made only where some profile asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Keyword, KeywordKind, Profile, Weight
from digest.ranking.language import parse_profile
from digest.ranking.units import Unit, unit_of_keyword

Dense = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pull:
    """One term of a profile's sum: a keyword, or a weight that was fed back or learnt."""

    unit: int
    weight: float
    keyword: Keyword
    origin: Weight | None = None


@dataclass(frozen=True)
class Packed:
    """Profiles as sparse columns over ``units``; ``required`` counts the requirements of each profile."""

    units: tuple[Unit, ...]
    pulls: tuple[tuple[Pull, ...], ...]
    wanted: sparse.csc_matrix
    excluded: sparse.csc_matrix
    required: sparse.csc_matrix


def pack(profiles: Sequence[Profile]) -> Packed:
    """Profiles as columns; each distinct keyword becomes one unit, whoever shares it."""
    units: dict[Unit, int] = {}
    pulls = tuple(tuple(_pulls(profile, units)) for profile in profiles)
    shape = (len(units), len(profiles))

    def column(kinds: tuple[KeywordKind, ...]) -> sparse.csc_matrix:
        entries = [
            (pull.unit, place, pull.weight)
            for place, group in enumerate(pulls)
            for pull in group
            if pull.keyword.kind in kinds
        ]
        rows, columns, weights = zip(*entries, strict=True) if entries else ((), (), ())
        return sparse.csc_matrix((np.array(weights, dtype=np.float64), (rows, columns)), shape=shape)

    return Packed(
        tuple(units),
        pulls,
        wanted=column((KeywordKind.INCLUDE, KeywordKind.REQUIRE)),
        excluded=column((KeywordKind.EXCLUDE,)),
        required=column((KeywordKind.REQUIRE,)),
    )


def _pulls(profile: Profile, units: dict[Unit, int]) -> Iterable[Pull]:
    for keyword in profile.keywords:
        yield Pull(units.setdefault(unit_of_keyword(keyword), len(units)), keyword.weight, keyword)
    for weight in profile.weights:
        for keyword in parse_profile(weight.term):
            yield Pull(units.setdefault(unit_of_keyword(keyword), len(units)), weight.weight, keyword, weight)


def raw_scores(evidence: sparse.csr_matrix, packed: Packed) -> Dense:
    """Papers × profiles: the sum of evidence, as ``evidence @ wanted``."""
    return np.asarray((evidence @ packed.wanted).todense(), dtype=np.float64)


def kept_out(presence: sparse.csr_matrix, packed: Packed) -> Mask:
    """Papers × profiles: an excluded keyword is present."""
    if not packed.excluded.nnz:
        return np.zeros((presence.shape[0], packed.excluded.shape[1]), dtype=np.bool_)
    return np.asarray((presence @ packed.excluded).todense() > 0, dtype=np.bool_)


def lacking(presence: sparse.csr_matrix, packed: Packed) -> Mask:
    """Papers × profiles: a required keyword is absent."""
    if not packed.required.nnz:
        return np.zeros((presence.shape[0], packed.required.shape[1]), dtype=np.bool_)
    required = packed.required.copy()
    required.data[:] = 1.0
    met = np.asarray((presence @ required).todense())
    asked = np.asarray(required.sum(axis=0)).ravel()
    return np.asarray(met < asked, dtype=np.bool_)
