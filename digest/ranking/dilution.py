"""How much of a keyword's weight is its own: keywords of one profile that say the same share it.

    share(k) = w(k) / Σ_l likeness(k, l)²

with likeness the cosine of what the two are related to, or of the words they are made of where that is
greater (in a young store nothing is related yet). One keyword, five synonyms and five interests of their own
then earn a paper at the heart of one of them about the same score, and one bar fits all.
"""

from __future__ import annotations

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
    profile, one, other, cosines = _alike_in_words(units, vocabulary)
    likeness[profile, one, other] = np.maximum(likeness[profile, one, other], cosines)
    own = np.arange(units.shape[1])
    likeness[:, own, own] = 1.0
    return np.asarray(np.square(likeness).sum(axis=2))


def _alike_in_words(units: Ints, vocabulary: Vocabulary) -> tuple[Ints, Ints, Ints, Floats]:
    """Profiles and two keywords of each that share words, with their cosines as sets of words."""
    size = units.shape[1]
    keyword, words = vocabulary.words_of(units.ravel())
    lengths = np.bincount(keyword, minlength=units.size)
    codes = keyword // size * len(vocabulary.known_words) + words
    shared = _repeated(codes)  # in most profiles no word stands in two keywords
    keyword, columns = keyword[shared], np.unique(codes[shared], return_inverse=True)[1]
    weights = 1 / np.sqrt(lengths[keyword])
    held = sparse.csr_matrix((weights, (keyword, columns)), shape=(units.size, columns.max(initial=0) + 1))
    pairs = (held @ held.T).tocoo()
    return pairs.row // size, pairs.row % size, pairs.col % size, pairs.data


def _repeated(codes: Ints) -> Ints:
    """The places of what stands there more than once."""
    order = np.argsort(codes)
    again = np.flatnonzero(np.diff(codes[order]) == 0)
    return np.unique(order[np.concatenate([again, again + 1])])
