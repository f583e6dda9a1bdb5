"""What a keyword is related to: terms and directions learnt from the store's own best matches.

Pseudo-relevance feedback after Rocchio (1971): the ``EXAMPLES`` stored papers that match a keyword best,
weighted by how well they match, are taken as examples of what is meant. Their mean in the space of terms,
cut to the ``TERMS`` heaviest, and their mean in the latent space are what a later paper is compared with
(cosine). The keyword's own words are left out of the terms: they are hits already. Both comparisons err in
different ways, so they are joined. The level that 85 in a hundred stored papers stay under is the
keyword's own background and is taken off: nothing related, no points, and the same meaning for every keyword.
What is left is held back beside the words themselves, and believed as far as the store has grown.

A relation belongs to a keyword, not to a profile: it is learnt once, whoever shares the keyword.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from scipy import sparse

from digest.ranking.reasons import Ints
from digest.ranking.space import Floats, Rows, Space
from digest.ranking.units import LOOSE, Unit

FORMAT = 2
"""Grows when relations are learnt in another way or the bytes change meaning: then they are learnt again."""
_HEAD = struct.Struct("<HHd")
EXAMPLES = 25
"""Best matches taken as examples; from 10 to 40 the measured quality is flat."""
TERMS = 60
"""Terms kept of a relation."""
PAPERS_PER_EXAMPLE = 20
"""A young store gives fewer examples: its twenty-fifth best match is no match any more."""
EVEN_TRUST = 300
"""Stored papers at which what is related counts half, n² / (n² + this²): next to nothing in a store of fewer
than a hundred, where any two papers share some words, nearly all from a thousand on."""
LATENT_WEIGHT, TERMS_WEIGHT = 10.0, 20.0
"""Evidence of a cosine of 1, in the units of BM25F. Chosen by comparison on judgements, with the two kinds
about equally strong: from half to twice as much nDCG moves by about 0.01. A quarter less costs 0.01 of F1
with one bar; more loses order on literal keywords."""
MOST_ALONE = 7.0
"""Evidence that what is related to one keyword earns at most, by itself: less than the bar asks for."""
EVEN_BESIDE = 15.0
"""Evidence of the keyword's own words beside which what is related earns half: words lead, and a paper that
says a keyword again and again gains little by being near it, too."""
BACKGROUND = 0.85
"""Quantile of the stored papers that is taken for background."""
SAMPLE = 4_000
"""Latest stored papers the background is read from."""
AT_ONCE = 256
"""Keywords handled at once: bounds memory to papers × this."""


class RelationFormatError(ValueError):
    """The bytes are no relation: learn it anew."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Of one keyword: latent direction, weighted terms (places in the space, weights), background level."""

    latent: Floats
    places: np.ndarray[tuple[int], np.dtype[np.int32]]
    weights: Floats
    background: float

    def to_bytes(self) -> bytes:
        """For the store: about a kilobyte, bit by bit what was learnt."""
        head = _HEAD.pack(len(self.latent), len(self.places), self.background)
        values = (self.latent.astype("<f4"), self.places.astype("<i4"), self.weights.astype("<f4"))
        return b"".join((head, *(one.tobytes() for one in values)))

    @classmethod
    def from_bytes(cls, body: bytes) -> Relation:
        """The relation of ``to_bytes``.

        Raises:
            RelationFormatError: the bytes are damaged.
        """
        try:
            dimensions, terms, background = _HEAD.unpack_from(body)
        except struct.error as error:
            raise RelationFormatError("the bytes are too few for a relation") from error
        if len(body) != _HEAD.size + 4 * (dimensions + 2 * terms):
            raise RelationFormatError("the bytes are not those of a relation")
        latent, weights = (
            np.frombuffer(body, dtype="<f4", count=count, offset=_HEAD.size + 4 * start)
            for start, count in ((0, dimensions), (dimensions + terms, terms))
        )
        places = np.frombuffer(body, dtype="<i4", count=terms, offset=_HEAD.size + 4 * dimensions)
        return cls(latent, places, weights, background)


def mark_of(unit: Unit) -> str:
    """What a unit asks for: units of equal marks are related to the same. Nothing is related to ``""``."""
    if not unit.related:
        return ""
    asked = "\x1f".join(f"{gram} {share!r}" for gram, share in _asked(unit))
    return blake2b(f"{FORMAT}\x1f{asked}".encode(), digest_size=16).hexdigest()


def learn_relations(units: Sequence[Unit], space: Space) -> list[Relation | None]:
    """The relation of each unit; None where it has none or the store holds no match."""
    learnt: list[Relation | None] = []
    for start in range(0, len(units), AT_ONCE):
        learnt.extend(_learn(units[start : start + AT_ONCE], space))
    return learnt


def related(relations: Sequence[Relation | None], space: Space, rows: Rows, hits: Rows) -> Rows:
    """Papers × units: evidence above background, held back beside ``hits`` (papers × units).

    ``rows`` are the papers' saturated frequencies in the space.
    """
    weighted = space.weigh(rows)
    latent = space.project(weighted)
    trust = trust_in(space)
    own = hits.tocsc()
    blocks = []
    for start in range(0, len(relations), AT_ONCE * 16):
        block = relations[start : start + AT_ONCE * 16]
        raw = _compare(block, weighted, latent)
        background = np.array([one.background if one else np.inf for one in block], dtype=np.float32)
        words = own[:, start : start + len(block)].toarray()
        near = held_back(np.maximum(raw - background, 0), words)
        blocks.append(sparse.csr_matrix(trust * near))
    return sparse.hstack(blocks, format="csr") if blocks else sparse.csr_matrix((rows.shape[0], 0))


