"""Text for Slack: escaped once, cut at a character, no mention and no foreign link from content."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.channels.slack_text import bold, button, clean, cut, escape, link, plain, width
from tests.naughty import NAUGHTY

texts = st.text() | st.sampled_from(NAUGHTY)
ENTITY = re.compile(r"&(amp|lt|gt);")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@given(texts)
def test_escaping_is_undone_exactly_and_leaves_no_mark_of_slacks(text: str) -> None:
    assert unescape(escape(text)) == text
    assert not re.search(r"[<>]", escape(text))
    assert "&" not in ENTITY.sub("", escape(text))


@given(texts, st.integers(1, 200))
def test_a_cut_keeps_within_its_room_and_breaks_no_entity(text: str, room: int) -> None:
    made = cut(text, room)
    assert width(made) <= room
    assert "&" not in ENTITY.sub("", made)
    assert unescape(made) == text or unescape(made.removesuffix("…")) == text[: len(unescape(made)) - 1]


@given(texts)
def test_a_clean_text_is_one_line_that_can_be_encoded(text: str) -> None:
    made = clean(text)
    made.encode()
    assert made == " ".join(made.split())
    assert not set(made) & {"\x00", "\x1b", "\u202e", "\u2066", "\u2028"}


@given(texts)
def test_a_link_opens_and_closes_once_and_goes_where_it_was_sent(label: str) -> None:
    made = link("https://huggingface.co/papers/2511.00001", clean(label))
    assert made.startswith("<https://huggingface.co/papers/2511.00001|")
    assert made.endswith(">")
    assert (made.count("<"), made.count(">"), made.count("|")) == (1, 1, 1)


def test_an_address_cannot_break_out_of_its_link() -> None:
    made = link("https://digest.example/a|b> <!channel> c", "label")
    assert made == "<https://digest.example/a%7Cb%3E%20%3C!channel%3E%20c|label>"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "ftp://x.example/"])
def test_only_web_addresses_become_links(url: str) -> None:
    assert link(url, "a <b>") == "a &lt;b&gt;"


@given(texts, st.integers(5, 150))
def test_a_plain_text_is_never_empty_nor_over_its_limit(text: str, room: int) -> None:
    made = plain(text, room)["text"]
    assert 0 < width(made) <= room


def test_bold_is_left_out_where_marks_in_the_text_would_break_it() -> None:
    assert bold("<https://x.example/a_b|plain>") == "*<https://x.example/a_b|plain>*"
    assert bold("<https://x.example|2*2>") == "<https://x.example|2*2>"


def test_a_button_keeps_its_value_within_slacks_limit() -> None:
    assert len(button("x" * 200, "act", "v" * 5000)["value"]) == 2000
    assert width(button("x" * 200, "act", "v")["text"]["text"]) == 75
    assert button("x", "act", "v", style="danger")["style"] == "danger"
