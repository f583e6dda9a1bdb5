"""How much of a keyword's weight is its own: keywords of one profile that say the same share it.

    share(k) = w(k) / Σ_l likeness(k, l)²

with likeness the cosine of what the two are related to, or of the words they are made of where that is
greater (in a young store nothing is related yet). One keyword, five synonyms and five interests of their own
then earn a paper at the heart of one of them about the same score, and one bar fits all.

Terms that were fed back say the same as what they are alike, too: as far as their weight, where it is more
than nothing, they take from keywords and from each other. So likes say more about which papers of a topic
pass than about how many, and leave the profile's other topics alone. Keywords take nothing from them:

    share(t) = w(t) / (1 + Σ_l max(w(l), 0) · likeness(t, l)²)        over the terms l that were fed back

From keywords they take by likeness beyond ``UNRELATED`` alone: twenty terms that are a little like everything
would together cost every other interest its entries.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.ranking.reasons import Floats, Ints, spans
from digest.ranking.vocabulary import Keywords, Mask, Vocabulary

UNRELATED = 0.15
"""Likeness that says nothing: keywords of different interests have 0.26 on average. With 0.3 other interests
keep every score, but more passes that is not wanted (``docs/ranking.md``, "Likes")."""
AT_ONCE = 4_096
"""Keywords compared at once: bounds memory to so many directions."""


def diluted(keywords: Keywords, owners: Ints, vocabulary: Vocabulary) -> Floats:
    """The weights of keywords, each divided by how much of its owner's topical keywords says the same.

    ``owners``, ascending, says whose each is. A keyword of no topic keeps its weight.
    """
    mass = np.where(keywords.fed, np.maximum(keywords.weights, 0.0), 1.0)
    topical = np.flatnonzero(keywords.topical)
    owners, units, weights = owners.take(topical), keywords.units.take(topical), keywords.weights.copy()
    words = _alike_in_words(units, owners, vocabulary)
    counts = np.bincount(owners)
    starts = np.cumsum(counts) - counts
    for size in np.unique(counts[counts > 0]).tolist():
        members, portion = starts[counts == size], max(AT_ONCE // size, 1)
        for first in range(0, len(members), portion):
            some = members[first : first + portion]
            own = np.arange(size)
            places = some[:, None] + own
            likeness = _alike(vocabulary.directions.take(units[places], axis=0))
            words.lift(likeness, some)
            likeness[:, own, own] = 1.0
            at = topical[places]
            weights[at] /= _same(likeness, mass[at], keywords.fed[at])
    return weights


def _same(likeness: Floats, mass: Floats, fed: Mask) -> Floats:
    """Profiles × keywords: how much says the same as each, of what counts for ``mass``."""
    squares = np.square(likeness)
    if not fed.any():
        return np.asarray(squares.sum(axis=2))
    taking = fed[:, None, :] & ~fed[:, :, None]
    beyond = np.clip((likeness - UNRELATED) / (1 - UNRELATED), 0, 1)
    squares = np.where(taking, np.square(beyond), squares) * mass[:, None, :]
    squares[fed[:, :, None] & ~fed[:, None, :]] = 0.0  # keywords take nothing from what was fed back
    return np.asarray(squares.sum(axis=2) + fed)


def _alike(directions: NDArray[np.float32]) -> Floats:
    """Profiles × keywords × keywords: the cosines of what they are related to."""
    exact = directions.astype(np.float64)
    return np.asarray(np.clip(exact @ exact.transpose(0, 2, 1), 0, 1))


class _Alike(NamedTuple):
    """Keywords of the same profile that share words, with their cosines as sets of words; ``one`` ascends."""

    one: NDArray[np.integer]
    other: NDArray[np.integer]
    cosines: Floats

    def lift(self, likeness: Floats, starts: Ints) -> None:
        """Raise the likeness of keywords to this one; ``starts`` says where those of each profile begin."""
        before, after = np.searchsorted(self.one, [starts, starts + likeness.shape[1]])
        profile, at = spans(before, after - before)
        cells = profile, self.one[at] - starts[profile], self.other[at] - starts[profile]
        likeness[cells] = np.maximum(likeness[cells], self.cosines[at])


def _alike_in_words(units: Ints, owners: Ints, vocabulary: Vocabulary) -> _Alike:
    keyword, words = vocabulary.words_of(units)
    lengths = np.bincount(keyword, minlength=len(units))
    codes = owners.take(keyword) * len(vocabulary.known_words) + words
    shared = _repeated(codes)  # in most profiles no word stands in two keywords
    keyword, columns = keyword[shared], np.unique(codes[shared], return_inverse=True)[1]
    weights = 1 / np.sqrt(lengths[keyword])
    held = sparse.csr_matrix((weights, (keyword, columns)), shape=(len(units), columns.max(initial=0) + 1))
    pairs = (held @ held.T).tocoo()
    return _Alike(pairs.row, pairs.col, pairs.data)


def _repeated(codes: Ints) -> Ints:
    """The places of what stands there more than once."""
    order = np.argsort(codes)
    again = np.flatnonzero(np.diff(codes[order]) == 0)
    return np.unique(order[np.concatenate([again, again + 1])])
