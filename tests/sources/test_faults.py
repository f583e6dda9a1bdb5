"""Answers that are cut, reordered, retyped or not what they seem: no partial day is stored as complete,
and no day is called empty that is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ParseError
from digest.http_client import Answer
from digest.model import EmptyDay, Papers
from digest.sources.api import parse_api
from digest.sources.fetching import Unanswered
from digest.sources.huggingface import Visit
from digest.sources.page import read_page
from tests.sources.shapes import ARROWS, DAY, api, card, item, page, props

NOW = datetime(2026, 9, 30, 12, tzinfo=UTC)
IDS = [f"2609.0001{number}" for number in range(8)]
ITEMS = [item(paper_id, upvotes=number) for number, paper_id in enumerate(IDS)]
API = api(*ITEMS)
PAGE = page(props(*ITEMS), body=ARROWS + "".join(card(paper_id) for paper_id in IDS))

Mutation = Callable[[bytes], bytes]


def cut(share: float) -> Mutation:
    return lambda body: body[: int(len(body) * share)]


def flipped(share: float, value: int) -> Mutation:
    def mutate(body: bytes) -> bytes:
        place = min(int(len(body) * share), len(body) - 1)
        return body[:place] + bytes([value]) + body[place + 1 :]

    return mutate


def removed(share: float, length: int) -> Mutation:
    def mutate(body: bytes) -> bytes:
        place = int(len(body) * share)
        return body[:place] + body[place + length :]

    return mutate


SHARE = st.floats(0, 1, exclude_max=True)
MUTATIONS = st.one_of(
    st.builds(cut, SHARE),
    st.builds(flipped, SHARE, st.integers(0, 255)),
    st.builds(removed, SHARE, st.integers(1, 400)),
    st.sampled_from(
        [
            lambda _body: b"",
            lambda _body: b"<!doctype html><html><body>Sign in</body></html>",
            lambda _body: b'{"error":"internal"}',
            lambda body: body.decode().encode("utf-16"),
            lambda body: body.decode().replace("Ö", "\N{BULLET}").encode("cp1252", "replace") + b"\xe9",
            lambda body: body + body,
            lambda _body: b"[" * 100_000,
            lambda _body: b"null",
        ]
    ),
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A source whose API and page answer with these bodies (``None``: not at all)."""

    api: bytes | None
    page: bytes | None

    def get(self, kind: str, url: str, *, accept: str, now: datetime) -> Answer:
        body = self.api if kind == "api" else self.page
        if body is None:
            raise Unanswered("down", status=500)
        if kind == "api" and not url.endswith("p=0"):
            body = b"[]"
        return Answer(url, 200, {}, body)


def ids(papers: Papers) -> set[str]:
    return {record.paper.id for record in papers.records}


def accounted(papers: Papers) -> int:
    """Papers read plus items refused by name: what a page is said to hold."""
    return len(papers.records) + len(papers.refused)


@settings(max_examples=150, deadline=None)
@given(MUTATIONS)
def test_a_mutated_answer_is_read_whole_or_refused_whole(mutate: Mutation) -> None:
    body = mutate(API)
    try:
        papers, count = parse_api(body)
    except ParseError:
        return
    assert accounted(papers) == count
    assert count == len(json.loads(body.decode("utf-8-sig")))


@settings(max_examples=120, deadline=None)
@given(MUTATIONS, st.booleans())
def test_no_mutation_of_the_api_makes_a_false_empty_day(mutate: Mutation, up: bool) -> None:
    reading = Visit(Broken(mutate(API), PAGE if up else None), "", DAY, NOW).read()
    assert not isinstance(reading.outcome, EmptyDay)
    if up and isinstance(reading.outcome, Papers):
        assert len(reading.outcome.records) >= len(IDS) - 2


@settings(max_examples=120, deadline=None)
@given(MUTATIONS)
def test_no_mutation_of_the_page_makes_a_false_empty_day(mutate: Mutation) -> None:
    outcome = read_page(mutate(PAGE), DAY).outcome
    assert not isinstance(outcome, EmptyDay)


@settings(max_examples=80, deadline=None)
@given(SHARE)
def test_a_cut_page_gives_the_whole_list_or_none(share: float) -> None:
    outcome = read_page(cut(share)(PAGE), DAY).outcome
    assert not isinstance(outcome, Papers) or ids(outcome) == set(IDS)


@settings(max_examples=100, deadline=None)
@given(st.permutations(ITEMS))
def test_the_order_of_the_items_does_not_matter(items: list[dict[str, Any]]) -> None:
    papers, _ = parse_api(api(*items))
    assert {record.paper.id: record for record in papers.records} == {
        record.paper.id: record for record in parse_api(API)[0].records
    }


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 7), st.sampled_from([*sorted(ITEMS[0]["paper"]), *sorted(ITEMS[0])]), JSON)
def test_a_retyped_value_costs_at_most_its_own_paper(place: int, key: str, value: Any) -> None:
    items = deepcopy(ITEMS)
    target = items[place]["paper"] if key in items[place]["paper"] else items[place]
    target[key] = value
    papers, count = parse_api(api(*items))
    assert accounted(papers) in {count, count - 1}  # one less if the new id is another paper's
    assert ids(papers) >= set(IDS) - {IDS[place]}


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON, min_size=1, max_size=6))
def test_a_list_of_anything_is_no_day(values: list[Any]) -> None:
    outcome = Visit(Broken(json.dumps(values).encode(), None), "", DAY, NOW).read().outcome
    assert not isinstance(outcome, (EmptyDay, Papers))
