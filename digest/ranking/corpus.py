"""The statistics of the stored papers: what ranking knows of the field.

A ``Corpus`` is a value: ``add`` gives a new one. ``build`` takes all stored papers and learns the space of
terms anew (a second per thousand papers); ``add`` takes a day's papers and costs a merge. When it has grown
by a tenth, building anew is worth while (``stale``). ``to_bytes`` and ``from_bytes`` let the store keep it.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Paper
from digest.ranking.extracts import Extract, Stack, extracts_of
from digest.ranking.frequencies import Frequencies, fingerprints
from digest.ranking.kin import Kin
from digest.ranking.relations import Relation
from digest.ranking.saturation import norms_of, weighted_length
from digest.ranking.space import Row, Rows, Space, build_space, stacked
from digest.ranking.tally import tally
from digest.ranking.terms import read
from digest.ranking.units import Unit

FORMAT = 6
"""Grows when the bytes change meaning; other formats are refused, and the caller builds anew."""
TYPICAL_LENGTH = 220.0
"""Weighted words of a paper (title twice, abstract once), measured over the papers of ``background.py``."""
TYPICAL_PAPERS = 20
"""A store is taken to have so many papers of ``TYPICAL_LENGTH`` beside its own."""
STALE_GROWTH = 0.1
"""Share of new papers from which learning the space anew is worth its seconds."""


class CorpusFormatError(ValueError):
    """The bytes are not a corpus of this version: build it anew from the stored papers."""


@dataclass(frozen=True)
class Corpus:
    """Document frequencies and lengths of the stored papers, and the space of their terms.

    ``learnt_from`` counts the papers the space was built from; ``kin`` remembers what keywords are related to
    in it.
    """

    frequencies: Frequencies = field(default_factory=Frequencies)
    total_length: float = 0.0
    space: Space | None = None
    learnt_from: int = 0
    kin: Kin = field(default_factory=Kin, compare=False, repr=False)
    _rows: WeakKeyDictionary[Extract, Row] = field(
        default_factory=WeakKeyDictionary, compare=False, repr=False
    )

    @classmethod
    def build(cls, papers: Iterable[Paper]) -> Corpus:
        """The corpus of these papers, oldest first as the store gives them; each paper counts once."""
        texts = [read(paper) for paper in _once(papers)]
        counted, lengths = tally(texts)
        frequencies = Frequencies().plus(len(texts), fingerprints(counted.terms), counted.holding)
        space = build_space(counted, lengths)
        return cls(frequencies, float(lengths.sum()), space, learnt_from=len(texts))

    def add(self, papers: Iterable[Paper]) -> Corpus:
        """With more papers. The caller passes papers that are not yet in it.

        What terms are related stays as it was learnt, until the corpus is built anew: so every process that
        reads one build explains a score as it was given.
        """
        extracts = extracts_of(_once(papers))
        marks = [one.terms[: one.stemmed] for one in extracts]
        held, held_by = np.unique(np.concatenate([np.empty(0, np.uint64), *marks]), return_counts=True)
        total = self.total_length + sum(weighted_length(one.lengths) for one in extracts)
        return replace(
            self,
            frequencies=self.frequencies.plus(len(extracts), held, held_by),
            total_length=total,
            _rows=WeakKeyDictionary(),
        )

    @property
    def papers(self) -> int:
        return self.frequencies.papers

    @property
    def stale(self) -> bool:
        """Grown so much since the space was learnt that building anew is worth while."""
        return self.papers > self.learnt_from * (1 + STALE_GROWTH)

    @property
    def mean_length(self) -> float:
        """Weighted words of the mean paper."""
        prior = TYPICAL_PAPERS * TYPICAL_LENGTH
        return (self.total_length + prior) / (self.papers + TYPICAL_PAPERS)

    def idf_of_grams(self, grams: Sequence[tuple[str, ...]]) -> NDArray[np.float64]:
        """The idf of phrases, each as that of its rarest pair; without any: the highest."""
        weights = self.frequencies.idf([gram for group in grams for gram in group]).tolist()
        highest = float(self.frequencies.idf([""])[0])
        greatest, start = [], 0
        for group in grams:
            greatest.append(max(weights[start : start + len(group)], default=highest))
            start += len(group)
        return np.array(greatest)

    def rows(self, papers: Sequence[Paper]) -> Rows:
        """Papers × terms of the space: saturated frequencies.

        Raises:
            ValueError: the corpus has no space of terms yet.
        """
        return self.rows_of(extracts_of(papers))

    def rows_of(self, extracts: Sequence[Extract]) -> Rows:
        """``rows`` of papers that were read; kept as long as their extracts are, for the next profile."""
        if self.space is None:
            raise ValueError("the corpus has too few papers for a space of terms")
        new = [one for one in dict.fromkeys(extracts) if one not in self._rows]
        rows = self.space.rows(Stack.of(new), norms_of([one.lengths for one in new], self.mean_length))
        known = dict(zip(new, rows, strict=True))
        self._rows.update(known)
        return stacked([known.get(one) or self._rows[one] for one in extracts], len(self.space.keys))

    def relations(self, units: Sequence[Unit]) -> list[Relation | None]:
        """What each unit is related to (``Kin.of``)."""
        return self.kin.of(units, self.space)

    def to_bytes(self) -> bytes:
        """The corpus as bytes, for the store."""
        buffer = io.BytesIO()
        arrays = _space_arrays(self.space) if self.space else {}
        np.savez(
            buffer,
            allow_pickle=False,
            format=FORMAT,
            papers=self.papers,
            keys=self.frequencies.keys,
            counts=self.frequencies.counts,
            total_length=self.total_length,
            learnt_from=self.learnt_from,
            **arrays,
        )
        return zlib.compress(buffer.getvalue(), 1)

    @classmethod
    def from_bytes(cls, body: bytes) -> Corpus:
        """The corpus of ``to_bytes``.

        Raises:
            CorpusFormatError: the bytes are damaged or of another version.
        """
        try:
            with np.load(io.BytesIO(zlib.decompress(body)), allow_pickle=False) as held:
                if int(held["format"]) != FORMAT:
                    raise CorpusFormatError(
                        f"corpus format {int(held['format'])}, this version reads {FORMAT}"
                    )
                frequencies = Frequencies(int(held["papers"]), held["keys"], held["counts"])
                space = (
                    _space_from({name: held[name] for name in held.files}) if "basis" in held.files else None
                )
                return cls(frequencies, float(held["total_length"]), space, int(held["learnt_from"]))
        except (zlib.error, OSError, KeyError, EOFError, ValueError) as error:
            raise CorpusFormatError(f"not a corpus of this version: {error}") from error


def _once(papers: Iterable[Paper]) -> list[Paper]:
    return list({paper.id: paper for paper in papers}.values())


def _space_arrays(space: Space) -> dict[str, NDArray[np.generic]]:
    return {
        "space_keys": np.frombuffer("\n".join(space.keys).encode(), dtype=np.uint8),
        "space_shown": np.frombuffer("\n".join(space.shown).encode(), dtype=np.uint8),
        "idf": space.idf,
        "basis": space.basis.astype(np.float16),
        "data": space.saturated.data.astype(np.float16),
        "indices": space.saturated.indices.astype(np.int32),
        "indptr": space.saturated.indptr.astype(np.int64),
    }


def _space_from(arrays: dict[str, NDArray[np.generic]]) -> Space:
    keys = tuple(arrays["space_keys"].tobytes().decode().split("\n"))
    shape = (len(arrays["indptr"]) - 1, len(keys))
    columns, pointers = arrays["indices"].astype(np.int32), arrays["indptr"].astype(np.int64)
    triple = (arrays["data"].astype(np.float32), columns, pointers)
    return Space(
        keys,
        tuple(arrays["space_shown"].tobytes().decode().split("\n")),
        arrays["idf"].astype(np.float32),
        arrays["basis"].astype(np.float32),
        sparse.csr_matrix(triple, shape=shape),
    )
