"""Reasons as encoded pieces: put together from what is remembered, they are what encoding them gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.channels.quoted import quoted
from digest.channels.reason_pieces import GUTTER, LABEL, encoded, html_group, text_group
from digest.wording import Group, points

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
