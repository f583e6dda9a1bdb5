"""The profile language: what it reads, what it refuses, and that it survives the round trip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ProfileError
from digest.model import Field, Keyword, KeywordKind
from digest.ranking import format_profile, parse_profile
from digest.ranking.language import LONGEST_PROFILE, MOST_KEYWORDS, MOST_WILDCARDS


def test_every_mark_is_read() -> None:
    text = (
        'diffusion models, "video generation", agent*^2, -survey, +title:vision\n'
        'author:"Kaiming He"; org:nvidia'
    )
    assert parse_profile(text) == (
        Keyword("diffusion models"),
        Keyword("video generation", exact=True),
        Keyword("agent", prefix=True, weight=2.0),
        Keyword("survey", KeywordKind.EXCLUDE),
        Keyword("vision", KeywordKind.REQUIRE, Field.TITLE),
        Keyword("Kaiming He", field=Field.AUTHOR, exact=True),
        Keyword("nvidia", field=Field.ORG),
    )


def test_blank_text_is_the_trending_profile() -> None:
    assert parse_profile(" \n, ;") == ()


@pytest.mark.parametrize(
    "text", ["“video generation”", "–survey", "−survey", "C++, GPT-4o, 3D", "扩散模型, 🤖", "β-VAE"]
)
def test_typography_and_scripts_do_no_harm(text: str) -> None:
    keywords = parse_profile(text)
    assert keywords
    assert parse_profile(format_profile(keywords)) == keywords


@pytest.mark.parametrize(
    ("text", "piece", "position", "says"),
    [
        ("robots, titel:x", "titel:x", 8, "did you mean title:"),
        ("foo:bar", "foo:bar", 0, "leave the colon out"),
        ("robots, - survey", "- survey", 8, "write -survey"),
        ('"open', '"open', 0, 'write "open"'),
        ("a*b", "a*b", 0, "drop the other stars"),
        ("x^99", "x^99", 0, "x^2"),
        ("-x^2", "-x^2", 0, "write -x"),
        ("ab*", "ab*", 0, "write the word out"),
        ("...", "...", 0, "write a word"),
        ("--x", "--x", 0, "write -x"),
        ('say "hi" now', 'say "hi" now', 0, "separate by commas"),
        ("RAG, -RAG", "-RAG", 5, "keep one"),
        ("word " * 41, ("word " * 41).strip(), 0, "separate by commas"),
        ("a" * 241, "a" * 241, 0, "separate keywords by commas"),
    ],
)
def test_an_error_names_the_piece_its_place_and_a_remedy(
    text: str, piece: str, position: int, says: str
) -> None:
    with pytest.raises(ProfileError) as raised:
        parse_profile(text)
    assert (raised.value.piece, raised.value.position) == (piece, position)
    assert says in raised.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        ", ".join(f"word{n}" for n in range(MOST_KEYWORDS + 1)),
        ", ".join(f"word{n}*" for n in range(MOST_WILDCARDS + 1)),
        "a, " * LONGEST_PROFILE,
    ],
)
def test_limits_stand_at_the_door(text: str) -> None:
    with pytest.raises(ProfileError):
        parse_profile(text)


def test_a_keyword_counts_once_but_an_acronym_is_not_its_small_letters() -> None:
    assert parse_profile("robots, Robots, ROBOTS") == (Keyword("robots"), Keyword("ROBOTS"))


@given(st.text(alphabet='ab RAG"*^2.-+,:;\ntitle扩β🤖', max_size=40))
def test_what_is_read_prints_and_reads_back_the_same(text: str) -> None:
    try:
        keywords = parse_profile(text)
    except ProfileError as error:
        keywords = ()
        refused = error.piece and error.remedy
    else:
        refused = "not refused"
    assert refused
    assert parse_profile(format_profile(keywords)) == keywords
