"""The arrays behind ranking: profiles packed as rows of a sparse matrix, scored in one product.

A profile is a row over units. Keywords that mean the same must not count twice, and keywords that mean
different things must not dilute each other; so each keyword's weight is divided by how many keywords of the
profile say the same (``dilution.py``). Where the words of a profile are common, all that it asks for counts a
little less (``commonness.py``).

Scores of all papers for all profiles are one product, ``wanted @ evidence`` with evidence = [hits, related];
exclusion and requirement are two more over presence, made only where some profile asks for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Profile
from digest.ranking.commonness import evenness
from digest.ranking.dilution import diluted
from digest.ranking.reasons import Floats, Ints, used
from digest.ranking.shares import ALL, LESS, MORE, OWN, tell_related
from digest.ranking.vocabulary import EXCLUDE, REQUIRE, Keywords, Mask, Vocabulary


@dataclass(frozen=True, slots=True)
class Pulls:
    """The addends of the sums of profiles: those of profile ``p`` are ``bounds[p]`` to ``bounds[p + 1]``,
    first its keywords, in their order, then what was fed back or learnt.

    ``weights`` multiply the evidence of the unit: of its own words, and of what is related to it where the
    ``manners`` (``shares.py``) say so.
    """

    bounds: Ints
    units: Ints
    kinds: NDArray[np.uint8]
    weights: Floats
    manners: NDArray[np.uint8]

    @property
    def owners(self) -> Ints:
        """Of each, its profile."""
        return _owners(np.diff(self.bounds))

    def only(self, kept: Mask) -> Pulls:
        """Those in the mask."""
        bounds = np.concatenate([[0], np.cumsum(kept)])[self.bounds]
        return Pulls(bounds, self.units[kept], self.kinds[kept], self.weights[kept], self.manners[kept])


@dataclass(frozen=True, slots=True)
class Packed:
    """Profiles as arrays. ``units`` are those of the vocabulary that profiles ask for; the units of the
    pulls are places in it. ``speaking`` are the pulls that may speak for a paper; ``silent`` the profiles
    that ask for nothing (exclusions aside): they follow what everybody votes for.
    """

    units: Ints
    pulls: Pulls
    speaking: Pulls
    silent: Mask


def pack(profiles: Sequence[Profile], vocabulary: Vocabulary) -> Packed:
    """Profiles as rows; what the vocabulary does not know yet is looked up once for all."""
    fed = [profile.weights if profile.learning else () for profile in profiles]
    asked = vocabulary.keywords_of(profiles).followed_by(vocabulary.fed_back([*chain.from_iterable(fed)]))
    counts = [len(profile.keywords) for profile in profiles], [len(weights) for weights in fed]
    owners = np.concatenate([_owners(some) for some in counts])
    order = np.argsort(owners, kind="stable")
    asked, owners = asked.at(order), owners[order]
    shares = diluted(asked, owners, vocabulary)
    topics = asked.topical & ~asked.fed
    even = evenness(vocabulary.common[asked.units], shares * topics, owners, len(profiles))
    units, places = used(asked.units, len(vocabulary))
    pulls = Pulls(
        np.cumsum([0, *map(sum, zip(*counts, strict=True))], dtype=np.intp),
        places,
        asked.kinds,
        shares * np.where(asked.topical, even[owners], 1.0),
        _manners(asked, owners, profiles, vocabulary),
    )
    silent = np.bincount(owners[(asked.kinds != EXCLUDE) & ~asked.fed], minlength=len(profiles)) == 0
    return Packed(units, pulls, pulls.only((pulls.kinds != EXCLUDE) & ~silent[pulls.owners]), silent)


def _manners(
    asked: Keywords, owners: Ints, profiles: Sequence[Profile], vocabulary: Vocabulary
) -> NDArray[np.uint8]:
    """In which manner each is to be spoken of."""
    learning = np.array([profile.learning for profile in profiles], dtype=np.bool_)
    own = np.where(learning[owners] & vocabulary.has_relation[asked.units], ALL, OWN)
    return np.where(asked.fed, np.where(asked.weights > 0, MORE, LESS), own).astype(np.uint8)


def _owners(counts: Sequence[int] | Ints) -> Ints:
    return np.repeat(np.arange(len(counts)), counts)


def raw_scores(packed: Packed, evidence: Floats) -> Floats:
    """Papers × profiles: the sums of evidence, which is [hits, related] × ``packed.units`` × papers.

    Each sum is taken in the order of the profile's keywords: alone or among thousands, it is the same.
    """
    speaking = packed.speaking
    _, known, papers = evidence.shape
    units = np.stack([speaking.units, speaking.units + known], axis=1)
    related = np.where(tell_related(speaking.manners), speaking.weights, 0.0)
    weights = np.stack([speaking.weights, related], axis=1)
    rows = (weights.ravel(), units.ravel(), 2 * speaking.bounds)
    wanted = sparse.csr_matrix(rows, shape=(len(packed.silent), 2 * known))
    return np.asarray((wanted @ evidence.reshape(2 * known, papers)).T)


def kept_out(packed: Packed, presence: Mask) -> Mask:
    """Papers × profiles: an excluded keyword is present. ``presence`` is ``packed.units`` × papers."""
    return np.asarray(_counted(packed.pulls.only(packed.pulls.kinds == EXCLUDE), presence) > 0)


def lacking(packed: Packed, presence: Mask) -> Mask:
    """Papers × profiles: a required keyword is absent. ``presence`` is ``packed.units`` × papers."""
    required = packed.pulls.only(packed.pulls.kinds == REQUIRE)
    return np.asarray(_counted(required, presence) < np.diff(required.bounds))


def _counted(asked: Pulls, presence: Mask) -> NDArray[np.float32]:
    """Papers × profiles: how many of the units asked for are present."""
    profiles = len(asked.bounds) - 1
    if not len(asked.units):
        return np.zeros((presence.shape[1], profiles), dtype=np.float32)
    used, places = np.unique(asked.units, return_inverse=True)
    marks = np.ones(len(places), dtype=np.float32)
    rows = sparse.csr_matrix((marks, places, asked.bounds), shape=(profiles, len(used)))
    return np.asarray((rows @ presence[used].astype(np.float32)).T)
