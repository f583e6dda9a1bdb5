"""The arrays behind ranking: profiles packed as rows of sparse matrices, scored in one product.

A profile is a row over voices (what it asks for, and in which manner). Keywords that mean the same must not
count twice, and keywords that mean different things must not dilute each other; so each keyword's weight is
divided by how many keywords of the profile say the same (``dilution.py``). Where the words of a profile are
common, all that it asks for counts a little less (``commonness.py``).

Scores of all papers for all profiles are one product, ``speaking @ strengths``; exclusion and requirement are
two more over presence, made only where some profile asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Profile
from digest.ranking.commonness import evenness
from digest.ranking.dilution import diluted
from digest.ranking.reasons import Floats, Ints, used
from digest.ranking.shares import ALL, LESS, MANNERS, MORE, OWN
from digest.ranking.vocabulary import EXCLUDE, REQUIRE, Keywords, Mask, Vocabulary

Rows = sparse.csr_matrix


@dataclass(frozen=True, slots=True)
class Packed:
    """Profiles as rows. ``units`` are those of the vocabulary that profiles ask for.

    ``asked`` are places in it, of all that profiles ask for: those of profile ``p`` are ``bounds[p]`` to
    ``bounds[p + 1]``, first its keywords, in their order, then what was fed back. ``excluding`` and
    ``requiring`` are profiles × ``units``, and mark such keywords.

    ``speaking`` is profiles × ``voices`` and one more: the weights of what may speak for a paper, in the same
    order, last of each profile the votes. ``voices`` (``shares.py``) are those of places in ``units``.
    ``silent`` are the profiles that ask for nothing (exclusions aside): they follow what everybody votes for.
    ``bars`` and ``limits`` are their own; not a number where they have none.
    """

    units: Ints
    asked: NDArray[np.int32]
    bounds: Ints
    excluding: Rows
    requiring: Rows
    voices: Ints
    speaking: Rows
    silent: Mask
    bars: Floats
    limits: Floats


def pack(profiles: Sequence[Profile], vocabulary: Vocabulary) -> Packed:
    """Profiles as rows; what the vocabulary does not know yet is looked up once for all."""
    fed = [profile.weights if profile.learning else () for profile in profiles]
    asked = vocabulary.keywords_of(profiles).followed_by(vocabulary.fed_back([*chain.from_iterable(fed)]))
    counts = [len(profile.keywords) for profile in profiles], [len(weights) for weights in fed]
    owners = np.concatenate([np.repeat(np.arange(len(some)), some) for some in counts])
    order = np.argsort(owners, kind="stable")
    asked, owners = asked.at(order), owners[order]
    bounds = np.cumsum([0, *map(sum, zip(*counts, strict=True))], dtype=np.intp)
    units, places = used(asked.units, len(vocabulary))
    silent = np.bincount(owners[(asked.kinds != EXCLUDE) & ~asked.fed], minlength=len(profiles)) == 0
    speaks = np.flatnonzero((asked.kinds != EXCLUDE) & ~silent[owners])
    voices, voice = used(
        (places * len(MANNERS) + _manners(asked, owners, profiles, vocabulary))[speaks],
        len(units) * len(MANNERS),
    )
    weights = _weights(asked, owners, len(profiles), vocabulary)[speaks]
    ends = np.searchsorted(speaks, bounds[1:])
    return Packed(
        units,
        places.astype(np.int32),
        bounds,
        _marked(asked.kinds == EXCLUDE, places, bounds, len(units)),
        _marked(asked.kinds == REQUIRE, places, bounds, len(units)),
        voices,
        _rows(
            np.insert(weights, ends, 1.0),
            np.insert(voice, ends, len(voices)),
            np.append(0, ends + np.arange(1, len(bounds))),
            len(voices) + 1,
        ),
        silent,
        np.array([profile.bar for profile in profiles], dtype=np.float64),
        np.array([profile.limit for profile in profiles], dtype=np.float64),
    )


def _weights(asked: Keywords, owners: Ints, profiles: int, vocabulary: Vocabulary) -> Floats:
    """What each counts."""
    shares = diluted(asked, owners, vocabulary)
    topics = asked.topical & ~asked.fed
    even = evenness(vocabulary.common[asked.units], shares * topics, owners, profiles)
    return np.asarray(shares * np.where(asked.topical, even[owners], 1.0))


def _manners(
    asked: Keywords, owners: Ints, profiles: Sequence[Profile], vocabulary: Vocabulary
) -> NDArray[np.uint8]:
    """In which manner each is to be spoken of."""
    learning = np.array([profile.learning for profile in profiles], dtype=np.bool_)
    own = np.where(learning[owners] & vocabulary.has_relation[asked.units], ALL, OWN)
    return np.where(asked.fed, np.where(asked.weights > 0, MORE, LESS), own).astype(np.uint8)


def _marked(kept: Mask, columns: Ints, bounds: Ints, width: int) -> Rows:
    """Those in the mask, marked in the row of their profile."""
    places = np.flatnonzero(kept)
    marks = np.ones(len(places), dtype=np.float32)
    return _rows(marks, columns[places], np.searchsorted(places, bounds), width)


def _rows(values: NDArray[np.floating], columns: Ints, bounds: Ints, width: int) -> Rows:
    """As they are, in their order: a sum is the same wherever it is taken."""
    indices = columns.astype(np.int32), bounds.astype(np.int32)
    return sparse.csr_matrix((values, *indices), shape=(len(bounds) - 1, width))


def raw_scores(packed: Packed, strengths: Floats) -> Floats:
    """Papers × profiles: the sums of evidence, votes aside. ``strengths`` is ``packed.voices`` × papers.

    Each sum is taken in the order of the profile's keywords: alone or among thousands, it is the same.
    """
    silence = np.zeros((1, strengths.shape[1]))
    return np.asarray((packed.speaking @ np.concatenate([strengths, silence])).T)


def kept_out(packed: Packed, presence: Mask) -> Mask:
    """Papers × profiles: an excluded keyword is present. ``presence`` is ``packed.units`` × papers."""
    return _counted(packed.excluding, presence, lambda held: held > 0)


def lacking(packed: Packed, presence: Mask) -> Mask:
    """Papers × profiles: a required keyword is absent. ``presence`` is ``packed.units`` × papers."""
    return _counted(packed.requiring, presence, lambda held: held < np.diff(packed.requiring.indptr)[:, None])


def _counted(marked: Rows, presence: Mask, test: Callable[[NDArray[np.float32]], Mask]) -> Mask:
    """Papers × profiles: how many of the units marked are present, put to the test; none are, no test."""
    if not marked.nnz:
        return np.zeros(presence.shape[1:] + marked.shape[:1], dtype=np.bool_)
    return test(np.asarray(marked @ presence.astype(np.float32))).T
