"""Keywords → units: what one keyword looks for, independent of any profile.

A keyword is scored as a unit: its phrase counts in full, its scattered words count half. A unit is a small
weighted set of terms, so that all units together are one sparse matrix (terms × units) and papers × units
is one product. A keyword of more words than people use as a phrase (a half sentence) is read as its
neighbouring pairs of telling words instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from digest.model import Field, Keyword
from digest.ranking.stopwords import STOPWORDS
from digest.ranking.terms import (
    AUTHOR,
    CAPITALS,
    EXACT,
    ORG,
    STEMMED,
    join,
    join_exact,
    stemmed,
    wildcard,
)
from digest.ranking.text import BREAK, Word, is_acronym, singular, words

LONGEST_PHRASE = 4
"""Words: longer keywords are half sentences, which no paper repeats word for word."""
LOOSE = 0.5
"""Scattered words of a keyword count half of its phrase (measured: ``docs/ranking.md``)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A term a unit looks for; ``share`` of the unit's full strength; ``shown`` as the keyword had it.

    ``grams`` are the stemmed pairs (or the one word) that bound how many papers can hold the term.
    """

    term: str
    share: float
    shown: str
    grams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """What one keyword looks for. ``parts`` also decide exclusion and requirement; ``titled`` says that a
    title that names it earns a fixed least (``evidence.TITLE_LEAST``).
    """

    text: str
    field: Field
    parts: tuple[Part, ...]
    loose: tuple[Part, ...]
    related: bool
    titled: bool = False

    @property
    def grams(self) -> frozenset[str]:
        """The stemmed words and pairs of all parts."""
        return frozenset(gram for part in (*self.parts, *self.loose) for gram in part.grams)

    @property
    def words(self) -> frozenset[str]:
        """The stemmed words: what tells it from other keywords."""
        return frozenset(gram for part in self.loose or self.parts for gram in part.grams)


@lru_cache(maxsize=20_000)
def unit_of(text: str, field: Field, exact: bool, prefix: bool) -> Unit:  # noqa: FBT001  key of a cache
    """The unit of a keyword's text; the same for every profile that holds it."""
    found = tuple(word for word in words(text) if word.folded != BREAK)
    if field in (Field.AUTHOR, Field.ORG):
        return Unit(text, field, (_name(field, found, text),), (), related=False)
    if prefix or exact:
        whole = _whole(found, exact=exact, prefix=prefix)
        return Unit(text + "*" * prefix, field, (whole,), (), related=not exact, titled=True)
    telling = tuple(word for word in found if word.folded not in STOPWORDS) or found
    phrase = len(found) <= LONGEST_PHRASE
    parts = (_whole(found, exact=False, prefix=False),) if phrase else _pairs(telling)
    loose = tuple(_word(word) for word in _distinct(telling)) if len(found) > 1 else ()
    return Unit(text, field, parts, loose, related=field is Field.ANY, titled=phrase)


@lru_cache(maxsize=20_000)
def term_unit(text: str) -> Unit:
    """The unit of a named term (feedback): its phrase and what is related to it, no scattered words."""
    found = tuple(word for word in words(text) if word.folded != BREAK)
    return Unit(text, Field.ANY, (_whole(found, exact=False, prefix=False),), (), related=True)


def unit_of_keyword(keyword: Keyword) -> Unit:
    return unit_of(keyword.text, keyword.field, keyword.exact, keyword.prefix)


def _name(field: Field, found: tuple[Word, ...], text: str) -> Part:
    mark = AUTHOR if field is Field.AUTHOR else ORG
    term = mark + "".join(word.folded for word in found)
    return Part(term, 1.0, text, ())


def _whole(found: tuple[Word, ...], *, exact: bool, prefix: bool) -> Part:
    folded = [word.folded for word in found]
    shown = " ".join(word.raw for word in found)
    if prefix:
        return Part(wildcard(folded), 1.0, shown + "*", _grams(folded))
    if len(found) == 1 and is_acronym(found[0].raw):
        return _word(found[0])
    term = EXACT + join_exact(folded) if exact else stemmed(folded)
    return Part(term, 1.0, shown, _grams(folded))


def _grams(folded: list[str]) -> tuple[str, ...]:
    if len(folded) == 1:
        return (STEMMED + join(folded),)
    return tuple(STEMMED + join(pair) for pair in pairwise(folded))


def _word(word: Word) -> Part:
    gram = (STEMMED + join([word.folded]),)
    if is_acronym(word.raw):
        return Part(CAPITALS + singular(word.folded), 1.0, word.raw, gram)
    return Part(gram[0], 1.0, word.raw, gram)


def _pairs(telling: tuple[Word, ...]) -> tuple[Part, ...]:
    if len(telling) < 3:
        return (_whole(telling, exact=False, prefix=False),)
    pairs = [_whole((first, second), exact=False, prefix=False) for first, second in pairwise(telling)]
    share = 1.0 / len(pairs)
    return tuple(Part(pair.term, share, pair.shown, pair.grams) for pair in pairs)


def _distinct(telling: tuple[Word, ...]) -> tuple[Word, ...]:
    return tuple({word.folded: word for word in telling}.values())
