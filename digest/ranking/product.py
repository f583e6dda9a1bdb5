"""The arrays behind ranking: profiles packed as sparse columns, scored in one product.

A profile is a column over units. Keywords that mean the same must not count twice, and keywords that mean
different things must not dilute each other; so each keyword's weight is divided by how many keywords of the
profile say the same,

    share(k) = w(k) / Σ_l likeness(k, l)²

with likeness the cosine of what the two are related to, or of the words they are made of where that is
greater (in a young store nothing is related yet). One keyword, five synonyms and five interests of their own
then earn a paper at the heart of one of them about the same score, and one bar fits all.

Scores of all papers for all profiles are one product, ``evidence @ wanted`` with evidence = [hits |
related]; exclusion and requirement are two more over presence, made only where some profile asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Field, Keyword, KeywordKind, Profile, Weight
from digest.ranking.relations import Relation
from digest.ranking.units import Unit, term_unit, unit_of_keyword

Dense = NDArray[np.float64]
Mask = NDArray[np.bool_]
Learn = Callable[[Sequence[Unit]], Sequence[Relation | None]]


TOLL = 0.08
"""What is fed back lifts whatever is near the topic, so keywords and weights are divided by 1 + this for each
unit of positive weight: likes then say more about which papers pass than about how many. Twenty likes come to
about five units. With 0.06 to 0.08 F1 at the default bar grows with the likes for every wording; without it
falls.
"""


@dataclass(frozen=True, slots=True)
class Pull:
    """One addend of a profile's sum: a keyword, or a weight that was fed back or learnt.

    ``hits`` and ``related`` multiply the unit's evidence.
    """

    unit: int
    hits: float
    related: float
    keyword: Keyword
    origin: Weight | None = None


@dataclass(frozen=True)
class Packed:
    """Profiles as sparse columns: ``wanted`` over hits and related (2 × units), the others over units."""

    units: tuple[Unit, ...]
    relations: Sequence[Relation | None]
    pulls: tuple[tuple[Pull, ...], ...]
    wanted: sparse.csc_matrix
    excluded: sparse.csc_matrix
    required: sparse.csc_matrix


def pack(profiles: Sequence[Profile], relations: Learn) -> Packed:
    """Profiles as columns; each distinct keyword becomes one unit, whoever shares it."""
    units: dict[Unit, int] = {}
    asked_for = [
        [_place(unit_of_keyword(keyword), units) for keyword in profile.keywords] for profile in profiles
    ]
    fed = [[_place(term_unit(one.term), units) for one in profile.weights] for profile in profiles]
    known = tuple(units)
    learnt = relations(known)
    pulls = tuple(
        tuple(_pulls(profile, places, known, learnt)) + tuple(_fed(profile, added))
        for profile, places, added in zip(profiles, asked_for, fed, strict=True)
    )
    flat = [(pull, place) for place, group in enumerate(pulls) for pull in group]
    wanted = [(pull, place) for pull, place in flat if pull.keyword.kind is not KeywordKind.EXCLUDE]
    hits = [(pull.unit, place, pull.hits) for pull, place in wanted]
    related = [(pull.unit + len(units), place, pull.related) for pull, place in wanted if pull.related]
    return Packed(
        known,
        learnt,
        pulls,
        wanted=_columns(hits + related, 2 * len(units), len(profiles)),
        excluded=_kind(flat, KeywordKind.EXCLUDE, len(units), len(profiles)),
        required=_kind(flat, KeywordKind.REQUIRE, len(units), len(profiles)),
    )


def _place(unit: Unit, units: dict[Unit, int]) -> int:
    return units.setdefault(unit, len(units))


def _columns(entries: Sequence[tuple[int, int, float]], rows: int, columns: int) -> sparse.csc_matrix:
    places, profiles, weights = zip(*entries, strict=True) if entries else ((), (), ())
    return sparse.csc_matrix((np.array(weights, dtype=np.float64), (places, profiles)), shape=(rows, columns))


def _kind(flat: Sequence[tuple[Pull, int]], kind: KeywordKind, rows: int, columns: int) -> sparse.csc_matrix:
    return _columns(
        [(pull.unit, place, 1.0) for pull, place in flat if pull.keyword.kind is kind], rows, columns
    )


def _pulls(
    profile: Profile, places: Sequence[int], units: Sequence[Unit], learnt: Sequence[Relation | None]
) -> Iterator[Pull]:
    topical = [number for number, keyword in enumerate(profile.keywords) if _is_topical(keyword)]
    shares = shares_of(
        [profile.keywords[number].weight for number in topical],
        [units[places[number]].words for number in topical],
        [learnt[places[number]] for number in topical],
    )
    toll = toll_of(profile)
    by_number = {number: share / toll for number, share in zip(topical, shares, strict=True)}
    for number, (keyword, place) in enumerate(zip(profile.keywords, places, strict=True)):
        weight = by_number.get(number, keyword.weight)
        yield Pull(place, weight, weight if profile.learning and learnt[place] else 0.0, keyword)


def _fed(profile: Profile, places: Sequence[int]) -> Iterator[Pull]:
    toll = toll_of(profile)
    for weight, place in zip(profile.weights if profile.learning else (), places, strict=False):
        yield Pull(place, weight.weight / toll, 0.0, Keyword(weight.term), weight)


def toll_of(profile: Profile) -> float:
    """What topical keywords and fed weights are divided by, so that the bar keeps its meaning."""
    fed = profile.weights if profile.learning else ()
    return 1.0 + TOLL * sum(max(one.weight, 0.0) for one in fed)


def _is_topical(keyword: Keyword) -> bool:
    """Follows stand beside the topic: they neither dilute it nor are diluted by it."""
    return keyword.kind is not KeywordKind.EXCLUDE and keyword.field not in (Field.AUTHOR, Field.ORG)


def shares_of(
    weights: Sequence[float], words: Sequence[frozenset[str]], relations: Sequence[Relation | None]
) -> list[float]:
    """The weights of a profile's keywords, each divided by how many of them say the same."""
    if not weights:
        return []
    likeness = np.maximum(_likeness_of_words(words), _likeness_of_relations(relations))
    np.fill_diagonal(likeness, 1.0)
    return [float(share) for share in np.array(weights) / np.square(likeness).sum(axis=1)]


