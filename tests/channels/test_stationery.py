"""Wrapping: lines for the plain part, no word lost or cut; marks that stay with their words."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from digest.channels.stationery import WIDTH, unbroken, wrap
from digest.ranking.language import parse_profile

TEXTS = st.lists(st.text("ab ", max_size=12) | st.just("x" * 90)).map(" ".join)


@given(TEXTS, st.sampled_from(["", "  "]))
def test_wrapping_keeps_every_word_in_lines_that_fit(text: str, indent: str) -> None:
    wrapped = wrap(text, indent)
    assert wrapped.split() == text.split()
    for line in wrapped.split("\n"):
        assert line.startswith(indent)
        assert len(line) <= WIDTH or len(line.split()) <= 1


@given(TEXTS)
def test_a_line_ends_only_where_the_next_word_does_not_fit(text: str) -> None:
    lines = wrap(text, "  ").split("\n")
    for line, following in pairwise(lines):
        assert len(line) + 1 + len(following.split()[0]) > WIDTH


def test_a_mark_stays_with_its_word_and_a_copied_profile_reads_the_same() -> None:
    profile = "Profile “x”: -autonomous driving, +vision, text-to-image, -title:survey - not"
    kept = unbroken(profile)
    marked = ("-\u2060autonomous", "+\u2060vision", "-\u2060title:survey")
    assert [mark in kept for mark in marked] == [True, True, True]
    assert kept.count("\u2060") == 3
    typed = profile.removeprefix("Profile “x”: ").removesuffix(" - not")
    assert parse_profile(unbroken(f" {typed}")) == parse_profile(typed)
