"""How much of a keyword's weight is its own: keywords of one profile that say the same share it.

    share(k) = w(k) / Σ_l likeness(k, l)²

with likeness the cosine of what the two are related to, or of the words they are made of where that is
greater (in a young store nothing is related yet). One keyword, five synonyms and five interests of their own
then earn a paper at the heart of one of them about the same score, and one bar fits all.
"""

from __future__ import annotations

from itertools import chain

import numpy as np
from scipy import sparse

from digest.ranking.reasons import Floats, Ints
from digest.ranking.vocabulary import Keywords, Vocabulary

AT_ONCE = 4_096
"""Keywords compared at once: bounds memory to so many directions."""


def diluted(keywords: Keywords, owners: Ints, vocabulary: Vocabulary) -> Floats:
    """The weights of keywords, each divided by how many of its owner's topical keywords say the same.

    ``owners``, ascending, says whose each is. A keyword of no topic keeps its weight.
    """
    topical = np.flatnonzero(keywords.topical)
    weights = keywords.weights.copy()
    counts = np.bincount(owners[topical])
    starts = np.cumsum(counts) - counts
    for size in np.unique(counts[counts > 0]).tolist():
        members, portion = starts[counts == size], max(AT_ONCE // size, 1)
        for first in range(0, len(members), portion):
            places = topical[members[first : first + portion, None] + np.arange(size)]
            weights[places] /= _alike(keywords.units[places], vocabulary)
    return weights


def _alike(units: Ints, vocabulary: Vocabulary) -> Floats:
    """Profiles × keywords: how many keywords of the profile say the same; ``units`` has that shape, too."""
    directions = vocabulary.directions[units].astype(np.float64)
    likeness = np.clip(directions @ directions.transpose(0, 2, 1), 0, 1)
    np.maximum(likeness, _cosines_of_words(units, vocabulary), out=likeness)
    own = np.arange(units.shape[1])
    likeness[:, own, own] = 1.0
    return np.asarray(np.square(likeness).sum(axis=2))


def _cosines_of_words(units: Ints, vocabulary: Vocabulary) -> Floats:
    """Profiles × keywords × keywords: the cosines of a profile's keywords as sets of words."""
    profiles, size = units.shape
    words = [vocabulary.words[unit] for unit in units.ravel().tolist()]
    found = np.zeros((profiles, size, size))
    lengths = np.array([len(said) for said in words], dtype=np.intp)
    keyword = np.repeat(np.arange(len(words)), lengths)
    numbers = np.fromiter(chain.from_iterable(words), dtype=np.intp, count=len(keyword))
    codes, columns = np.unique(keyword // size * (len(vocabulary.known_words)) + numbers, return_inverse=True)
    if len(codes) == len(columns):  # as in most profiles: no word stands in two keywords
        return found
    held = sparse.csr_matrix((1 / np.sqrt(lengths[keyword]), (keyword, columns)))
    shared = (held @ held.T).tocoo()
    found[shared.row // size, shared.row % size, shared.col % size] = shared.data
    return found
