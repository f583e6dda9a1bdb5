"""Grounds: reasons summed up by subject, as texts from which the same reasons can be read again."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from digest.model import Field, Reason, ReasonKind, Score
from digest.model.grounds import grounds_of, reasons_in

REASONS = st.builds(
    Reason,
    st.sampled_from(ReasonKind),
    st.text(max_size=8),
    st.integers(-100, 100).map(lambda tenths: tenths / 10),
    st.none() | st.sampled_from(Field),
    st.sampled_from(("", "world model", "a|b\\f^~")),
)


def keyword(term: str, points: float, place: Field = Field.TITLE) -> Reason:
    return Reason(ReasonKind.KEYWORD, term, points, place)


@given(st.lists(REASONS, max_size=12))
def test_no_reason_is_lost_or_changed_by_summing_up(reasons: list[Reason]) -> None:
    read = [reason for ground in grounds_of(reasons) for reason in reasons_in(ground)]
    assert Counter(read) == Counter(reasons)


@given(st.lists(REASONS, max_size=12))
def test_reasons_that_were_read_are_summed_up_as_before(reasons: list[Reason]) -> None:
    score = Score(5.0, grounds_of(reasons))
    assert grounds_of(score.reasons) == score.grounds


def test_a_keyword_is_one_ground_wherever_it_hit() -> None:
    score = (keyword("agents", 4.1), keyword("vision", 2.0), keyword("agents", 1.2, Field.ABSTRACT))
    assert grounds_of(score) == ("k|agents||t4.1|a1.2", "k|vision||t2.0")


def test_the_weightiest_keyword_comes_first_and_votes_last() -> None:
    votes = Reason(ReasonKind.VOTES, "votes", 0.8)
    learnt = Reason(ReasonKind.LEARNT, "charts, axes", 3.0, None, "vision")
    told = grounds_of([votes, learnt, keyword("light", 0.5), keyword("heavy", 0.6)])
    assert told == ("k|heavy||t0.6", "k|light||t0.5", "l|charts, axes|vision|3.0", "v|votes||0.8")


def test_of_equal_sums_the_first_is_told_first_although_floats_would_differ() -> None:
    parts = (0.1, 0.2, 0.3)
    assert sum(parts) > 0.6
    reasons = [keyword("once", 0.6), *(keyword("thrice", points) for points in parts)]
    assert [ground.split("|")[1] for ground in grounds_of(reasons)] == ["once", "thrice"]
