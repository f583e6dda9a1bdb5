"""One item of the JSON becomes one record, or is refused by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ParseError
from digest.model import Organisation
from digest.sources.decoding import decode, decode_items
from digest.sources.items import BadItem, read_item, read_items
from digest.sources.shape import Inner, Item
from tests.sources.shapes import item


def test_an_item_gives_every_field() -> None:
    record = read_item(
        item(
            organization={"name": "org-x", "fullname": "Org X"},
            ai_summary="In short.",
            ai_keywords=["diffusion", "diffusion", "RAG"],
            projectPage="https://x.org",
            githubRepo="https://github.com/x/y",
            githubStars=12,
        )
    )
    paper = record.paper
    assert (paper.id, paper.title, paper.abstract) == (
        "2609.00010",
        "A paper called 2609.00010",
        "We show that it works.",
    )
    assert paper.authors == ("Ada Öz", "Bo Li")
    assert paper.organisation == Organisation("org-x", "Org X")
    assert paper.published_at == datetime(2026, 9, 25, tzinfo=UTC)
    assert (paper.short_summary, paper.source_keywords) == ("In short.", ("diffusion", "RAG"))
    assert (paper.project_url, paper.code_url, paper.code_stars) == (
        "https://x.org",
        "https://github.com/x/y",
        12,
    )
    assert paper.complete
    assert (record.upvotes, record.comments) == (7, 2)
    assert record.submitted_at == datetime(2026, 9, 28, tzinfo=UTC)


def test_the_outer_publication_date_is_never_used() -> None:
    assert read_item(item(publishedAt=None)).paper.published_at is None


def test_the_accounts_name_is_not_the_authors() -> None:
    assert "ada99" not in read_item(item()).paper.authors


def test_an_id_that_ends_in_nought_stays_whole() -> None:
    assert read_item(item("2503.02130")).paper.id == "2503.02130"


def test_wrapped_text_is_collapsed_and_kept_as_it_came() -> None:
    paper = read_item(item(title="Human\n  Parity", summary="One\ntwo\n\n  three")).paper
    assert (paper.title, paper.abstract) == ("Human Parity", "One two three")
    assert (paper.source_title, paper.source_abstract) == ("Human\n  Parity", "One\ntwo\n\n  three")


def test_inner_fields_win_over_outer_ones_and_outer_ones_fill_in() -> None:
    whole = item() | {"title": "Outer", "summary": "Outer abstract", "organization": {"name": "o"}}
    assert read_item(whole).paper.title == "A paper called 2609.00010"
    del whole["paper"]["title"], whole["paper"]["summary"]
    paper = read_item(whole).paper
    assert (paper.title, paper.abstract, paper.organisation) == (
        "Outer",
        "Outer abstract",
        Organisation("o", "o"),
    )


def test_a_flat_item_of_the_paper_page_is_read_too() -> None:
    assert read_item(item()["paper"]).paper.authors == ("Ada Öz", "Bo Li")


def test_only_the_id_and_a_title_are_required() -> None:
    record = read_item({"paper": {"id": "2609.1", "title": "T"}})
    assert record.upvotes is None
    assert record.paper.authors == ()


def test_nought_upvotes_are_nought_not_unknown() -> None:
    assert read_item(item(upvotes=0)).upvotes == 0


def test_a_link_that_is_none_is_left_out_without_refusing_the_paper() -> None:
    assert read_item(item(projectPage="javascript:alert(1)")).paper.project_url == ""


@pytest.mark.parametrize(
    ("inner", "says"),
    [
        ({"id": 2503.0213}, "paper.id: expected str"),
        ({"id": ""}, "cannot be one"),
        ({"id": "a b"}, "cannot be one"),
        ({"title": 5}, "paper.title: expected str"),
        ({"title": "   "}, "no title"),
        ({"title": "x" * 2001}, "paper.title: expected str of length <= 2000"),
        ({"summary": "x" * 40_001}, "paper.summary: expected str of length <= 40000"),
        ({"upvotes": "7"}, r"paper.upvotes: expected int \| null, got str"),
        ({"upvotes": True}, "paper.upvotes: expected int .* got bool"),
        ({"upvotes": 1.5}, "paper.upvotes: expected int .* got float"),
        ({"upvotes": -1}, "paper.upvotes: expected int >= 0"),
        ({"upvotes": 10**30}, "paper.upvotes: expected int <= 100000000"),
        ({"authors": "Ada"}, "paper.authors: expected array"),
        ({"authors": ["Ada"]}, r"paper.authors\[0\]: expected object, got str"),
        ({"authors": [{"name": 5}]}, "name: expected str .* got int"),
        ({"authors": [{"name": "x" * 401}]}, "name: expected str of length <= 400"),
        ({"authors": [{"name": ["Ada"]}]}, "name: expected str .* got array"),
        ({"authors": [{}] * 10_001}, "array of length <= 10000"),
        ({"publishedAt": "yesterday"}, "is no date"),
        ({"publishedAt": "0001-01-01T00:00:00+23:00"}, "is no date"),
        ({"publishedAt": 17}, "paper.publishedAt: expected str"),
        ({"organization": "nvidia"}, "paper.organization: expected object"),
        ({"ai_keywords": [1]}, r"paper.ai_keywords\[0\]: expected str, got int"),
    ],
)
def test_a_value_of_the_wrong_type_refuses_the_item(inner: dict[str, Any], says: str) -> None:
    with pytest.raises(BadItem, match=says):
        read_item(item(**inner))


@pytest.mark.parametrize("value", [None, 5, "x", [], {"paper": None}, {"paper": []}])
def test_what_is_no_item_is_refused(value: Any) -> None:
    with pytest.raises(BadItem):
        read_item(value)


def test_a_null_is_the_same_as_a_missing_key() -> None:
    whole = item()
    for key in ("authors", "summary", "upvotes", "publishedAt", "organization", "ai_keywords"):
        whole["paper"][key] = None
    record = read_item(whole)
    assert (record.paper.authors, record.paper.abstract, record.upvotes) == ((), "", None)


def test_a_paper_twice_on_a_page_is_one_paper_with_the_later_count() -> None:
    copies = [item("2609.00010", upvotes=3), item("2609.00010v2", upvotes=5), item("2609.00010", upvotes=4)]
    papers = read_items(copies)
    assert [(record.paper.id, record.upvotes) for record in papers.records] == [("2609.00010", 5)]


def test_a_bad_item_is_counted_by_name_and_the_others_stay() -> None:
    good = [item(f"2609.{number}") for number in range(9)]
    papers = read_items([*good, item("2609.99", upvotes="many")])
    assert len(papers.records) == 9
    assert papers.refused == ("2609.99: paper.upvotes: expected int | null, got str",)


def test_more_than_a_fifth_refused_fails_the_page() -> None:
    good = [item(f"2609.{number}") for number in range(7)]
    with pytest.raises(ParseError, match="3 of 10 items"):
        read_items([*good, 1, 2, 3])


def test_exactly_a_fifth_refused_does_not() -> None:
    assert len(read_items([*(item(f"2609.{number}") for number in range(8)), 1, 2]).records) == 8


def test_a_key_named_twice_refuses_the_item() -> None:
    doubled = decode(b'{"paper": {"id": "2609.1", "title": "T", "upvotes": 1, "upvotes": 900}}')
    with pytest.raises(BadItem, match="twice"):
        read_item(doubled)


def test_an_author_named_twice_over_refuses_the_item_too() -> None:
    doubled = decode(
        b'[{"id": "2609.1", "title": "T", "authors": [{"name": "A", "name": "B"}]},'
        b'{"id": "2609.2", "title": "T", "authors": [{"name": "A", "name": "B"}]}, {"id": "x", "id": "y"},'
        b'{"id": "2609.4", "title": "T", "upvotes": 1, "upvotes": 2}]'
    )
    for found in doubled:
        with pytest.raises(BadItem, match="twice"):
            read_item(found)


def test_nan_is_no_number() -> None:
    with pytest.raises(BadItem, match="upvotes: expected int"):
        read_item(decode(b'{"id": "2609.1", "title": "T", "upvotes": NaN}'))


def test_lone_surrogates_and_nul_are_cleaned_away() -> None:
    paper = read_item(decode(b'{"id": "2609.1", "title": "A\\ud800\\u0000B", "summary": "\\udfff"}')).paper
    assert (paper.title, paper.abstract, paper.source_title) == ("AB", "", "AB")


@pytest.mark.parametrize("inner", ['"upvotes": "\\ud800"', '"\\ud800": 1', '"authors": ["\\ud800"]'])
def test_half_a_character_where_no_text_is_due_refuses_the_item(inner: str) -> None:
    with pytest.raises(BadItem):
        read_item(decode(f'{{"paper": {{"id": "2609.1", "title": "T", {inner}}}}}'))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not complete JSON"),
        (b'[{"paper": {"id": "2609.1"', "not complete JSON"),
        (b"<!doctype html><html></html>", "not complete JSON"),
        ('["ü"]'.encode("latin-1"), "not UTF-8"),
        ("[]".encode("utf-16"), "not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'[{"paper": {"upvotes": ' + b"9" * 5000 + b"}}]", "not complete JSON"),
    ],
)
def test_a_body_that_is_not_whole_json_is_an_error(body: bytes, says: str) -> None:
    with pytest.raises(ParseError, match=says):
        decode(body)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert decode(b"\xef\xbb\xbf[]") == []


KEYS = sorted({*Inner.__struct_encode_fields__, *Item.__struct_encode_fields__})
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.sampled_from(["\ud800", "x" * 2001, "2026-09-28", 10**30, [[]], [{"name": 5}], {"name": "o"}]),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.sampled_from(["name", "id", "upvotes"]), st.integers(), max_size=2),
)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(KEYS), ODD), max_size=4))
def test_decoding_in_one_pass_says_what_careful_decoding_says(changes: list[tuple[bool, str, Any]]) -> None:
    """The quick way may only be quicker: the same records, the same refusals, the same words."""
    changed = item(title="A\n  title", summary=r"Saves 5\% of π")
    for inner, key, value in changes:
        place = changed["paper"] if inner and isinstance(changed["paper"], dict) else changed
        place[key] = value
    body = json.dumps([changed, *(item(f"2609.{number}") for number in range(4))]).encode()
    assert read_items(decode_items(body)) == read_items(decode(body))


def test_a_usual_answer_is_checked_while_it_is_decoded() -> None:
    found = decode_items(json.dumps([item()]).encode())
    assert [type(one) for one in found] == [Item]


def test_an_id_named_twice_is_seen_in_an_answer_decoded_in_one_pass() -> None:
    body = b'[{"paper": {"id": "2609.1", "id": "2609.2", "title": "T", "upvotes": 1}}]'
    with pytest.raises(ParseError, match="twice"):
        read_items(decode_items(body))
