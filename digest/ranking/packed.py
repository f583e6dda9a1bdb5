"""Profiles as bytes: compiled once when edited, scored by the hundred thousand without being parsed again.

A compiled profile is one record of 17 bytes for each keyword or weight: the unit's 64-bit fingerprint, its
two weights and its kind. Eight keywords take 136 bytes. Fingerprints need no common vocabulary, so profiles
compiled on different days and machines fit together; ``columns`` turns a batch into the sparse columns of
``product.py`` by array operations alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Profile
from digest.ranking.corpus import Corpus
from digest.ranking.frequencies import fingerprint
from digest.ranking.product import pack
from digest.ranking.units import Unit
from digest.ranking.vocabulary import EXCLUDE, REQUIRE, Vocabulary

RECORD = np.dtype([("unit", "<u8"), ("hits", "<f4"), ("related", "<f4"), ("kind", "u1")])


def unit_fingerprint(unit: Unit) -> int:
    """64 bits that name what a unit looks for, the same on every machine."""
    parts = [part.term for part in (*unit.parts, *unit.loose)]
    kind = f"{unit.field.value} {len(unit.parts)} {unit.related:d}{unit.titled:d}"
    return fingerprint("\n".join((kind, *parts)))


def compile_profile(profile: Profile, corpus: Corpus) -> bytes:
    """The records of one profile. Compile again when it changes, or when the corpus is built anew."""
    vocabulary = Vocabulary(corpus.relations)
    pulls = pack([profile], vocabulary).pulls
    units = [unit_fingerprint(vocabulary.units[unit]) for unit in pulls.units.tolist()]
    records = zip(units, pulls.hits.tolist(), pulls.related.tolist(), pulls.kinds.tolist(), strict=True)
    return np.array(list(records), dtype=RECORD).tobytes()


def columns(
    compiled: Sequence[bytes], units: Mapping[int, int]
) -> tuple[sparse.csc_matrix, sparse.csc_matrix, sparse.csc_matrix]:
    """Wanted, excluded and required columns of a batch; ``units`` gives each fingerprint its row.

    A fingerprint that no row has is left out: no paper of the day can hold it.
    """
    records = np.frombuffer(b"".join(compiled), dtype=RECORD)
    profiles = np.repeat(np.arange(len(compiled)), [len(one) // RECORD.itemsize for one in compiled])
    rows = _rows(records["unit"], units)
    kinds = records["kind"]
    excluded = (kinds == EXCLUDE) & (rows >= 0)
    required = (kinds == REQUIRE) & (rows >= 0)
    wanted = (kinds != EXCLUDE) & (rows >= 0)
    hits = _matrix(records["hits"][wanted], rows[wanted], profiles[wanted], (len(units), len(compiled)))
    near = _matrix(records["related"][wanted], rows[wanted], profiles[wanted], (len(units), len(compiled)))
    marks = np.ones(len(records), dtype=np.float32)
    return (
        sparse.vstack([hits, near], format="csc"),
        _matrix(marks[excluded], rows[excluded], profiles[excluded], (len(units), len(compiled))),
        _matrix(marks[required], rows[required], profiles[required], (len(units), len(compiled))),
    )


def _rows(wanted: NDArray[np.uint64], units: Mapping[int, int]) -> NDArray[np.intp]:
    keys = np.fromiter(units.keys(), dtype=np.uint64, count=len(units))
    places = np.fromiter(units.values(), dtype=np.intp, count=len(units))
    order = np.argsort(keys)
    found = np.minimum(np.searchsorted(keys[order], wanted), max(len(keys) - 1, 0))
    return np.where(keys[order][found] == wanted, places[order][found], -1)


def _matrix(
    values: NDArray[np.float32], rows: NDArray[np.intp], profiles: NDArray[np.intp], shape: tuple[int, int]
) -> sparse.csc_matrix:
    return sparse.csc_matrix((values, (rows, profiles)), shape=shape)


def top(scores: NDArray[np.floating], most: int) -> tuple[NDArray[np.intp], NDArray[np.floating]]:
    """The ``most`` best papers of each profile, best first: places and scores, profiles × ``most``."""
    by_profile = np.ascontiguousarray(scores.T)
    most = min(most, by_profile.shape[1])
    best = np.argpartition(-by_profile, most - 1, axis=1)[:, :most]
    values = np.take_along_axis(by_profile, best, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1), np.take_along_axis(values, order, axis=1)
