"""How fast a day is scored for many profiles: ``python -m benchmarks.ranking.speed DATA [PROFILES]``.

Prints the bare sparse product with top ten, and the whole way: reading the papers' words, evidence, what is
related, exclusions, the product, the calibrated scale and top ten. Only the ratio within one run counts.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks.ranking.data import read_listings
from digest.errors import ProfileError
from digest.model import Profile
from digest.ranking.board import Board
from digest.ranking.calibration import calibrated
from digest.ranking.corpus import Corpus
from digest.ranking.language import parse_profile
from digest.ranking.packed import columns, compile_profile, top, unit_fingerprint
from digest.ranking.product import pack
from digest.ranking.vocabulary import Vocabulary

DISTINCT = 2_000
"""Different profiles; the rest repeat them, as people's keywords repeat."""


def main(data: Path, number: int) -> None:
    listings = read_listings(data)
    corpus = Corpus.build([one.paper for one in listings[:-100]])
    day = listings[-100:]
    profiles = [_profile(corpus, seed) for seed in range(DISTINCT)]
    vocabulary = Vocabulary(corpus.relations)
    pack(profiles, vocabulary)
    units = {unit_fingerprint(unit): row for row, unit in enumerate(vocabulary.units)}
    different = [compile_profile(profile, corpus) for profile in profiles]
    compiled = [different[n % DISTINCT] for n in range(number)]
    wanted, excluded, _ = columns(compiled, units)
    board = Board([one.paper for one in day], corpus, vocabulary)
    board.read()
    hits_only = sparse.csr_matrix(board.evidence[0].T), wanted[: len(units)]

    bare = _timed(lambda: top(np.asarray((hits_only[0] @ hits_only[1]).todense()), 10))

    def whole() -> None:
        board = Board([one.paper for one in day], corpus, vocabulary)
        board.read()
        raw = (wanted.T @ board.evidence.reshape(2 * len(units), -1)).T
        raw[(excluded.T @ board.presence.astype(np.float32)).T > 0] = 0
        places, values = top(raw, 10)
        calibrated(values)
        places.sum()

    ours = _timed(whole)
    size = sum(map(len, different)) / DISTINCT
    loading = _timed(lambda: columns(compiled, units))
    keywords = f"{len(units):,} different keywords, {size:.0f} B each"
    print(f"{number:,} profiles × {len(day)} papers, {keywords}")
    print(f"bare product and top ten {bare:.3f} s; the whole way {ours:.3f} s: {ours / bare:.1f} times")
    print(f"columns from bytes {loading:.3f} s")


def _profile(corpus: Corpus, seed: int) -> Profile:
    pick = random.Random(seed)
    assert corpus.space is not None
    kinds = [pick.choice(corpus.space.shown[:5_000]) for _ in range(8)]
    kinds[6] += "*" if len(kinds[6]) > 3 else ""
    kinds[7] = f"-{kinds[7]}"
    text = ", ".join(kinds)
    try:
        return Profile(seed, seed, "one", text, parse_profile(text))
    except ProfileError:
        return Profile(seed, seed, "one", kinds[0], parse_profile(kinds[0]))


def _timed(work: Callable[[], object], times: int = 5) -> float:
    """The median of several runs, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return sorted(taken)[times // 2]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