def held_back(near: Floats, words: Floats) -> Floats:
    """What being related earns beside the evidence of a keyword's own words.

    ``MOST_ALONE`` is approached smoothly, ``near / (1 + (near / most)⁴)^¼``, so that papers keep their order.
    """
    bounded = near / np.sqrt(np.sqrt(1 + np.square(np.square(near / MOST_ALONE))))
    return np.asarray(bounded / (1 + words / EVEN_BESIDE), dtype=np.float32)


def trust_in(space: Space) -> float:
    """How far relations learnt from this store are believed, 0 to 1."""
    stored = float(space.saturated.shape[0])
    return stored**2 / (stored**2 + EVEN_TRUST**2)


def _compare(relations: Sequence[Relation | None], weighted: Rows, latent: Floats) -> Floats:
    """Papers × units: the joined cosines, background included."""
    directions = np.zeros((latent.shape[1], len(relations)), dtype=np.float32)
    for place, relation in enumerate(relations):
        if relation:
            directions[:, place] = relation.latent
    terms = _term_columns(relations, weighted.shape[1])
    by_terms = np.asarray((weighted @ terms).todense(), dtype=np.float32)
    return np.asarray(LATENT_WEIGHT * (latent @ directions) + TERMS_WEIGHT * by_terms)


def _term_columns(relations: Sequence[Relation | None], terms: int) -> sparse.csc_matrix:
    pointers = np.cumsum([0, *(len(relation.places) if relation else 0 for relation in relations)])
    kept = [relation for relation in relations if relation]
    places = np.concatenate([relation.places for relation in kept]) if kept else np.empty(0, np.int32)
    weights = np.concatenate([relation.weights for relation in kept]) if kept else np.empty(0, np.float32)
    return sparse.csc_matrix((weights, places, pointers), shape=(terms, len(relations)))


def _learn(units: Sequence[Unit], space: Space) -> Iterator[Relation | None]:
    found = _from_examples(units, _examples(units, space), space)
    sample = slice(max(space.saturated.shape[0] - SAMPLE, 0), None)
    raw = _compare(found, space.weighted[sample], space.latent[sample])
    levels = np.quantile(raw, BACKGROUND, axis=0)
    for relation, level in zip(found, levels.tolist(), strict=True):
        yield Relation(relation.latent, relation.places, relation.weights, level) if relation else None


def _examples(units: Sequence[Unit], space: Space) -> list[tuple[Ints, Floats]]:
    """For each unit the stored papers that match it best, and how much each counts."""
    matches = (space.saturated @ _queries(units, space)).tocsc()
    most = min(EXAMPLES, 1 + matches.shape[0] // PAPERS_PER_EXAMPLE)
    found = []
    for start, end in pairwise(matches.indptr.tolist()):
        papers, values = matches.indices[start:end], matches.data[start:end].astype(np.float32)
        best = np.argsort(-values, kind="stable")[:most]
        best = best[values[best] > 0]
        found.append((papers[best], values[best] / values[best].sum()))
    return found


def _queries(units: Sequence[Unit], space: Space) -> sparse.csc_matrix:
    """Terms × units: what each unit looks for, as far as the space knows the terms."""
    rows, columns, weights = [], [], []
    for column, unit in enumerate(units):
        for key, share in _asked(unit) if unit.related else ():
            place = space.index.get(key)
            if place is not None:
                rows.append(place)
                columns.append(column)
                weights.append(share * float(space.idf[place]))
    return sparse.csc_matrix((weights, (rows, columns)), shape=(len(space.keys), len(units)))


def _asked(unit: Unit) -> Iterator[tuple[str, float]]:
    """The stemmed words and pairs of a unit with their shares; a longer phrase is its pairs."""
    for part in unit.parts:
        for gram in part.grams:
            yield gram, part.share / len(part.grams)
    for part in unit.loose:
        for gram in part.grams:
            yield gram, LOOSE


def _from_examples(
    units: Sequence[Unit], examples: Sequence[tuple[Ints, Floats]], space: Space
) -> list[Relation | None]:
    means = _mean_terms(examples, space)
    found: list[Relation | None] = []
    for unit, (papers, weights), start, end in zip(
        units, examples, means.indptr[:-1].tolist(), means.indptr[1:].tolist(), strict=True
    ):
        if not len(papers):
            found.append(None)
            continue
        places, values = means.indices[start:end], means.data[start:end]
        values[np.isin(places, _own_places(unit, space))] = 0.0
        heaviest = _greatest(values, TERMS)
        order = heaviest[np.argsort(places[heaviest])]
        latent = unit_length(weights @ space.latent[papers])
        found.append(Relation(latent, places[order].astype(np.int32), unit_length(values[order]), 0.0))
    return found


def _mean_terms(examples: Sequence[tuple[Ints, Floats]], space: Space) -> Rows:
    """Units × terms: the mean of each unit's examples."""
    papers, weights = (np.concatenate(parts) for parts in zip(*examples, strict=True))
    bounds = np.cumsum([0, *(len(some) for some, _ in examples)])
    shape = len(examples), space.weighted.shape[0]
    means: Rows = (sparse.csr_matrix((weights, papers, bounds), shape=shape) @ space.weighted).tocsr()
    return means


def _greatest(values: Floats, most: int) -> Ints:
    """The places of the greatest values, in their order; of equal ones the earlier."""
    if len(values) > most:
        least = np.partition(values, -most)[-most]
        held = np.flatnonzero(values >= least)
    else:
        held = np.arange(len(values))
    return held[np.argsort(-values[held], kind="stable")[:most]]


def _own_places(unit: Unit, space: Space) -> list[int]:
    """The keyword's own words: they are hits, and nothing that is related."""
    return [space.index[gram] for gram in unit.grams if gram in space.index]


def unit_length(vector: Floats) -> Floats:
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)
