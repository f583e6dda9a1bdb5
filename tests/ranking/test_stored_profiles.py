"""A stored profile is read as far as today's language goes."""

from __future__ import annotations

import pytest

from digest.errors import ProfileError
from digest.ranking.language import LONGEST_PROFILE, MOST_KEYWORDS, parse_profile
from digest.ranking.stored_profiles import NOTHING, read_stored


@pytest.mark.parametrize("text", ["", "RAG, -survey", '"video generation"^2, author:"Kaiming He"'])
def test_what_is_accepted_is_read_as_at_the_door(text: str) -> None:
    assert read_stored(text) == parse_profile(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("RAG, title:-survey, agents", "RAG, agents"),
        ('RAG\n"never closed', "RAG"),
        ("RAG, -RAG, agents", "RAG, agents"),
        ("RAG, " + "long " * LONGEST_PROFILE, "RAG"),
    ],
)
def test_what_is_refused_is_left_out_and_the_rest_counts(text: str, kept: str) -> None:
    with pytest.raises(ProfileError):
        parse_profile(text)
    assert read_stored(text) == parse_profile(kept)


def test_of_more_keywords_than_one_may_have_the_first_count() -> None:
    many = [f"word{number}" for number in range(MOST_KEYWORDS + 5)]
    assert read_stored(", ".join(many)) == parse_profile(", ".join(many[:MOST_KEYWORDS]))


def test_a_profile_of_which_nothing_can_be_read_does_not_become_the_trending_one() -> None:
    assert read_stored("title:-survey") == (NOTHING,)
