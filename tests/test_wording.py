"""The sentences people read about scores."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import (
    Candidate,
    Field,
    Keyword,
    Paper,
    Profile,
    Ranked,
    Reason,
    ReasonKind,
    Score,
    Verdict,
    Weight,
)
from digest.wording import learnt_weight, reason_account, reason_groups, reason_line, verdict_line
from tests.scores import score_of

CANDIDATE = Candidate(Paper("2605.00001", "A title"), date(2026, 5, 20), 3, 1)


def keyword(term: str, points: float, field: Field) -> Reason:
    return Reason(ReasonKind.KEYWORD, term, points, field)


def test_a_reason_line_sums_up_each_keyword_with_its_places() -> None:
    score = score_of(
        6.1,
        (
            keyword("diffusion policy", 4.1, Field.TITLE),
            keyword("diffusion policy", 1.2, Field.ABSTRACT),
            Reason(ReasonKind.VOTES, "votes", 0.8),
        ),
    )
    assert reason_line(score) == "diffusion policy 5.3 (title, abstract) · votes 0.8"


def test_the_weightiest_keyword_comes_first_and_votes_last() -> None:
    score = score_of(
        9.0,
        (
            Reason(ReasonKind.VOTES, "votes", 0.1),
            keyword("robot manipulation", 1.0, Field.ABSTRACT),
            Reason(ReasonKind.LEARNT, "robot, policies", 0.9, related_to="robot manipulation"),
            keyword("world model", 4.0, Field.TITLE),
            keyword("robot manipulation", 0.8, Field.TITLE),
            Reason(ReasonKind.AUTHOR, "Ada Lovelace", 2.2, Field.AUTHOR),
        ),
    )
    assert reason_line(score) == (
        "world model 4.0 (title) · Ada Lovelace 2.2 (author) · robot manipulation 1.8 (abstract, title) · "
        "related words 0.9 (robot, policies) · votes 0.1"
    )


def test_learnt_terms_and_feedback_are_named_as_such() -> None:
    score = score_of(
        1.3,
        (
            Reason(ReasonKind.LEARNT, "denoising, noise", 0.5, related_to="diffusion"),
            Reason(ReasonKind.LEARNT, "noise, sampler, step, schedule", 0.4, related_to="score matching"),
            Reason(ReasonKind.FEEDBACK, "robot arm", 0.9),
            Reason(ReasonKind.FEEDBACK, "survey", -0.5),
        ),
    )
    assert reason_line(score) == (
        "related words 0.9 (denoising, noise, sampler, step) · your feedback 0.4 (robot arm 0.9, survey −0.5)"
    )
    assert reason_account(score).endswith("your feedback: robot arm 0.9, survey −0.5")


def test_what_feedback_named_is_told_once_wherever_it_stands() -> None:
    score = score_of(
        0.6,
        (
            Reason(ReasonKind.FEEDBACK, "robot arm", 0.2, Field.TITLE),
            Reason(ReasonKind.FEEDBACK, "sim", 0.3, Field.TITLE),
            Reason(ReasonKind.FEEDBACK, "robot arm", 0.1, Field.ABSTRACT),
        ),
    )
    assert reason_line(score) == "your feedback 0.6 (robot arm 0.3, sim 0.3)"
    assert reason_account(score) == "your feedback: robot arm 0.3, sim 0.3"
    alone = score_of(0.3, score.reasons[:2])
    assert reason_line(alone) == "your feedback 0.3 (robot arm)"
    assert reason_account(alone) == "your feedback: robot arm 0.3"


def test_what_is_related_to_a_taught_term_is_told_apart() -> None:
    """No keyword of the profile says it: who reads *related to sim* has never typed *sim*."""
    score = score_of(
        0.9,
        (
            Reason(ReasonKind.LEARNT, "robot, action", 0.5, related_to="robotics"),
            Reason(ReasonKind.LEARNT, "robot, physics", 0.4, related_to="sim"),
        ),
    )
    profile = Profile(
        1, 1, "one", "robotics", (Keyword("robotics"),), weights=(Weight("sim", 0.1), Weight("robotics", 0.1))
    )
    assert reason_account(score, profile.taught) == (
        "related to robotics: robot, action 0.5; related to sim (your feedback): robot, physics 0.4"
    )


@pytest.mark.parametrize(("weight", "shown"), [(0.05, "+0.05"), (-0.02, "−0.02"), (1.5, "+1.50")])
def test_a_learnt_weight_never_reads_as_nothing(weight: float, shown: str) -> None:
    assert learnt_weight(weight) == shown


def test_a_single_word_of_feedback_needs_no_sum() -> None:
    score = score_of(
        0.7, (Reason(ReasonKind.FEEDBACK, "survey", -0.5), Reason(ReasonKind.VOTES, "votes", 1.2))
    )
    assert reason_line(score) == "your feedback −0.5 (survey) · votes 1.2"
    assert reason_account(score) == "your feedback: survey −0.5; votes 1.2"


def test_the_account_of_a_score_names_every_place_with_its_points() -> None:
    score = score_of(
        6.4,
        (
            keyword("diffusion policy", 4.1, Field.TITLE),
            keyword("diffusion policy", 1.2, Field.ABSTRACT),
            Reason(ReasonKind.LEARNT, "denoising", 0.3, related_to="diffusion policy"),
            Reason(ReasonKind.VOTES, "votes", 0.8),
        ),
    )
    assert reason_account(score) == (
        "diffusion policy: title 4.1, abstract 1.2; related to diffusion policy: denoising 0.3; votes 0.8"
    )


REASONS = st.builds(
    Reason,
    st.sampled_from(list(ReasonKind)),
    st.sampled_from(["robots", "agents", "world model", "a, b"]),
    st.integers(-30, 60).map(lambda tenths: tenths / 10),
    st.sampled_from([None, *Field]),
)


@given(st.lists(REASONS, max_size=12))
def test_the_groups_add_up_to_the_score(reasons: list[Reason]) -> None:
    score = score_of(sum(round(one.points * 10) for one in reasons) / 10, reasons)
    told = [float(group.points.replace("−", "-")) for group in reason_groups(score)]
    assert sum(round(points * 10) for points in told) == round(score.value * 10)


@pytest.mark.parametrize(
    ("verdict", "because", "line"),
    [
        (Verdict.CHOSEN, "", "chosen with 4.2 points"),
        (Verdict.NO_MATCH, "", "no keyword hit, nothing related"),
        (Verdict.EXCLUDED, "excluded by -survey", "excluded by -survey"),
        (Verdict.BELOW_BAR, "", "below the bar"),
    ],
)
def test_a_verdict_line_names_the_rule_that_decided(verdict: Verdict, because: str, line: str) -> None:
    assert verdict_line(Ranked(CANDIDATE, Score(4.2), verdict, because)) == line
