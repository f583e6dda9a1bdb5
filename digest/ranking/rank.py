"""One sum for all: candidates × profiles → rankings, and one candidate × one profile → a verdict.

``rank`` scores a day's candidates for any number of profiles in one sparse product; ``judge`` is the same
function on one profile, so that an explanation can never differ from what was sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from digest.model import Candidate, Profile, Ranked, Ranking, Verdict
from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.choices import choose
from digest.ranking.corpus import Corpus
from digest.ranking.memory import Memory

DEFAULT_LIMIT = 10
"""Entries of one profile in one digest, unless the profile says otherwise: what is read over a coffee."""

OUT = frozenset({Verdict.EXCLUDED, Verdict.REQUIRED_MISSING, Verdict.NO_MATCH})
"""Verdicts that votes and bars do not change."""


def rank(
    candidates: Sequence[Candidate],
    profiles: Sequence[Profile],
    corpus: Corpus,
    *,
    seen: Sequence[Collection[str]] = (),
    now: datetime,
    default_bar: float = DEFAULT_BAR,
    default_limit: int = DEFAULT_LIMIT,
) -> list[Ranking]:
    """The ranking of ``candidates`` for each profile, in the order of ``profiles``.

    ``seen[i]`` are the ids of papers not to be shown again for ``profiles[i]``; none where it is shorter.
    ``now`` is the moment votes are judged from.
    """
    return rank_on(
        Memory(corpus), candidates, profiles, seen=seen, now=now,
        default_bar=default_bar, default_limit=default_limit,
    )  # fmt: skip


def rank_on(
    memory: Memory,
    candidates: Sequence[Candidate],
    profiles: Sequence[Profile],
    *,
    seen: Sequence[Collection[str]] = (),
    now: datetime,
    default_bar: float = DEFAULT_BAR,
    default_limit: int = DEFAULT_LIMIT,
) -> list[Ranking]:
    """``rank``, one batch of profiles after the other: what is looked up for one is known to the next."""
    papers = [candidate.paper for candidate in candidates]
    rankings: list[Ranking] = []
    for portion in memory.portions(len(papers), profiles):
        choices = choose(
            memory.board(papers), candidates, profiles[portion], seen=seen[portion], now=now,
            default_bar=default_bar, default_limit=default_limit,
        )  # fmt: skip
        rankings += choices.rankings()
    return rankings


def judge(
    candidate: Candidate,
    profile: Profile,
    corpus: Corpus,
    *,
    now: datetime,
    sent_on: date | None = None,
    among: Sequence[Candidate] = (),
    default_bar: float = DEFAULT_BAR,
    default_limit: int = DEFAULT_LIMIT,
) -> Ranked:
    """What becomes of one candidate for one profile, with the rule that decides.

    ``sent_on`` is the day it was already sent, perhaps for another profile: where this one has nothing to do
    with it, that is told, too. ``among`` are the candidates it competes with for the profile's limit.
    """
    rivals = [candidate, *(other for other in among if other.paper.id != candidate.paper.id)]
    board = Memory(corpus).board([rival.paper for rival in rivals])
    judged = choose(
        board, rivals, [profile], seen=[()], now=now, default_bar=default_bar, default_limit=default_limit
    ).judged(0, 0)
    if sent_on is None:
        return judged
    told = f"already sent on {sent_on.day} {sent_on:%B %Y}"
    if judged.verdict in OUT:
        told += f"; today {judged.because or judged.verdict}"
    return Ranked(candidate, judged.score, Verdict.ALREADY_SENT, told)
