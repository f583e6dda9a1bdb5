"""The sentences people read about scores."""

from __future__ import annotations

from datetime import date

import pytest

from digest.model import Candidate, Field, Paper, Ranked, Reason, ReasonKind, Score, Verdict
from digest.wording import reason_line, verdict_line

CANDIDATE = Candidate(Paper("2605.00001", "A title"), date(2026, 5, 20), 3, 1)


def test_a_reason_line_groups_the_places_of_a_keyword() -> None:
    score = Score(
        6.1,
        (
            Reason(ReasonKind.KEYWORD, "diffusion policy", 4.1, Field.TITLE),
            Reason(ReasonKind.KEYWORD, "diffusion policy", 1.2, Field.ABSTRACT),
            Reason(ReasonKind.VOTES, "votes", 0.8),
        ),
    )
    assert reason_line(score) == "diffusion policy: title 4.1, abstract 1.2; votes 0.8"


def test_learnt_terms_and_feedback_are_named_as_such() -> None:
    score = Score(
        1.3,
        (
            Reason(ReasonKind.LEARNT, "denoising", 0.9, related_to="diffusion"),
            Reason(ReasonKind.FEEDBACK, "robot arm", 0.9),
            Reason(ReasonKind.FEEDBACK, "survey", -0.5),
        ),
    )
    assert (
        reason_line(score) == "related to diffusion: denoising 0.9; your feedback: robot arm 0.9, survey −0.5"
    )


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
