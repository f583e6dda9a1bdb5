"""The search finds the same papers on both databases, best first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from digest.demo.sample import FIRST_DAY, LAST_DAY
from digest.demo.server import sample_source
from digest.model import Organisation, Paper, Record
from digest.sources.items import read_items
from digest.store import listings, papers, search
from digest.store.database import open_engine, reading, transaction
from digest.store.search import Span, find
from digest.store.search_words import QueryError, parse_query, words_of

NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)
DAY = date(2026, 9, 28)
SAMPLE = (FIRST_DAY, LAST_DAY)
PAPERS = (
    Paper("2609.00001", "Video generation with diffusion", "We generate videos.", ("Kaiming He", "Ada Öz")),
    Paper(
        "2609.00002", "A survey of robots", "Diffusion policies are mentioned once, among many other things."
    ),
    Paper(
        "2609.00003", "State-space models", "Generation of video is not video generation.", ("He Xiangyu",)
    ),
    Paper(
        "2609.00004",
        "C++ for agents",
        "λ-calculus, 100% of it.",
        (),
        Organisation("nvidia", "NVIDIA Research"),
    ),
    Paper("2609.00005", "Agentic retrieval", "Retrieval by an agent.", ("Bo Kaiming", "Xi He")),
)


def store(engine: Engine, *stored: Paper, day: date = DAY) -> None:
    with transaction(engine) as session:
        papers.store(session, stored, now=NOW)
        search.index(session, stored)
        records = [Record(paper, upvotes=number) for number, paper in enumerate(stored)]
        listings.store(session, day, records, arrival=1, silent=False, now=NOW)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    store(engine, *PAPERS)
    return engine


def ids(engine: Engine, query: str, **more: object) -> list[str]:
    with reading(engine) as session:
        return [found.paper.id[-1] for found in find(session, query, **more)]  # type: ignore[arg-type]


def test_the_title_weighs_more_than_the_abstract(filled: Engine) -> None:
    assert ids(filled, "diffusion") == ["1", "2"]


def test_all_words_must_occur_in_any_order(filled: Engine) -> None:
    assert ids(filled, "diffusion videos generating") == ["1"]


def test_when_no_paper_has_all_words_those_with_some_are_shown(filled: Engine) -> None:
    assert ids(filled, "robots nowhere") == ["2"]


def test_a_phrase_is_words_beside_each_other(filled: Engine) -> None:
    assert sorted(ids(filled, '"video generation"')) == ["1", "3"]
    assert ids(filled, '"generation of video"') == ["3"]
    assert ids(filled, '"diffusion video"') == []


def test_a_hyphen_is_a_blank_between_words_that_stay_beside_each_other(filled: Engine) -> None:
    assert ids(filled, "state-space") == ids(filled, '"state space model"') == ["3"]


def test_accents_case_and_endings_do_not_matter(filled: Engine) -> None:
    assert ids(filled, "oz") == ids(filled, "ÖZ") == ["1"]
    assert ids(filled, "ROBOT") == ["2"]


def test_a_prefix_goes_on(filled: Engine) -> None:
    assert sorted(ids(filled, "agent*")) == ["4", "5"]
    assert ids(filled, "retriev*") == ["5"]


def test_what_follows_a_minus_is_left_out(filled: Engine) -> None:
    assert ids(filled, "video -diffusion") == ["3"]
    assert ids(filled, 'generation -"diffusion video" -"with diffusion"') == ["3"]
    assert ids(filled, "agent* -org:nvidia") == ["5"]
    assert ids(filled, "robots nowhere -diffusion") == []
    assert ids(filled, "state-space - models") == ["3"]


def test_an_author_is_searched_among_authors_only_and_not_across_two(filled: Engine) -> None:
    assert sorted(ids(filled, "author:kaiming")) == ["1", "5"]
    assert ids(filled, 'author:"Kaiming He"') == ["1"]
    assert ids(filled, 'author:"Kaiming Xi"') == []
    assert ids(filled, "author:diffusion") == []


def test_an_organisation_is_searched_by_both_names(filled: Engine) -> None:
    assert ids(filled, "org:nvidia") == ids(filled, 'org:"nvidia research"') == ["4"]
    assert ids(filled, "organisation:Research agents") == ["4"]


def test_letters_of_other_scripts_are_found(filled: Engine) -> None:
    assert ids(filled, "λ") == ["4"]


def test_a_span_of_days_limits_what_is_found(filled: Engine) -> None:
    store(filled, Paper("2609.00009", "Video generation again"), day=DAY + timedelta(days=1))
    assert ids(filled, "video", span=Span(since=DAY + timedelta(days=1))) == ["9"]
    assert "9" not in ids(filled, "video", span=Span(until=DAY))
    assert ids(filled, "video", span=Span(DAY + timedelta(days=2), None)) == []


def test_results_come_in_portions(filled: Engine) -> None:
    whole = ids(filled, "generation")
    assert ids(filled, "generation", limit=1) + ids(filled, "generation", limit=1, offset=1) == whole


def test_a_result_names_its_newest_day_and_votes(filled: Engine) -> None:
    with reading(filled) as session:
        (found,) = find(session, "robots")
    assert (found.day, found.upvotes) == (DAY, 1)
    assert found.score > 0


def test_a_paper_that_changed_is_found_by_its_new_words_only(filled: Engine) -> None:
    store(filled, Paper("2609.00002", "A survey of humanoids", "Nothing else."))
    assert ids(filled, "humanoids") == ["2"]
    assert ids(filled, "robots") == []


@pytest.mark.parametrize("query", ["", "  ", '""', "*", "…!?", "author:", 'org:""', "x" * 501, "-survey"])
def test_a_query_without_words_is_refused_with_an_example(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(query)
    assert caught.value.remedy


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.text(max_size=80), st.text("\"*:()^-+'\\&|!<>~{} aANDORNOTNEAR", max_size=40)))
def test_any_query_is_answered_or_refused_but_never_breaks(filled: Engine, query: str) -> None:
    try:
        parse_query(query)
    except QueryError:
        return
    with reading(filled) as session:
        find(session, query)


QUERIES = (
    "diffusion",
    "video generation",
    "agent* models",
    "the of",
    '"video generation"',
    '"language model" robots of',
    "author:he",
    "org:nvidia agents nowhere",
    '"in the" a*',
    "generation video video",
    'of a -diffusion -author:kaiming -"many other"',
    "video nowhere -survey",
)


def test_both_databases_give_the_same_papers_the_same_scores_in_the_same_order(
    sqlite_engine: Engine, postgres_url: str
) -> None:
    postgres = open_engine(postgres_url)
    sample = [record.paper for day in SAMPLE for record in read_items(sample_source(day, NOW)).records]
    for engine in (sqlite_engine, postgres):
        store(engine, *PAPERS, *sample)
    for query in QUERIES:
        with reading(sqlite_engine) as session:
            first = [(one.paper.id, round(one.score, 6)) for one in find(session, query, limit=1_000)]
        with reading(postgres) as session:
            second = [(one.paper.id, round(one.score, 6)) for one in find(session, query, limit=1_000)]
        assert first == second, query
        assert len(first) >= 2, query
    postgres.dispose()


def test_a_huge_paper_can_be_indexed(engine: Engine) -> None:
    store(engine, Paper("2609.00001", "Needle", "hay " * 20_000, tuple(f"Author {n}" for n in range(9_000))))
    assert ids(engine, "needle") == ["1"]


def test_words_are_folded() -> None:
    assert words_of("The Özgür's 3D-LLMs, naïve_x!") == ["the", "ozgur", "s", "3d", "llm", "naiv", "x"]
