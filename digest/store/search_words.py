"""The words of the search: how texts and queries are cut, the same on both databases. Pure.

A query is words (all must occur), ``"exact phrases"``, ``prefix*``, ``author:name`` and ``org:name``
(quoted if they have blanks), and any of these after a minus: ``-survey`` leaves out papers that hold it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import Stemmer

from digest.errors import DigestError
from digest.model import Paper

LONGEST_QUERY = 500
MOST_PIECES = 30
MOST_WORDS = 10_000
"""Of a paper: far above any seen, below what a ``tsvector`` can place."""

_WORD = re.compile(r"[^\W_]+")
_PIECE = re.compile(r'(-)?(?:(author|org|organisation):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
FIELDS = frozenset({"author:", "org:", "organisation:"})
BREAK = "0break0"
"""Stands between two authors, so that no phrase reaches from one name into the next."""


class QueryError(DigestError):
    """A query that cannot be searched for."""

    exit_code = 2


class Place(Enum):
    """Where words stand, with the weight label of Postgres."""

    TITLE = "A"
    AUTHORS = "B"
    ORGANISATION = "C"
    ABSTRACT = "D"


WEIGHTS = {Place.TITLE: 3.0, Place.AUTHORS: 2.0, Place.ORGANISATION: 2.0, Place.ABSTRACT: 1.0}


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that must stand beside each other; with ``prefix`` the last may go on; ``place`` limits where.

    What is ``excluded`` must not stand in the paper.
    """

    words: tuple[str, ...]
    prefix: bool = False
    place: Place | None = None
    excluded: bool = False


def words_of(text: str) -> list[str]:
    """The words of a text, folded: no case, no accents, English endings cut.

    >>> words_of("State-Space Models of Öz")
    ['state', 'space', 'model', 'of', 'oz']
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return [_stem(word) for word in _WORD.findall(plain.casefold())[:MOST_WORDS]]


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    stem = str(_stemmer().stemWord(word))
    if len(stem) > 2 and stem.endswith("s") and not stem.endswith("ss"):
        return stem[:-1]  # "LLMs": without a vowel the stemmer sees no plural
    return stem


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def placed_words(paper: Paper) -> dict[Place, list[str]]:
    """The words of a paper by their place."""
    authors: list[str] = []
    for name in paper.authors:
        authors += [*words_of(name), BREAK]
    organisation = paper.organisation
    return {
        Place.TITLE: words_of(paper.title),
        Place.ABSTRACT: words_of(paper.abstract),
        Place.AUTHORS: authors[:MOST_WORDS],
        Place.ORGANISATION: words_of(f"{organisation.name} {organisation.title}") if organisation else [],
    }


def parse_query(text: str) -> tuple[Piece, ...]:
    """The pieces of a query. Raises ``QueryError`` when it is too long or holds no word to search for."""
    if len(text) > LONGEST_QUERY:
        raise QueryError(
            f"the query is longer than {LONGEST_QUERY} characters", remedy="search for fewer words"
        )
    found = [_piece(*match.groups()) for match in _PIECE.finditer(text)]
    pieces = tuple(piece for piece in found if piece.words)[:MOST_PIECES]
    if not pieces:
        raise QueryError("the query holds no word", remedy='try: digest search "video generation" org:nvidia')
    if all(piece.excluded for piece in pieces):
        raise QueryError("the query only says what to leave out", remedy="add what to search for")
    return pieces


def _piece(minus: str | None, field: str | None, phrase: str | None, word: str | None) -> Piece:
    text = phrase if phrase is not None else word or ""
    prefix = phrase is None and text.endswith("*")
    place = None
    if word and word.lower() in FIELDS:
        return Piece(())
    if field:
        place = Place.AUTHORS if field.lower() == "author" else Place.ORGANISATION
    words = _unstemmed_end(text) if prefix else tuple(words_of(text))
    return Piece(words, prefix, place, excluded=minus is not None)


def _unstemmed_end(text: str) -> tuple[str, ...]:
    """The words of a prefix: the last one as typed, or its ending would be cut before it goes on."""
    words = words_of(text)
    plain = unicodedata.normalize("NFKD", text).casefold()
    typed = _WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign)))
    return (*words[:-1], typed[-1]) if typed else ()
