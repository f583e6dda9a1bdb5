"""Feedback → weights: more and less like this, as bounded weights on named terms.

A logistic regression tells the liked papers from the rest of the store (and from the disliked ones, which
count more); its heaviest terms become weights that a person can read, remove and reset. They are scaled so
that their words in a paper like the liked ones come to ``MOST · k / (k + HALF)`` units of evidence for k
liked papers: the more is known, the more it says, never more than the keywords themselves. The disliked
papers are told from the rest in the same way, and what tells them is taken away, up to ``LEAST``.

A term that counts more is then read as a keyword is, its words and what is related to it (``relations.py``);
one that counts less takes only from papers that say it.

The regression is the plain one (ridge-penalised likelihood, solved by L-BFGS); with few examples it behaves
like Rocchio's (1971) difference of means, with many it separates better.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model import Paper, Weight
from digest.ranking.corpus import Corpus
from digest.ranking.space import Rows, Space
from digest.ranking.terms import words_of_term

MOST = 12.0
"""Evidence that the terms' words come to at most: half as much again as the bar asks for, before what says
the same takes from each other (``dilution.py``). From 8 to 16 nDCG moves by less than 0.01."""
LEAST = 6.0
"""Evidence a paper like the disliked ones loses at most: half, because a disliked paper came for keywords
that are still wanted."""
HALF = 5
"""Liked (disliked) papers after which half of it is reached."""
TERMS = 20
"""Named weights kept at most: what a person looks through; from 16 to 40 the measured quality is the same."""
TERMS_EACH = 4
"""For each paper: one alone cannot tell which of its many words were meant, and would spread them thin."""
LEAST_SHARE = 0.15
"""Of the heaviest: what weighs less tells little, and nobody could say why it is there."""
HEAVIEST = 2.0
"""Bound of one weight: a term counts at most twice what a keyword of the same rarity does."""
BACKGROUND = 400
"""Stored papers that stand for everything else, spread evenly over the store."""
RIDGE = 0.01
"""Penalty on the squared coefficients; rows have length 1, so these are about ten before anything is known.
"""
JUDGED_COUNTS = 4.0
"""A paper of the other verdict says more than one nobody looked at."""


def learn_weights(
    liked: Sequence[Paper], disliked: Sequence[Paper], corpus: Corpus, *, forgotten: Collection[str] = ()
) -> tuple[Weight, ...]:
    """The weights that feedback teaches, heaviest first; empty without feedback or without a store to
    compare with. Those ``forgotten`` are left out, however the store writes them by now; the others stay.
    """
    space = corpus.space
    if space is None or not (liked or disliked):
        return ()
    more, less = corpus.rows(liked), corpus.rows(disliked)
    stored = space.saturated
    others = stored[np.unique(np.linspace(0, stored.shape[0] - 1, BACKGROUND).astype(int))]
    gained = _told_apart(more, less, others, space, MOST)
    lost = np.maximum(_told_apart(less, more, others, space, LEAST), 0)  # a dislike praises nothing
    known = {words_of_term(term) for term in forgotten}
    named = _named(np.clip(gained - lost, -HEAVIEST, HEAVIEST), space)
    return tuple(one for one in named if words_of_term(one.term) not in known)


def _told_apart(these: Rows, those: Rows, others: Rows, space: Space, most: float) -> NDArray[np.float64]:
    """The weights that tell ``these`` from ``those`` and from the rest, worth ``most`` at most."""
    number = these.shape[0]
    if not number:
        return np.zeros(len(space.keys))
    rows = sparse.vstack([space.weigh(one) for one in (these, those, others)]).tocsr()
    labels = np.array([1.0] * number + [0.0] * (rows.shape[0] - number))
    fitted = _separate(rows, labels, _importance(number, those.shape[0], others.shape[0]))
    raw = (these @ sparse.diags(space.idf)).tocsr()
    return _scaled(fitted, raw, most * number / (number + HALF))


def _importance(these: int, those: int, others: int) -> NDArray[np.float64]:
    """Weights of the examples: these together count as much as all others together."""
    rest = those * JUDGED_COUNTS + others
    return np.array([rest / these] * these + [JUDGED_COUNTS] * those + [1.0] * others) / others


def _separate(
    rows: Rows, labels: NDArray[np.float64], importance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Coefficients of the ridge-penalised logistic regression, one per term (the intercept is dropped)."""
    from scipy.optimize import minimize  # loading it takes as long as a whole command

    signs = 2 * labels - 1

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, intercept = parameters[:-1], parameters[-1]
        margins = signs * (rows @ weights + intercept)
        pull = -signs * importance * np.exp(-np.logaddexp(0, margins))
        value = float(importance @ np.logaddexp(0, -margins)) + RIDGE * float(weights @ weights)
        return value, np.concatenate([rows.T @ pull + 2 * RIDGE * weights, [pull.sum()]])

    found = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 60})
    return np.asarray(found.x[:-1])


def _scaled(fitted: NDArray[np.float64], raw: Rows, worth: float) -> NDArray[np.float64]:
    """The weights that matter, scaled so that a paper like those of ``raw`` earns ``worth``."""
    reach = np.abs(fitted) * np.asarray(raw.max(axis=0).todense()).ravel()
    kept = _heaviest(fitted, reach, min(TERMS, TERMS_EACH * raw.shape[0]))
    earned = float(np.mean(raw @ kept))
    return kept * worth / earned if earned > 0 else np.zeros_like(kept)


def _heaviest(weights: NDArray[np.float64], order: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """The first ``most`` by ``order`` that weigh at least ``LEAST_SHARE`` of the heaviest; the others 0."""
    best = np.argsort(-order, kind="stable")[:most]
    heavy = np.abs(weights[best])
    best = best[(heavy >= LEAST_SHARE * heavy.max(initial=0.0)) & (order[best] > 0)]
    kept = np.zeros_like(weights)
    kept[best] = weights[best]
    return kept


def _named(weights: NDArray[np.float64], space: Space) -> tuple[Weight, ...]:
    kept = _heaviest(weights, np.abs(weights), TERMS)
    heaviest = np.argsort(-np.abs(kept), kind="stable")[: np.count_nonzero(kept)]
    named = (Weight(space.shown[place], round(float(kept[place]), 2)) for place in heaviest.tolist())
    return tuple(weight for weight in named if weight.weight)
