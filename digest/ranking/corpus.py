"""The statistics of the stored papers: what ranking knows of the field.

A ``Corpus`` is a value: ``add`` gives a new one. It is built from all stored papers and grows with each
day's; ``to_bytes`` and ``from_bytes`` let the store keep it.
"""

from __future__ import annotations

import io
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from digest.model import Paper
from digest.ranking.evidence import weighted_length
from digest.ranking.frequencies import Frequencies, idf_of
from digest.ranking.terms import AUTHOR, ORG, count, read

FORMAT = 1
"""Grows when the bytes change meaning; other formats are refused, and the caller builds anew."""
TYPICAL_LENGTH = 210.0
"""Weighted words of a paper (title twice, abstract once): stands in while the corpus is empty."""


class CorpusFormatError(ValueError):
    """The bytes are not a corpus of this version: build it anew from the stored papers."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Document frequencies and lengths of the stored papers."""

    frequencies: Frequencies = field(default_factory=Frequencies)
    total_length: float = 0.0

    @classmethod
    def build(cls, papers: Iterable[Paper]) -> Corpus:
        """The corpus of these papers; order does not matter, each paper counts once."""
        return cls().add(papers)

    def add(self, papers: Iterable[Paper]) -> Corpus:
        """With more papers. The caller passes papers that are not yet in it."""
        held: Counter[str] = Counter()
        total, number = 0.0, 0
        for paper in {paper.id: paper for paper in papers}.values():
            text = read(paper)
            held.update(term for term in count(text) if not term.startswith((AUTHOR, ORG)))
            total += weighted_length(text.lengths)
            number += 1
        return replace(
            self, frequencies=self.frequencies.plus(number, held), total_length=self.total_length + total
        )

    @property
    def papers(self) -> int:
        return self.frequencies.papers

    @property
    def mean_length(self) -> float:
        """Weighted words of the mean paper."""
        return self.total_length / self.papers if self.papers else TYPICAL_LENGTH

    def idf(self, terms: Sequence[str]) -> NDArray[np.float64]:
        return self.frequencies.idf(terms)

    def idf_of_grams(self, grams: Sequence[tuple[str, ...]]) -> NDArray[np.float64]:
        """The idf of phrases, each bounded by its rarest pair; nothing to bound it: the highest."""
        flat = [gram for group in grams for gram in group]
        held = self.frequencies.of(flat).tolist()
        least, start = [], 0
        for group in grams:
            least.append(min(held[start : start + len(group)], default=0.0))
            start += len(group)
        return idf_of(self.papers, np.array(least))

    def to_bytes(self) -> bytes:
        """The corpus as bytes, for the store."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            format=FORMAT,
            papers=self.papers,
            keys=self.frequencies.keys,
            counts=self.frequencies.counts,
            total_length=self.total_length,
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
                return cls(frequencies, float(held["total_length"]))
        except (zlib.error, OSError, KeyError, EOFError) as error:
            raise CorpusFormatError(f"not a corpus: {error}") from error
