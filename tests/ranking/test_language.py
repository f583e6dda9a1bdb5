"""The profile language: what it reads, what it refuses, and that it survives the round trip."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ProfileError
from digest.model import Field, Keyword, KeywordKind
from digest.ranking.language import (
    LONGEST_PROFILE,
    MOST_KEYWORDS,
    MOST_WILDCARDS,
    format_profile,
    parse_profile,
)


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


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("agents -survey +vision", "agents, -survey, +vision"),
        ("-survey agents, x", "-survey agents, x"),
        ("agents\t−survey, +vision –title:review", "agents, -survey, +vision, -title:review"),
        ('"a -b" -c', '"a -b", -c'),
        (
            'agents^2 -"video generation" +author:"Kaiming He"',
            'agents^2, -"video generation", +author:"Kaiming He"',
        ),
        ("agent* -agentic*", "agent*, -agentic*"),
        ("agents  OR robots^2 | RAG\tOR -survey", "agents, robots^2, RAG, -survey"),
        ("OR scheduling, OR rooms OR beds", "OR scheduling, OR rooms, beds"),
    ],
)
def test_a_mark_after_a_blank_begins_a_piece_without_a_comma(typed: str, read: str) -> None:
    assert format_profile(parse_profile(typed)) == read


@pytest.mark.parametrize(
    "text",
    [
        "state-space models",
        "fine- tuning",
        "models - a survey",
        "C++ code",
        "A -",
        '"x -y"',
        '"this OR that"',
        "p(x|y)",
        "to be or not to be",
    ],
)
def test_hyphens_in_words_lone_dashes_and_phrases_stay_whole(text: str) -> None:
    (keyword,) = parse_profile(text)
    assert keyword.text == text.strip('"')


def test_the_mark_of_a_piece_without_a_comma_is_where_the_error_points() -> None:
    with pytest.raises(ProfileError) as raised:
        parse_profile("agents -survey^2")
    assert (raised.value.piece, raised.value.position) == ("-survey^2", 7)


@pytest.mark.parametrize(
    "text",
    [
        '"' + "a" * 3000,
        "- " + "a" * 200,
        "--" + "a" * 200,
        "a" * 200 + ":x",
        "-" + "a" * 200 + "^2",
        "x^" + "9" * 200,
        "a" * 200 + "^99",
        "word " * 45,
        "a*" + "b" * 200,
        "a" * 5000,
    ],
)
def test_an_error_repeats_little_of_a_long_piece(text: str) -> None:
    with pytest.raises(ProfileError) as raised:
        parse_profile(text)
    longest = max(re.findall(r"([a9]+|(?:word ?)+)", f"{raised.value}\n{raised.value.remedy}"), key=len)
    assert len(longest) <= 60


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
        ("x^99", "x^99", 0, "write x^10, the most"),
        ("x^0.01", "x^0.01", 0, "write x^0.1, the least"),
        ("l^p", "l^p", 0, 'write l^2 to count it twice, or "l^p" to look for it as it stands'),
        ("agent^2*", "agent^2*", 0, "write agent*^2"),
        ("^", "^", 0, "write word^2"),
        ("x, RAG AND agents", "RAG AND agents", 3, 'write +RAG, +agents, or write "RAG AND agents"'),
        ("(diffusion OR flow) AND video", "flow) AND video", 14, "separate by commas, with + before"),
        ("-(a AND b)", "-(a AND b)", 0, "separate by commas, with + before"),
        ('"', '"', 0, "drop it, or write words"),
        ('video "open', '"open', 6, 'write video, "open"'),
        ("agents NOT survey", "agents NOT survey", 0, "write agents, -survey, or"),
        ("NOT surveys", "NOT surveys", 0, "write -surveys, or"),
        ("a OR (b AND c NOT d)", "(b AND c NOT d)", 5, "write +b, +c, -d, or"),
        ("a -survey OR review", "-survey", 2, "a mark before each word"),
        ("robots, title:-survey", "title:-survey", 8, "write -title:survey"),
        ("author:+Hinton", "author:+Hinton", 0, "write +author:Hinton"),
        ("RAG, author:", "author:", 5, "write a word"),
        ("author:Kaim*", "author:Kaim*", 0, "write author:Kaim:"),
        ("-x^2", "-x^2", 0, "write -x"),
        ("ab*", "ab*", 0, "write the word out"),
        ("in a*", "in a*", 0, "write the word out"),
        ("4*", "4*", 0, "write the word out"),
        ("...", "...", 0, "write a word"),
        ("--x", "--x", 0, "write -x"),
        ('say "hi" now', 'say "hi" now', 0, "separate by commas"),
        ("RAG, -RAG", "-RAG", 5, "keep one"),
        ("RAG^2, agents, RAG", "RAG", 15, "keep one"),
        ("image model, +image model, Image Model^0.5", "Image Model^0.5", 27, "keep one"),
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


MARKS, PLACES = ("", "+", "-"), ("", "title:", "abs: ", "author:")


@pytest.mark.parametrize("lead", [mark + place for mark in MARKS for place in PLACES])
@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        ("diffusion^high", "diffusion"),
        ("diffusion^20", "diffusion"),
        ("diffusion^0", "diffusion"),
        ("flow model^2.5x", "flow model"),
        ('"flow model"^2x', "flow model"),
        ("diffusion^2*", "diffusion"),
        ("diffusion^12*", "diffusion"),
        ('"flow model', "flow model"),
    ],
)
def test_who_follows_a_remedy_gets_what_was_meant(lead: str, fault: str, kept: str) -> None:
    (meant,) = parse_profile(f"{lead}meant")
    first, *others = proposals(lead + fault)
    for proposal in (first, *others):
        (keyword,) = parse_profile(proposal)
        assert (keyword.kind, keyword.field) == (meant.kind, meant.field)
        assert keyword.text in (kept, fault)
    assert parse_profile(first)[0].text == kept


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("RAG AND diffusion^2", ["+RAG", "+diffusion^2"]),
        ("+RAG NOT f(x)", ["+RAG", "-f(x)"]),
        ("(RAG AND some agents)", ["+RAG", "+some agents"]),
        ("RAG AND NOT survey", ["+RAG", "-survey"]),
    ],
)
def test_and_and_not_are_told_in_marks_of_the_same_field(place: str, typed: str, kept: list[str]) -> None:
    mark, text = ("+", typed[1:]) if typed[0] == "+" else ("", typed)
    named, whole = proposals(f"{mark}{place}{text}")
    assert parse_profile(named) == parse_profile(", ".join(f"{one[0]}{place}{one[1:]}" for one in kept))
    (quoted,) = parse_profile(whole)
    assert (quoted.exact, quoted.field) == (True, parse_profile(f"{place}x")[0].field)


@pytest.mark.parametrize("typed", ["- +x", "-- x", "- - x", "+–title:x", "title:-+ x", "+author:Kaim*"])
def test_a_remedy_for_marks_and_names_can_be_followed(typed: str) -> None:
    for proposal in proposals(typed):
        assert parse_profile(proposal)


def proposals(text: str) -> list[str]:
    """What the remedy for a profile says to write."""
    with pytest.raises(ProfileError) as raised:
        parse_profile(text)
    ends = "|".join((" to count", " to look", " to require", " to exclude", ": it", ", the ", ", or ", "$"))
    return re.findall(rf"(?:write |, or (?!write |drop))(.+?)(?={ends})", raised.value.remedy)


def test_a_keyword_counts_once_but_an_acronym_is_not_its_small_letters() -> None:
    assert parse_profile("robots, Robots, ROBOTS") == (Keyword("robots"), Keyword("ROBOTS"))


def test_a_piece_refused_before_is_refused_where_it_stands_now() -> None:
    for text, position in (("agents, ab*", 8), ("ab*", 0), ("vision, agents, ab*", 16)):
        with pytest.raises(ProfileError) as raised:
            parse_profile(text)
        assert raised.value.position == position


def test_the_order_is_that_in_which_each_keyword_came_first() -> None:
    assert (
        format_profile(parse_profile("vision, agents, +vision, Vision, Agents")) == "vision, agents, +vision"
    )


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("title: benchmark", "title:benchmark"),
        ('Author: "Kaiming He", -org: nvidia', 'author:"Kaiming He", -org:nvidia'),
        ("RLHF: a primer", "RLHF: a primer"),
        ("RAG:", "RAG:"),
    ],
)
def test_a_field_may_be_written_with_a_blank_and_a_colon_may_be_no_field(typed: str, read: str) -> None:
    assert format_profile(parse_profile(typed)) == read


@pytest.mark.parametrize(
    ("copied", "read"),
    [
        ("\u200b-survey", "-survey"),
        ("agents \u2060-survey", "agents, -survey"),
        ("\ufeffagents, title:\u200bvision", "agents, title:vision"),
        ("rein\u00adforcement, RA\u200bG, \u202erobots", "reinforcement, RAG, robots"),
        ("\u200b", ""),
    ],
)
def test_what_cannot_be_seen_changes_no_keyword(copied: str, read: str) -> None:
    assert parse_profile(copied) == parse_profile(read)
    assert format_profile(parse_profile(copied)) == read


@pytest.mark.parametrize("text", ["l^p^1", "^beta*^1", "title:a^3^1", "a^3^2", '"a^3"', "-a^b c"])
def test_a_keyword_that_ends_as_a_weight_does_reads_back_the_same(text: str) -> None:
    assert format_profile(parse_profile(text)) == text


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("note: ^2", "note: ^2"),
        ("note: *", "note: *"),
        ("-xyz^ *", "-xyz^ *"),
        ("a -\t^2", "a - ^2"),
        ("abc - *", "abc - *"),
        ("a, |\tb", "a, b"),
        ("a,|\tb", "a, b"),
        ("a;|\u2003b", "a, b"),
    ],
)
def test_what_would_read_otherwise_glued_together_stands_apart(typed: str, written: str) -> None:
    keywords = parse_profile(typed)
    assert format_profile(keywords) == written
    assert parse_profile(written) == keywords


PARTS = ("abc", "note:", "title:", " OR ", '"a b"', "^2", "^1", "^", "*", " ", " ", "-", " -", "|", ",")
SIGNS = 'aß扩🤖٣ﬁ2."+–();:^*|\t\n\r\x0b\x1f\x85\xa0\u2003\u2028\u3000\u200b\u202e'
HOSTILE = st.one_of(st.sampled_from(PARTS), st.sampled_from(PARTS), st.sampled_from(SIGNS))


@settings(max_examples=1_500, deadline=None)
@given(st.lists(HOSTILE, max_size=8).map("".join))
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
