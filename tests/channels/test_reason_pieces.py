"""Reasons as encoded pieces: put together from what is remembered, they are what encoding them gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.channels import reason_pieces
from digest.channels.quoted import quoted
from digest.channels.reason_pieces import GUTTER, LABEL, Pieces, encoded, html_group, text_group
from digest.wording import Group, group_of, points

SUBJECTS = st.text(max_size=12) | st.text(alphabet="ab =é<&\xa0", max_size=160)


@pytest.mark.parametrize("value", [0.0, 2.7, 9.9, 10.0, -0.5])
@given(subject=SUBJECTS, note=SUBJECTS)
def test_a_reason_with_other_points_is_encoded_as_if_it_were_new(
    value: float, subject: str, note: str
) -> None:
    group = Group(subject, points(value), note)
    html, text = encoded(group)
    assert html == quoted(html_group(group))
    assert b" " * (GUTTER + LABEL) + text == quoted(text_group(group))


def test_of_however_many_grounds_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reason_pieces, "KEPT", 50)
    pieces = Pieces()
    for number in [*range(300), *range(0, 300, 7)]:
        ground = f"k|keyword {number}||t{number % 10}.5"
        assert pieces[ground] == encoded(group_of(ground))
        assert 0 < len(pieces) <= 50
