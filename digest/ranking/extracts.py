"""What ranking needs of a paper, read once and kept: its extract.

An extract holds the fingerprints of the paper's terms (stemmed words and pairs, words in capitals, names)
with their counts, and its folded words for what is rarely asked for (long phrases, exact ones, wildcards).
Six thousand bytes stand for a paper whose reading takes a millisecond: papers of ninety days are looked
through as arrays in a tenth of a second. The last ``KEPT`` extracts stay in memory; ``to_bytes`` and
``from_bytes`` let the store keep more of them, under a ``mark`` that changes when the paper or the reading
does.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from threading import Lock

import numpy as np
import Stemmer
from numpy.typing import NDArray

from digest.model import Paper
from digest.ranking.frequencies import fingerprints
from digest.ranking.tally import tally
from digest.ranking.terms import Counts, Openings, Text, joined, names_and_capitals, openings, read

FORMAT = 5
"""Grows when a paper is cut into other words or terms, or the bytes change meaning: then papers are read
again. ``tests/ranking/test_extracts.py`` notices when it has to."""
KEPT = 6_000
"""Extracts in memory: 90 days of the fullest Daily Papers, some 40 MB."""
_HEAD, _CHECK = struct.Struct("<IIIIII"), struct.Struct("<I")
_FIELDS, _WORDS = "\n", " "

Marks = NDArray[np.uint64]
FieldCounts = NDArray[np.uint16]


class ExtractFormatError(ValueError):
    """The bytes are no extract: read the paper again."""


@dataclass(frozen=True, eq=False)
class Extract:
    """One paper. ``terms`` are fingerprints, of stemmed words and pairs the first ``stemmed``; ``counts`` is
    terms × (title, abstract, the source's keywords); ``words`` the folded words of the three, packed.
    Equal only to itself.
    """

    terms: Marks
    counts: FieldCounts
    stemmed: int
    lengths: Counts
    words: bytes

    @property
    def fields(self) -> list[list[str]]:
        """The folded words of title, abstract and keywords."""
        text = zlib.decompress(self.words).decode()
        return [field.split(_WORDS) if field else [] for field in text.split(_FIELDS)]

    @cached_property
    def joined(self) -> str:
        """All words in one piece: what is not in it stands in no run of words."""
        return "\n".join(map(joined, self.fields))

    @cached_property
    def openings(self) -> tuple[Openings, ...]:
        """Where in the fields what is rarely asked for may begin."""
        return tuple(map(openings, self.fields))

    def to_bytes(self) -> bytes:
        """For the store."""
        counts = zlib.compress(self.counts.tobytes(), 1)
        head = _HEAD.pack(len(self.terms), len(counts), self.stemmed, *self.lengths)
        body = b"".join((head, self.terms.astype("<u8").tobytes(), counts, self.words))
        return body + _CHECK.pack(zlib.crc32(body))

    @classmethod
    def from_bytes(cls, body: bytes) -> Extract:
        """The extract of ``to_bytes``.

        Raises:
            ExtractFormatError: the bytes are damaged.
        """
        if (
            len(body) < _HEAD.size + _CHECK.size
            or _CHECK.pack(zlib.crc32(body[: -_CHECK.size])) != body[-_CHECK.size :]
        ):
            raise ExtractFormatError("the bytes are not those of an extract")
        terms, size, stemmed, title, abstract, named = _HEAD.unpack_from(body)
        start = _HEAD.size + 8 * terms
        marks = np.frombuffer(body, dtype="<u8", count=terms, offset=_HEAD.size)
        counts = np.frombuffer(zlib.decompress(body[start : start + size]), dtype="<u2").reshape(terms, 3)
        return cls(marks, counts, stemmed, (title, abstract, named), body[start + size : -_CHECK.size])


@dataclass(frozen=True)
class Stack:
    """Extracts one above the other: the paper of every term, its fingerprint and its counts."""

    papers: int
    rows: NDArray[np.intp]
    terms: Marks
    counts: FieldCounts

    @classmethod
    def of(cls, extracts: Sequence[Extract]) -> Stack:
        if not extracts:
            return cls(0, np.empty(0, np.intp), np.empty(0, np.uint64), np.empty((0, 3), np.uint16))
        sizes = [len(one.terms) for one in extracts]
        return cls(
            len(extracts),
            np.repeat(np.arange(len(extracts)), sizes),
            np.concatenate([one.terms for one in extracts]),
            np.concatenate([one.counts for one in extracts]),
        )

    def find(self, sought: Marks) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where any of the sought terms stands, and which of them it is."""
        if not len(sought) or not len(self.terms):
            return np.empty(0, np.intp), np.empty(0, np.intp)
        order = np.argsort(sought)
        known = sought[order]
        at = self._may_be(known)
        terms = self.terms[at]
        nearest = np.minimum(np.searchsorted(known, terms), len(known) - 1)
        found = known[nearest] == terms
        return at[found], order[nearest[found]]

    def _may_be(self, known: Marks) -> NDArray[np.intp]:
        """Terms that begin as one of the known does: nearly all others need no search among the known."""
        first_bits = np.uint64(64 - 3 - len(known).bit_length())
        beginnings = np.zeros(8 << len(known).bit_length(), dtype=bool)
        beginnings[(known >> first_bits).astype(np.intp)] = True
        return np.flatnonzero(beginnings[(self.terms >> first_bits).astype(np.intp)])


def mark_of(paper: Paper) -> str:
    """What an extract was made of: another mark, another extract."""
    organisation = paper.organisation
    names = (organisation.name, organisation.title) if organisation else ()
    parts = (
        f"{FORMAT} {Stemmer.version()}",
        paper.title,
        paper.abstract,
        *paper.source_keywords,
        _FIELDS,
        *paper.authors,
        _FIELDS,
        *names,
    )
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


# --- in memory -------------------------------------------------------------------------------

_held: dict[Paper, Extract] = {}
_lock = Lock()


def extracts_of(papers: Sequence[Paper]) -> list[Extract]:
    """The extracts of papers: those in memory, the others read at once."""
    held = [_held.get(paper) for paper in papers]
    missing = list(dict.fromkeys(paper for paper, found in zip(papers, held, strict=True) if not found))
    read_now = dict(zip(missing, _extracts([read(paper) for paper in missing]), strict=True))
    remember(read_now.items())
    return [found or read_now[paper] for paper, found in zip(papers, held, strict=True)]


def unknown(papers: Iterable[Paper]) -> list[Paper]:
    """Those whose extracts are not in memory."""
    return [paper for paper in papers if paper not in _held]


def remember(extracts: Iterable[tuple[Paper, Extract]]) -> None:
    """Keep extracts in memory; the oldest give way."""
    with _lock:
        _held.update(extracts)
        for paper in list(_held)[: max(len(_held) - KEPT, 0)]:
            del _held[paper]


def forget() -> None:
    """As in a process that has just started."""
    with _lock:
        _held.clear()


# --- reading ---------------------------------------------------------------------------------


def _extracts(texts: Sequence[Text]) -> Iterator[Extract]:
    counted, _ = tally(texts)
    marks = fingerprints(counted.terms)
    for text, (places, counts) in zip(texts, counted.of_papers(), strict=True):
        others = names_and_capitals(text)
        more = np.array(list(others.values()), dtype=np.uint16).reshape(len(others), 3)
        yield Extract(
            np.concatenate([marks[places], fingerprints(others)]),
            np.concatenate([counts, more]),
            len(places),
            text.lengths,
            _packed(text),
        )


def _packed(text: Text) -> bytes:
    fields = (_WORDS.join([word.folded for word in field]) for field in text.fields)
    return zlib.compress(_FIELDS.join(fields).encode(), 6)
