"""What passes the door can break neither mail, Postgres nor a page."""

from __future__ import annotations

import unicodedata
from email.headerregistry import UniqueUnstructuredHeader
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.text import line, lines, paper_id, prose, storable, storable_and_prose, web_address

ANYTHING = st.text(st.characters(codec=None, categories=None), max_size=200)


@given(ANYTHING)
def test_any_text_becomes_one_storable_line(text: str) -> None:
    cleaned = line(text)
    cleaned.encode()
    assert "\0" not in cleaned
    assert len(cleaned.splitlines()) <= 1
    assert not any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in cleaned)
    assert line(cleaned) == cleaned


@given(st.lists(st.text("a,\u00e9e\u0301\u00a0 \n\\%\0", max_size=4), max_size=4))
def test_texts_together_are_cleaned_as_each_alone(texts: list[str]) -> None:
    assert list(lines(texts)) == [line(text) for text in texts]
    for text in texts:
        assert storable_and_prose(text) == (storable(text), prose(text))


@given(ANYTHING)
def test_any_title_can_be_the_subject_of_a_mail(text: str) -> None:
    header = SMTP.header_factory("Subject", line(text))
    assert isinstance(header, UniqueUnstructuredHeader)


@given(ANYTHING)
def test_what_came_keeps_its_breaks_but_nothing_unstorable(text: str) -> None:
    cleaned = storable(text)
    assert "\0" not in cleaned
    cleaned.encode()


def test_hard_wraps_and_paragraph_breaks_become_blanks() -> None:
    assert prose("Towards Human\n  Parity\r\n\r\n  now") == "Towards Human Parity now"


def test_tex_escapes_of_plain_signs_are_undone_and_the_rest_left_alone() -> None:
    assert prose(r"50\% of A\&B cost \$5; 10times leq \mathcal{O}(n^2) $x$") == (
        r"50% of A&B cost $5; 10times leq \mathcal{O}(n^2) $x$"
    )


def test_angle_brackets_and_entities_are_text() -> None:
    assert prose("<think> & <1 GB &lt;") == "<think> & <1 GB &lt;"


def test_combining_marks_are_composed() -> None:
    assert line("o\u0308zgu\u0308r") == "özgür"


def test_a_bidi_override_does_not_survive() -> None:
    assert line("abc\u202egnp.exe\u2066x") == "abcgnp.exex"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2503.02130", "2503.02130"),
        (" 2503.02130v12 ", "2503.02130"),
        ("arXiv:2503.0213", "2503.0213"),
        ("hep-th/9901001v3", "hep-th/9901001"),
        ("cs/0112017", "cs/0112017"),
        ("ACL:2024.main-1", "ACL:2024.main-1"),
        ("model-v2", "model-v2"),
    ],
)
def test_ids_are_text_without_prefix_and_version(text: str, found: str) -> None:
    assert paper_id(text) == found


@pytest.mark.parametrize(
    "text", ["", "  ", "a b", "../etc", "a//b", "/x", "<x>", "a\0b", "é1", "1" * 65, "x?y", "x#y", "x%2e"]
)
def test_what_cannot_be_an_id_is_refused(text: str) -> None:
    assert paper_id(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://x.org",
        "//x.org",
        "https://",
        "https://a b",
        'https://a"onclick',
        "https://a\u202eb",
        "https://x.org/" + "a" * 2000,
    ],
)
def test_only_web_addresses_become_links(text: str) -> None:
    assert web_address(text) == ""


def test_a_web_address_stays_as_it_is() -> None:
    assert web_address(" https://github.com/a/b?x=1&y=2#z ") == "https://github.com/a/b?x=1&y=2#z"
