"""Grounds of thousands of scores at once are those that each score's reasons make."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Field, Reason, ReasonKind
from digest.model.grounds import grounds_of, split_grounds
from digest.ranking.shares import Phrasebook, What
from digest.ranking.telling import grounds_told

WHATS = [
    What(ReasonKind.KEYWORD, "agents", Field.TITLE),
    What(ReasonKind.KEYWORD, "agents", Field.ABSTRACT),
    What(ReasonKind.AUTHOR, "agents", Field.AUTHOR),
    What(ReasonKind.KEYWORD, "bar|here", Field.ANY),
    What(ReasonKind.LEARNT, "planning, tools", None, "agents"),
    What(ReasonKind.LEARNT, "robots", None, "bar|here"),
    What(ReasonKind.LEARNT, "robots", None, "bar|here"),
    What(ReasonKind.FEEDBACK, "dexterous", Field.TITLE),
    What(ReasonKind.FEEDBACK, "dexterous", Field.ABSTRACT),
    What(ReasonKind.FEEDBACK, "survey", Field.ABSTRACT),
]
shares = st.lists(st.tuples(st.integers(0, len(WHATS)), st.integers(-30, 60).filter(bool)), max_size=12)


def earned(what: What, tenths: int) -> Reason:
    return Reason(what.kind, what.term, tenths / 10, what.field, what.related_to)


@given(st.lists(shares, max_size=5))
def test_together_they_are_what_each_is_alone(scores: list[list[tuple[int, int]]]) -> None:
    book = Phrasebook(1)
    voices = np.arange(len(WHATS))
    book.answers(voices * 0, voices, lambda *_: [[(what, 1.0)] for what in WHATS])
    scores = [sorted(one, key=lambda share: -share[1]) for one in scores]
    flat = np.array([(owner, *share) for owner, one in enumerate(scores) for share in one], dtype=np.intp)
    owners, numbers, tenths = flat.reshape(-1, 3).T
    told = [What(ReasonKind.VOTES, "votes"), *WHATS]
    alone = [grounds_of([earned(told[number], points) for number, points in one]) for one in scores]
    together = grounds_told(book, len(scores), owners, numbers.astype(np.int32), tenths)
    assert [split_grounds(text) for text in together] == alone
