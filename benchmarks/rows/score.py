"""Ranking a day for very many profiles, against the bare product, a substring loop, scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks import material
from benchmarks.harness import Budget, Row, contest, in_unit, once
from digest.model import Candidate, KeywordKind, Profile
from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.choices import choose
from digest.ranking.corpus import Corpus
from digest.ranking.memory import Memory
from digest.ranking.product import Packed, pack
from digest.ranking.rank import DEFAULT_LIMIT

PAPERS = 100
PROFILES = 20_000
"""Enough to see the slope; a hundred thousand take as many times as long."""
TOP = 10
LOOP_PROFILES = 1_000
"""The substring loop is measured on so many, and scaled: it is linear."""
LUWAK_TO_LOOP = 3.7 / 58
"""Luwak's seconds over the loop's, measured side by side with its queries loaded; it does not run here."""


def rows() -> Iterable[Row]:
    """100 papers × 20,000 profiles of eight keywords.

    What papers hold of terms is known to the bare product and to ours: it is looked up once for all profiles.
    """
    candidates = material.candidates(PAPERS)
    profiles = material.profiles(PROFILES)
    corpus = Corpus.build(material.papers(2_000, seed=2))
    few = profiles[:LOOP_PROFILES]
    seconds = contest(
        {
            "substring loop": lambda: substring_loop(candidates, few),
            "scikit cosine": lambda: cosine(candidates, few),
        },
        turns=3,
    )
    seconds = {name: value * PROFILES / LOOP_PROFILES for name, value in seconds.items()}
    product = bare_product(candidates, profiles)
    memory, papers = Memory(corpus), [one.paper for one in candidates]
    portions = [profiles[portion] for portion in memory.portions(PAPERS, profiles)]

    def packing() -> list[Packed]:
        return [pack(portion, memory.board(papers).vocabulary) for portion in portions]

    def ours(packed: Iterable[Packed | None]) -> None:
        for portion, known in zip(portions, packed, strict=False):
            choose(
                memory.board(papers), candidates, portion, seen=(), packed=known,
                now=material.NOW, default_bar=DEFAULT_BAR, default_limit=DEFAULT_LIMIT,
            )  # fmt: skip

    seconds["ours, nothing known yet"] = once(lambda: ours(repeat(None)))
    packed = packing()
    seconds |= contest(
        {
            "bare product + top-k": product,
            "ours, profiles packed": lambda: ours(packed),
            "ours, packing them too": lambda: ours(repeat(None)),
            "packing": packing,
        },
        turns=5,
    )
    bare, ours_packed = seconds["bare product + top-k"], seconds["ours, profiles packed"]
    luwak = seconds["substring loop"] * LUWAK_TO_LOOP
    yield Row(
        f"score {PAPERS} papers × {PROFILES:,} profiles",
        "s",
        in_unit(seconds, 1),
        (
            Budget("× the bare product + top-k", ours_packed / bare, 3, 1.5),
            Budget("× as fast as Luwak, scaled by the loop", luwak / ours_packed, 25, at_most=False),
        ),
        "ours: phrases, wildcards, exclusions, exact top ten, their reasons as numbers; the product finds "
        "profiles packed and Luwak its queries loaded, as ours does beside them "
        f"({seconds['ours, packing them too'] / bare:.1f} × the product with packing); "
        "what papers say of keywords known from before; loop and cosine scaled from 1,000 profiles",
    )


def substring_loop(candidates: Sequence[Candidate], profiles: Sequence[Profile]) -> list[list[int]]:
    """What the existing tools do: is the keyword in the text, for each paper, profile and keyword."""
    texts = [f"{one.paper.title} {one.paper.abstract}".lower() for one in candidates]
    chosen = []
    for profile in profiles:
        words = [keyword.text.lower() for keyword in profile.keywords]
        scores = [sum(word in text for word in words) for text in texts]
        chosen.append(sorted(range(len(texts)), key=lambda row, held=tuple(scores): -held[row])[:TOP])  # type: ignore[misc]  # a default binds it
    return chosen


def cosine(candidates: Sequence[Candidate], profiles: Sequence[Profile]) -> NDArray[np.int64]:
    """TF-IDF and cosine similarity, as the better tools do it."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(ngram_range=(1, 2))
    texts = vectoriser.fit_transform(f"{one.paper.title} {one.paper.abstract}" for one in candidates)
    wanted = vectoriser.transform(" ".join(word.text for word in profile.keywords) for profile in profiles)
    scores = (wanted @ texts.T).toarray()
    best: NDArray[np.int64] = np.argpartition(-scores, TOP, axis=1)[:, :TOP]
    return best


def bare_product(
    candidates: Sequence[Candidate], profiles: Sequence[Profile]
) -> Callable[[], NDArray[np.int64]]:
    """A contestant: papers × terms times terms × profiles, and the ten best; no phrases, no reasons."""
    terms: dict[str, int] = {}
    places, owners = [], []
    for owner, profile in enumerate(profiles):
        for keyword in profile.keywords:
            if keyword.kind is not KeywordKind.EXCLUDE:
                places.append(terms.setdefault(keyword.text.lower(), len(terms)))
                owners.append(owner)
    wanted = sparse.csr_matrix(
        (np.ones(len(places), np.float32), (places, owners)), (len(terms), len(profiles))
    )
    texts = [f"{one.paper.title} {one.paper.abstract}".lower() for one in candidates]
    held = sparse.csr_matrix(np.array([[term in text for term in terms] for text in texts], np.float32))

    def product() -> NDArray[np.int64]:
        scores = (held @ wanted).toarray()
        best: NDArray[np.int64] = np.argpartition(-scores, TOP, axis=0)[:TOP]
        return best

    return product
