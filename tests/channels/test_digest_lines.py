"""What is said of a digest as a whole."""

from __future__ import annotations

from dataclasses import replace

from digest.channels.digest_lines import next_line, profile_lines
from tests.channels.mails import DAILY


def test_without_a_next_slot_nothing_is_promised() -> None:
    assert next_line(replace(DAILY, next_slot=None)) == ""


def test_many_profiles_are_counted_after_the_tenth() -> None:
    digest = replace(DAILY, sections=(*DAILY.sections, *(replace(DAILY.sections[1], entries=()),) * 10))
    assert profile_lines(digest)[-1] == "and 2 more profiles"
