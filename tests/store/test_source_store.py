"""Papers, listings, observations, raw answers, the counter and the allowance, on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from digest.model import Observation, Organisation, Paper, RawAnswer, Record, Tier
from digest.store import counters, days, limits, listings, observations, papers, raw_answers
from digest.store.database import reading, transaction

NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)
DAY = date(2026, 9, 28)
WINDOW = timedelta(minutes=5)
FULL = Paper(
    "2609.00010",
    "A title",
    "An abstract.",
    ("Ada", "Bo"),
    Organisation("org", "The Org"),
    NOW,
    "In short.",
    ("one", "two"),
    "https://x.org",
    "https://github.com/x/y",
    12,
    source_title="A\n title",
    source_abstract="An\nabstract.",
)


def store(engine: Engine, *some: Paper, now: datetime = NOW) -> papers.Stored:
    with transaction(engine) as session:
        return papers.store(session, some, now=now)


def loaded(engine: Engine, paper_id: str = FULL.id) -> Paper:
    with reading(engine) as session:
        return papers.load(session, [paper_id])[paper_id]


# --- papers ----------------------------------------------------------------------------------


def test_a_paper_comes_back_as_it_went_in(engine: Engine) -> None:
    store(engine, FULL, Paper("cs/0112017", "Old id"))
    assert loaded(engine) == FULL
    assert loaded(engine, "cs/0112017") == Paper("cs/0112017", "Old id")


def test_unknown_ids_are_left_out(engine: Engine) -> None:
    with reading(engine) as session:
        assert papers.load(session, ["2609.404"]) == {}
        assert papers.at_revision(session, [("2609.404", 1)]) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another title"},
        {"abstract": "Another abstract."},
        {"authors": ("Bo", "Ada")},
        {"organisation": Organisation("other", "Other")},
        {"project_url": "https://y.org"},
        {"code_url": "https://github.com/y/z"},
    ],
)
def test_a_change_of_content_is_a_revision_and_the_earlier_one_stays(
    engine: Engine, change: dict[str, object]
) -> None:
    store(engine, FULL)
    after = replace(FULL, **change)  # type: ignore[arg-type]  # any field
    stored = store(engine, after)
    assert [paper.id for paper in stored.changed] == [FULL.id]
    assert loaded(engine) == replace(after, revision=2)
    with reading(engine) as session:
        both = papers.at_revision(session, [(FULL.id, 1), (FULL.id, 2), (FULL.id, 3)])
    assert both == {(FULL.id, 1): FULL, (FULL.id, 2): replace(after, revision=2)}


@pytest.mark.parametrize(
    "change", [{"code_stars": 99}, {"short_summary": "Shorter."}, {"source_keywords": ("three",)}]
)
def test_what_is_no_content_is_stored_without_a_revision(engine: Engine, change: dict[str, object]) -> None:
    store(engine, FULL)
    after = replace(FULL, **change)  # type: ignore[arg-type]  # any field
    assert store(engine, after).changed == ()
    assert loaded(engine) == after


def test_what_an_answer_leaves_out_deletes_nothing(engine: Engine) -> None:
    store(engine, FULL)
    assert store(engine, Paper(FULL.id, FULL.title)).changed == ()
    assert loaded(engine) == FULL


def test_a_paper_that_goes_back_and_forth_keeps_every_revision(engine: Engine) -> None:
    for title in ("One", "Two", "One", "Two"):
        store(engine, replace(FULL, title=title))
    with reading(engine) as session:
        found = papers.at_revision(session, [(FULL.id, number) for number in range(1, 5)])
    assert [found[FULL.id, number].title for number in range(1, 5)] == ["One", "Two", "One", "Two"]


def test_all_papers_come_in_the_order_of_their_ids_as_they_read_now(engine: Engine) -> None:
    store(engine, Paper("2609.00020", "Other"), FULL)
    store(engine, replace(FULL, title="New"), now=NOW + timedelta(hours=1))
    with reading(engine) as session:
        found = [(paper.id, paper.title) for paper in papers.all_papers(session)]
    assert found == [("2609.00010", "New"), ("2609.00020", "Other")]


STORABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STORABLE, st.lists(STORABLE, max_size=4), st.integers(0, 2**31 - 1))
def test_any_clean_text_survives_the_store(engine: Engine, text: str, words: list[str], stars: int) -> None:
    paper = Paper("2609.1", f"T{text}", text, tuple(words), source_keywords=tuple(words), code_stars=stars)
    with transaction(engine) as session:
        papers.store(session, [paper], now=NOW)
        found = papers.load(session, ["2609.1"])["2609.1"]
        session.rollback()
    assert found == paper


# --- listings --------------------------------------------------------------------------------


def listing(engine: Engine, *records: Record, arrival: int = 1, day: date = DAY) -> listings.Listed:
    with transaction(engine) as session:
        papers.store(session, [record.paper for record in records], now=NOW)
        return listings.store(session, day, records, arrival=arrival, silent=False, now=NOW)


def record(paper_id: str, upvotes: int) -> Record:
    return Record(Paper(paper_id, "A title"), upvotes)


def test_candidates_are_of_the_span_in_a_stable_order(engine: Engine) -> None:
    listing(engine, record("2609.1", 5), record("2609.3", 5), record("2609.2", 9))
    listing(engine, record("2609.4", 1), arrival=2, day=DAY + timedelta(days=1))
    listing(engine, record("2609.5", 1), arrival=3, day=DAY - timedelta(days=9))
    with reading(engine) as session:
        found = listings.candidates(session, since_day=DAY, until_day=DAY + timedelta(days=1))
    assert [one.paper_id for one in found] == ["2609.4", "2609.2", "2609.1", "2609.3"]


def test_the_newest_day_and_the_count_of_a_day(engine: Engine) -> None:
    with reading(engine) as session:
        assert (listings.newest_day(session), listings.count_of_day(session, DAY)) == (None, 0)
    listing(engine, record("2609.1", 5), record("2609.2", 5))
    with reading(engine) as session:
        assert (listings.newest_day(session), listings.count_of_day(session, DAY)) == (DAY, 2)


def test_storing_tells_what_was_added_and_what_moved(engine: Engine) -> None:
    assert listing(engine, record("2609.1", 5)).moved == (("2609.1", 5, 0),)
    again = listing(engine, record("2609.1", 5), record("2609.2", 1))
    assert (again.added, again.moved) == (frozenset({"2609.2"}), (("2609.2", 1, 0),))


# --- observations, raw answers, counter, days ------------------------------------------------


def test_observations_are_bounded_by_the_retention(engine: Engine) -> None:
    store(engine, FULL)
    for hours in range(3):
        with transaction(engine) as session:
            moved = [(FULL.id, hours, 0)] * 2
            observations.store(session, moved, now=NOW + timedelta(hours=hours))
    with transaction(engine) as session:
        assert observations.forget(session, before=NOW + timedelta(hours=2)) == 2
    with reading(engine) as session:
        left = observations.history(session, [FULL.id, "2609.404"])
    assert left == {FULL.id: [Observation(FULL.id, NOW + timedelta(hours=2), 2)], "2609.404": []}


def raw(body: bytes, minutes: int = 0, etag: str = "") -> RawAnswer:
    return RawAnswer("https://x.org/a", Tier.API, 200, NOW + timedelta(minutes=minutes), body, etag)


def test_raw_answers_are_kept_once_a_body_and_the_latest_is_found(engine: Engine) -> None:
    with transaction(engine) as session:
        for answer in (raw(b"one"), raw(b"two", 1), raw(b"one", 2, '"v3"')):
            raw_answers.keep(session, DAY, (answer,))
    with reading(engine) as session:
        assert raw_answers.latest(session, "https://x.org/a") == raw(b"one", 2, '"v3"')
        assert raw_answers.latest(session, "https://x.org/b") is None
        assert raw_answers.of_day(session, DAY) == [raw(b"two", 1), raw(b"one", 2, '"v3"')]
        assert list(raw_answers.days(session, DAY, DAY)) == [DAY]
    with transaction(engine) as session:
        assert raw_answers.forget(session, before=NOW + timedelta(minutes=2)) == 1


def test_the_arrival_counter_starts_at_nought_and_is_undone_with_its_transaction(engine: Engine) -> None:
    with transaction(engine) as session:
        assert (counters.arrival(session), counters.next_arrival(session)) == (0, 1)

    def take_and_fail() -> None:
        with transaction(engine) as session:
            counters.next_arrival(session)
            raise KeyError

    with pytest.raises(KeyError):
        take_and_fail()
    with reading(engine) as session:
        assert counters.arrival(session) == 1


def test_arrival_numbers_of_many_writers_are_taken_once_each_and_become_visible_in_order(
    engine: Engine,
) -> None:
    taken: list[int] = []

    def work() -> None:
        for _ in range(5):
            with transaction(engine) as session:
                taken.append(counters.next_arrival(session))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == list(range(1, 21))


def test_the_freshness_of_the_source_is_the_last_success(engine: Engine) -> None:
    with reading(engine) as session:
        assert days.last_success(session) is None
        assert days.load(session, DAY) is None


# --- the allowance ---------------------------------------------------------------------------


def take(engine: Engine, seconds: float, *, allowance: int = 5, key: str = "hf:api") -> float | None:
    now = NOW + timedelta(seconds=seconds)
    with transaction(engine) as session:
        until = limits.take(session, key, allowance=allowance, window=WINDOW, now=now)
    return (until - NOW).total_seconds() if until else None


def test_the_allowance_is_granted_at_once_and_then_waited_for(engine: Engine) -> None:
    assert [take(engine, second) for second in range(5)] == [None] * 5
    assert take(engine, 6) == 305
    assert take(engine, 304) == 305
    assert take(engine, 305) is None


def test_each_kind_has_an_allowance_of_its_own(engine: Engine) -> None:
    assert [take(engine, 0, allowance=1), take(engine, 0, allowance=1, key="hf:pages")] == [None, None]


def test_a_hold_is_obeyed_by_all_and_never_shortened(engine: Engine) -> None:
    with transaction(engine) as session:
        limits.hold(session, "hf:api", until=NOW + timedelta(seconds=90))
        limits.hold(session, "hf:api", until=NOW + timedelta(seconds=30))
    assert [take(engine, 31), take(engine, 89), take(engine, 90)] == [90, 90, None]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.floats(0, 40), min_size=20, max_size=60), st.integers(1, 9))
def test_no_window_wherever_it_starts_sees_more_than_the_allowance(
    sqlite_engine: Engine, gaps: list[float], allowance: int
) -> None:
    moment, granted, key = 0.0, [], f"hf:{uuid4()}"
    for gap in gaps:
        moment += gap
        if take(sqlite_engine, moment, allowance=allowance, key=key) is None:
            granted.append(moment)
    for start in granted:
        assert sum(start <= one < start + 300 for one in granted) <= allowance
