"""Topics joined into one profile: drawn alike each time, each group once, and measured topic by topic."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ranking.data import STYLES, Topic
from benchmarks.ranking.together import DRAWINGS, drawn, joined, measure, recall

PASSING = np.array([True, True, False, False])
RELEVANT = np.array([[True, False], [True, True], [False, True], [False, True]])


def test_every_topic_is_asked_for_alone_and_groups_are_drawn_once_and_alike_each_time() -> None:
    groups = drawn(12)
    assert sorted(one for one in groups if len(one) == 1) == [(place,) for place in range(12)]
    assert {len(one) for one in groups} == set(DRAWINGS)
    assert len(set(groups)) == len(groups)
    assert groups == drawn(12)


def test_a_joined_profile_asks_for_the_keywords_of_all_its_topics() -> None:
    topics = [Topic(name, {"terse": name}, {}) for name in ("robots", "speech", "law")]
    assert joined(topics, (0, 2), "terse").text == "robots,\nlaw"


def test_recall_is_taken_topic_by_topic() -> None:
    assert recall(PASSING, RELEVANT).tolist() == [1, pytest.approx(1 / 3)]


def test_a_paper_that_answers_any_topic_is_relevant_to_the_profile() -> None:
    topics = [Topic(name, dict.fromkeys(STYLES, name), {}) for name in ("robots", "speech")]
    profiles = [joined(topics, group, style) for style in STYLES for group in ((0,), (1,), (0, 1))]
    scores = np.where(PASSING, 9.0, 1.0)[:, None] * np.ones(len(profiles))
    f1, with_given_bar, mean, worst = measure(profiles, scores, RELEVANT, 2, 5.0)
    assert f1 == with_given_bar == pytest.approx(2 * 2 / (2 + 4))
    assert mean == pytest.approx(2 / 3)
    assert worst == pytest.approx(1 / 3)
