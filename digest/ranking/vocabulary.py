"""Keywords by number: what ranking needs of each, as arrays, whoever shares it.

A keyword is read, and what it is related to is learnt, when the first profile asks for it; from then on
profiles are rows of numbers, and packing a thousand of them is a few array operations (``product.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from digest.model import Field, Keyword, KeywordKind, Profile, Weight
from digest.ranking.commonness import commonness
from digest.ranking.corpus import Corpus
from digest.ranking.reasons import Floats, Ints, spans
from digest.ranking.relations import Relation
from digest.ranking.units import Unit, term_unit, unit_of_keyword

Mask = NDArray[np.bool_]
Thing = TypeVar("Thing")
KINDS = tuple(KeywordKind)
"""The number of a kind is its place here."""
INCLUDE, EXCLUDE, REQUIRE = map(KINDS.index, (KeywordKind.INCLUDE, KeywordKind.EXCLUDE, KeywordKind.REQUIRE))


@dataclass(frozen=True, slots=True)
class Keywords:
    """Keywords in a row, and terms that were fed back: their units, kinds, weights, whether they belong to a
    topic, and which were ``fed``.
    """

    units: Ints
    kinds: NDArray[np.uint8]
    weights: Floats
    topical: Mask
    fed: Mask

    def at(self, places: Ints) -> Keywords:
        return Keywords(
            self.units.take(places),
            self.kinds.take(places),
            self.weights.take(places),
            self.topical.take(places),
            self.fed.take(places),
        )

    def followed_by(self, other: Keywords) -> Keywords:
        """These, then others."""
        return Keywords(
            np.concatenate([self.units, other.units]),
            np.concatenate([self.kinds, other.kinds]),
            np.concatenate([self.weights, other.weights]),
            np.concatenate([self.topical, other.topical]),
            np.concatenate([self.fed, other.fed]),
        )


class Vocabulary:
    """The keywords and named terms of the profiles met so far; those that look for the same share a unit.

    ``units``, ``relations`` and ``common`` (``commonness.py``) go by the unit's number.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._units: dict[Unit, int] = {}
        self._keywords: _Numbers[Keyword] = _Numbers()
        self._same: dict[int, int] = {}
        """The same by the identity of what ``_keywords`` holds, and keeps from being another: looked up in a
        third of the time, since readers share the values that were read from the same text."""
        self._terms: _Numbers[str] = _Numbers()
        self._of_keywords = _columns([], [])
        self._of_terms: list[int] = []
        self.units: list[Unit] = []
        self.relations: list[Relation | None] = []
        self.common: Floats = np.zeros(0)
        self.known_words: _Numbers[str] = _Numbers()
        self._words: Ints = np.zeros(0, dtype=np.intp)
        self._bounds: Ints = np.zeros(1, dtype=np.intp)
        """The words that tell units from others, in a row; where those of a unit begin and end."""
        self.directions: NDArray[np.float32] = np.zeros((0, 1), dtype=np.float32)
        """Units × dimensions: the latent directions of what they are related to; 0 where nothing is."""

    def __len__(self) -> int:
        return len(self.units)

    @property
    def has_relation(self) -> Mask:
        """Of each unit, whether anything is related to it."""
        return np.array([relation is not None for relation in self.relations], dtype=np.bool_)

    def keywords_of(self, profiles: Sequence[Profile]) -> Keywords:
        """The keywords of all profiles, one after the other."""
        keywords = [*chain.from_iterable([profile.keywords for profile in profiles])]
        found = map(self._same.get, map(id, keywords), repeat(-1))
        numbers = np.fromiter(found, dtype=np.intp, count=len(keywords))
        others = np.flatnonzero(numbers < 0)
        numbers[others] = [self._keywords[keywords[place]] for place in others.tolist()]
        self._learn()
        return self._of_keywords.at(numbers)

    def _learn(self) -> None:
        """Read the keywords numbered since."""
        fresh = [*islice(self._keywords, len(self._of_keywords.units), None)]
        if not fresh:
            return
        self._same |= {id(keyword): self._keywords[keyword] for keyword in fresh}
        units = [self._number(unit_of_keyword(keyword)) for keyword in fresh]
        self._of_keywords = self._of_keywords.followed_by(_columns(fresh, units))
        self._look_up()

    def fed_back(self, weights: Sequence[Weight]) -> Keywords:
        """The terms that feedback named, one after the other."""
        numbers = [self._terms[one.term] for one in weights]
        if len(self._terms) > len(self._of_terms):
            fresh = list(self._terms)[len(self._of_terms) :]
            self._of_terms += [self._number(term_unit(text)) for text in fresh]
            self._look_up()
        given = np.array([one.weight for one in weights], dtype=np.float64)
        units = np.array([self._of_terms[number] for number in numbers], dtype=np.intp)
        every = np.ones(len(units), dtype=np.bool_)
        return Keywords(units, np.full(len(units), INCLUDE, dtype=np.uint8), given, every, every)

    def words_of(self, units: Ints) -> tuple[Ints, Ints]:
        """The words that tell units from others, in a row: of which of them, and the number of the word."""
        of, places = spans(self._bounds[units], self._bounds[units + 1] - self._bounds[units])
        return of, self._words[places]

    def _number(self, unit: Unit) -> int:
        number = self._units.setdefault(unit, len(self.units))
        if number == len(self.units):
            self.units.append(unit)
        return number

    def _look_up(self) -> None:
        """Learn what the units numbered since are made of and related to, and how common they are."""
        fresh = self.units[len(self.relations) :]
        words = [[self.known_words[word] for word in sorted(unit.words)] for unit in fresh]
        self._words = np.concatenate([self._words, np.array([*chain.from_iterable(words)], dtype=np.intp)])
        ends = self._bounds[-1] + np.cumsum([len(some) for some in words], dtype=np.intp)
        self._bounds = np.concatenate([self._bounds, ends])
        self.common = np.concatenate([self.common, commonness(fresh, self._corpus)])
        learnt = self._corpus.relations(fresh)
        self.relations += learnt
        width = max((len(one.latent) for one in learnt if one), default=1)
        new = np.zeros((len(learnt), width), dtype=np.float32)
        for row, relation in enumerate(learnt):
            if relation:
                new[row] = relation.latent
        self.directions = _stacked(self.directions, new)


class _Numbers(dict[Thing, int]):
    """Numbers things in the order in which they are first asked for."""

    def __missing__(self, thing: Thing) -> int:
        self[thing] = number = len(self)
        return number


def _columns(keywords: Sequence[Keyword], units: Sequence[int]) -> Keywords:
    return Keywords(
        np.array(units, dtype=np.intp),
        np.array([KINDS.index(keyword.kind) for keyword in keywords], dtype=np.uint8),
        np.array([keyword.weight for keyword in keywords], dtype=np.float64),
        np.array([_is_topical(keyword) for keyword in keywords], dtype=np.bool_),
        np.zeros(len(keywords), dtype=np.bool_),
    )


def _is_topical(keyword: Keyword) -> bool:
    """Follows stand beside the topic: they neither dilute it nor are diluted by it."""
    return keyword.kind is not KeywordKind.EXCLUDE and keyword.field not in (Field.AUTHOR, Field.ORG)


def _stacked(above: NDArray[np.float32], below: NDArray[np.float32]) -> NDArray[np.float32]:
    """One above the other; the narrower, which says nothing, as wide as the other."""
    width = max(above.shape[1], below.shape[1])
    padded = [np.pad(one, ((0, 0), (0, width - one.shape[1]))) for one in (above, below)]
    return np.concatenate(padded)
