"""What is said of a paper in one digest."""

from __future__ import annotations

from digest.channels.entry_lines import mark_word
from digest.model import Mark
from tests.channels.mails import DAILY


def test_marks_are_told_and_new_is_not() -> None:
    entry = DAILY.entries[0]
    assert mark_word(entry) == ""
    assert mark_word(entry._replace(mark=Mark.LATE)) == "Late, from Fri 6 Mar"
    assert mark_word(entry._replace(mark=Mark.RISING)) == "Rising, from Fri 6 Mar"