def _likeness_of_words(words: Sequence[frozenset[str]]) -> Dense:
    """The cosines of keywords as sets of words."""
    union = frozenset().union(*words)
    if len(union) == sum(map(len, words)):  # as in most profiles: no word stands in two keywords
        return np.eye(len(words))
    vocabulary = {word: place for place, word in enumerate(sorted(union))}
    held = np.zeros((len(words), len(vocabulary)))
    for row, one in enumerate(words):
        held[row, [vocabulary[word] for word in one]] = 1 / np.sqrt(max(len(one), 1))
    return np.asarray(held @ held.T)


def _likeness_of_relations(relations: Sequence[Relation | None]) -> Dense:
    """The cosines of what keywords are related to, 0 at least."""
    width = max((len(relation.latent) for relation in relations if relation), default=1)
    directions = np.zeros((len(relations), width))
    for row, relation in enumerate(relations):
        if relation:
            directions[row] = relation.latent
    return np.clip(directions @ directions.T, 0, 1)


def raw_scores(evidence: sparse.csr_matrix, packed: Packed) -> Dense:
    """Papers × profiles: the sum of evidence."""
    return np.asarray((evidence @ packed.wanted).todense(), dtype=np.float64)


def kept_out(presence: sparse.csr_matrix, packed: Packed) -> Mask:
    """Papers × profiles: an excluded keyword is present."""
    shape = (presence.shape[0], packed.excluded.shape[1])
    if not packed.excluded.nnz:
        return np.zeros(shape, dtype=np.bool_)
    return np.asarray((presence @ packed.excluded).todense() > 0, dtype=np.bool_)


def lacking(presence: sparse.csr_matrix, packed: Packed) -> Mask:
    """Papers × profiles: a required keyword is absent."""
    shape = (presence.shape[0], packed.required.shape[1])
    if not packed.required.nnz:
        return np.zeros(shape, dtype=np.bool_)
    met = np.asarray((presence @ packed.required).todense())
    asked = np.asarray(packed.required.sum(axis=0)).ravel()
    return np.asarray(met < asked, dtype=np.bool_)
