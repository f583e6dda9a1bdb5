"""Collect stores what a reading says, once, and nothing of what it does not say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from digest.model import (
    Day,
    DayState,
    EmptyDay,
    Failed,
    NoElement,
    Outcome,
    Paper,
    Papers,
    RawAnswer,
    Reading,
    Record,
    Redirected,
    Tier,
)
from digest.pipeline.collect import MOST_UNANSWERED, Collecting, collect, read_and_store, store_reading
from digest.store import counters, days, listings, observations, papers, raw_answers
from digest.store.database import open_engine, transaction
from digest.store.database import reading as read_only
from tests.processes import wait_for

DAY = date(2026, 9, 28)
NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)


def record(paper_id: str = "2609.00010", upvotes: int | None = 3, **paper: object) -> Record:
    whole = Paper(id=paper_id, title=f"Paper {paper_id}", abstract="An abstract.", authors=("Ada", "Bo"))
    return Record(replace(whole, **paper), upvotes=upvotes, comments=1)  # type: ignore[arg-type]  # any field


class Said:
    """A source that says what it is told to, day by day."""

    name = "said"

    def __init__(self, *outcomes: Outcome, tier: Tier | None = Tier.API) -> None:
        self.outcomes = list(outcomes)
        self.tier = tier
        self.asked: list[date] = []

    def read_day(self, day: date, *, now: datetime) -> Reading:
        self.asked.append(day)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        raw = (RawAnswer(f"https://x.org/{day}", Tier.API, 200, now, b"body"),)
        return Reading(day, outcome, self.tier, ("a note",) if isinstance(outcome, Failed) else (), raw)


def run(engine: Engine, outcome: Outcome, *, now: datetime = NOW) -> Day:
    report = collect(engine, Said(outcome), now=now, days=[DAY])
    return report.days[0].day


def stored(engine: Engine) -> tuple[list[str], int]:
    """Ids on the day, and the arrival counter."""
    with read_only(engine) as session:
        return [listing.paper_id for listing in listings.of_day(session, DAY)], counters.arrival(session)


def test_papers_are_stored_with_everything(engine: Engine) -> None:
    day = run(engine, Papers((record("2609.1", 3), record("2609.2", 9)), refused=("2609.3: bad",)))
    assert (day.state, day.listed, day.refused, day.tier) == (DayState.OPEN, 2, 1, Tier.API)
    assert day.notes == ("refused 2609.3: bad",)
    with read_only(engine) as session:
        assert papers.load(session, ["2609.1"])["2609.1"] == record("2609.1").paper
        first, second = listings.of_day(session, DAY)
        assert (first.paper_id, first.upvotes, first.comments, first.position) == ("2609.2", 9, 1, 2)
        assert (second.arrival, second.silent, second.first_seen_at) == (1, False, NOW)
        assert [seen.upvotes for seen in observations.history(session, ["2609.1"])["2609.1"]] == [3]
        assert days.load(session, DAY) == day
        assert raw_answers.of_day(session, DAY)[0].body == b"body"


def test_the_same_again_changes_nothing_but_the_moment_last_seen(engine: Engine) -> None:
    outcome = Papers((record("2609.1"), record("2609.2")))
    run(engine, outcome)
    day = run(engine, outcome, now=NOW + timedelta(hours=1))
    assert (day.changed_at, day.last_read_at) == (NOW, NOW + timedelta(hours=1))
    with read_only(engine) as session:
        (listing, _) = listings.of_day(session, DAY)
        assert (listing.arrival, listing.first_seen_at) == (1, NOW)
        assert listing.last_seen_at == NOW + timedelta(hours=1)
        assert len(observations.history(session, ["2609.1"])["2609.1"]) == 1
        assert papers.load(session, ["2609.1"])["2609.1"].revision == 1


def test_a_paper_added_later_arrives_later(engine: Engine) -> None:
    run(engine, Papers((record("2609.1"),)))
    day = run(engine, Papers((record("2609.1"), record("2609.2"))), now=NOW + timedelta(hours=1))
    assert (day.listed, day.changed_at) == (2, NOW + timedelta(hours=1))
    with read_only(engine) as session:
        arrived = {listing.paper_id: listing.arrival for listing in listings.of_day(session, DAY)}
    assert arrived == {"2609.1": 1, "2609.2": 2}


def test_absence_deletes_nothing(engine: Engine) -> None:
    run(engine, Papers((record("2609.1"), record("2609.2"))))
    day = run(engine, Papers((record("2609.2"),)))
    assert stored(engine)[0] == ["2609.1", "2609.2"]
    assert day.listed == 2


def test_a_known_paper_on_a_new_day_is_featured_again(engine: Engine) -> None:
    run(engine, Papers((record("2609.1", 6),)))
    later = NOW + timedelta(days=5)
    collect(engine, Said(Papers((record("2609.1", 40),))), now=later, days=[later.date()])
    with read_only(engine) as session:
        both = listings.of_papers(session, ["2609.1"])
    assert [(listing.day, listing.arrival, listing.upvotes) for listing in both] == [
        (DAY, 1, 6),
        (later.date(), 2, 40),
    ]


def test_votes_that_move_are_observed(engine: Engine) -> None:
    for hours, upvotes in enumerate((3, 3, 8)):
        run(engine, Papers((record("2609.1", upvotes),)), now=NOW + timedelta(hours=hours))
    with read_only(engine) as session:
        seen = observations.history(session, ["2609.1"])["2609.1"]
    assert [(one.observed_at - NOW, one.upvotes) for one in seen] == [
        (timedelta(0), 3),
        (timedelta(hours=2), 8),
    ]


def test_a_count_that_is_not_named_stays(engine: Engine) -> None:
    run(engine, Papers((record("2609.1", 8),)))
    run(engine, Papers((record("2609.1", None),)))
    with read_only(engine) as session:
        assert listings.of_day(session, DAY)[0].upvotes == 8


def test_a_backfill_is_silent_but_makes_nothing_known_silent(engine: Engine) -> None:
    run(engine, Papers((record("2609.1"),)))
    again = Said(Papers((record("2609.1"), record("2609.2"))))
    read_and_store(engine, again, DAY, now=NOW, silent=True)
    with read_only(engine) as session:
        assert {one.paper_id: one.silent for one in listings.of_day(session, DAY)} == {
            "2609.1": False,
            "2609.2": True,
        }


def test_an_empty_day_is_stored_as_such(engine: Engine) -> None:
    day = run(engine, EmptyDay())
    assert (day.state, day.listed, day.first_read_at, day.reason) == (DayState.OPEN, 0, NOW, "")


def test_a_redirect_is_no_papers_that_day(engine: Engine) -> None:
    day = run(engine, Redirected(date(2026, 9, 25)), now=NOW + timedelta(days=4))
    assert (day.state, day.listed, day.failures) == (DayState.SETTLED, 0, 0)
    assert day.reason == "no page of its own: it leads to 2026-09-25"


@pytest.mark.parametrize("outcome", [EmptyDay(), Redirected(date(2026, 9, 25))])
def test_a_day_with_papers_that_seems_empty_is_not_believed(engine: Engine, outcome: Outcome) -> None:
    run(engine, Papers((record(),)))
    day = run(engine, outcome, now=NOW + timedelta(hours=1))
    assert stored(engine) == (["2609.00010"], 1)
    assert (day.state, day.listed, day.failures, day.last_read_at) == (DayState.OPEN, 1, 1, NOW)
    assert day.reason


@pytest.mark.parametrize("outcome", [Failed("it broke"), NoElement("a challenge")])
def test_a_failure_changes_nothing_but_the_ledger(engine: Engine, outcome: Outcome) -> None:
    day = run(engine, outcome)
    assert (day.state, day.failures, day.first_read_at, day.tried_at) == (DayState.FAILED, 1, None, NOW)
    assert day.reason in {"it broke", "a challenge"}
    assert stored(engine) == ([], 0)
    assert run(engine, outcome).failures == 2


@pytest.mark.parametrize(
    "outcome", [Failed("it broke"), NoElement("a challenge"), EmptyDay(), Redirected(date(2026, 9, 25))]
)
def test_whatever_was_read_waits_for_another_collector_and_takes_nothing_from_it(
    postgres_url: str, outcome: Outcome
) -> None:
    engine = open_engine(postgres_url)
    found = Reading(DAY, Papers((record(),)), Tier.API)
    with ThreadPoolExecutor(1) as pool:
        with transaction(engine) as session:
            store_reading(session, found, now=NOW, silent=False)
            late = pool.submit(run, engine, outcome, now=NOW + timedelta(seconds=1))
            wait_for(lambda: waits_for_a_lock(engine))
        day = late.result(60)
    assert (day.state, day.listed, day.first_read_at) == (DayState.OPEN, 1, NOW)
    with read_only(engine) as session:
        assert days.load(session, DAY) == day
    assert stored(engine) == (["2609.00010"], 1)
    engine.dispose()


def waits_for_a_lock(engine: Engine) -> bool:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with read_only(engine) as session:
        return bool(session.scalar(text(waiting)))


def test_a_failure_after_a_success_keeps_the_days_state_and_papers(engine: Engine) -> None:
    run(engine, Papers((record(),)))
    day = run(engine, Failed("it broke"), now=NOW + timedelta(hours=1))
    assert (day.state, day.listed, day.reason, day.last_read_at) == (DayState.OPEN, 1, "it broke", NOW)
    assert stored(engine) == (["2609.00010"], 1)


def test_a_success_after_a_failure_clears_it(engine: Engine) -> None:
    run(engine, Failed("it broke"))
    day = run(engine, Papers((record(),)))
    assert (day.state, day.failures, day.reason, day.notes) == (DayState.OPEN, 0, "", ())


def test_cards_are_completed_later_and_the_earlier_revision_is_kept(engine: Engine) -> None:
    run(engine, Papers((record(abstract="", authors=(), complete=False),)))
    run(engine, Papers((record(),)))
    with read_only(engine) as session:
        now = papers.load(session, ["2609.00010"])["2609.00010"]
        before = papers.at_revision(session, [("2609.00010", 1)])["2609.00010", 1]
    assert (now.complete, now.abstract, now.revision) == (True, "An abstract.", 2)
    assert (before.complete, before.abstract, before.revision) == (False, "", 1)


def test_cards_take_nothing_away_from_a_complete_paper(engine: Engine) -> None:
    run(engine, Papers((record(),)))
    run(engine, Papers((record(title="Shor…", abstract="", authors=(), complete=False, code_stars=5),)))
    with read_only(engine) as session:
        paper = papers.load(session, ["2609.00010"])["2609.00010"]
    assert paper == replace(record().paper, code_stars=5)


def test_when_the_source_asks_to_wait_the_rest_is_postponed(engine: Engine) -> None:
    source = Said(Papers((record(),)), Failed("slow down", retry_at=NOW + timedelta(minutes=5)))
    wanted = [DAY - timedelta(days=number) for number in range(4)]
    report = collect(engine, source, now=NOW, days=wanted)
    assert len(source.asked) == 2
    assert report.postponed == tuple(wanted[2:])
    assert report.days[1].day.failures == 0


def test_told_to_stop_it_finishes_the_day_and_postpones_the_rest(engine: Engine) -> None:
    source = Said(EmptyDay())
    wanted = [DAY - timedelta(days=number) for number in range(4)]
    report = collect(engine, source, now=NOW, days=wanted, stop=lambda: len(source.asked) == 2)
    assert [one.day.day for one in report.days] == wanted[:2]
    assert report.postponed == tuple(wanted[2:])


def test_one_bad_day_does_not_stop_the_others(engine: Engine) -> None:
    source = Said(Failed("it broke"), Papers((record(),)))
    report = collect(engine, source, now=NOW, days=[DAY, DAY - timedelta(days=3)])
    assert [one.stored for one in report.days] == [False, True]
    assert (report.added, len(report.failed)) == (1, 1)


def test_a_source_that_cannot_be_reached_is_left_alone_after_a_few_days(engine: Engine) -> None:
    source = Said(Failed("the connection was refused"))
    report = collect(engine, source, now=NOW, settings=Collecting(look_back=14))
    span = [DAY - timedelta(days=age) for age in range(15)]
    assert source.asked == span[:3]
    assert (report.untried, report.postponed) == (tuple(span[3:]), ())
    with read_only(engine) as session:
        known = [day.day for day in days.ledger(session, span[-1], span[0])]
        assert days.last_success(session) is None
    assert sorted(known) == sorted(span[:3]), "what was not tried has no row: it stays due"


def test_what_was_not_tried_is_read_as_soon_as_the_source_is_back(engine: Engine) -> None:
    away = Said(Failed("the connection was refused"))
    untried = collect(engine, away, now=NOW, settings=Collecting(look_back=6)).untried
    assert len(untried) == 4
    back = Said(EmptyDay())
    report = collect(engine, back, now=NOW + timedelta(minutes=20), settings=Collecting(look_back=6))
    assert set(untried) <= set(back.asked)
    assert (len(report.days), report.untried) == (7, ())


@pytest.mark.parametrize("answer", [EmptyDay(), NoElement("a challenge stands in the place of the papers")])
def test_an_answer_in_between_says_that_the_source_is_there(engine: Engine, answer: Outcome) -> None:
    away = Failed("the connection was refused")
    source = Said(*[away] * (MOST_UNANSWERED - 1), answer, *[away] * (MOST_UNANSWERED - 1), answer)
    wanted = [DAY - timedelta(days=age) for age in range(2 * MOST_UNANSWERED)]
    report = collect(engine, source, now=NOW, days=wanted)
    assert (source.asked, report.untried) == (wanted, ())


def test_a_few_days_that_fail_and_none_left_leave_nothing_untried(engine: Engine) -> None:
    wanted = [DAY - timedelta(days=age) for age in range(MOST_UNANSWERED)]
    report = collect(engine, Said(Failed("it broke")), now=NOW, days=wanted)
    assert (len(report.failed), report.untried, report.postponed) == (MOST_UNANSWERED, (), ())


def test_a_first_run_reads_the_whole_look_back_and_the_next_only_what_is_due(engine: Engine) -> None:
    source = Said(EmptyDay())
    collect(engine, source, now=NOW, settings=Collecting(look_back=3))
    assert source.asked == [DAY - timedelta(days=age) for age in range(4)]
    source.asked.clear()
    collect(engine, source, now=NOW + timedelta(minutes=30), settings=Collecting(look_back=3))
    assert source.asked == [DAY, DAY - timedelta(days=1)]


def test_raw_answers_are_kept_only_if_wished(engine: Engine) -> None:
    collect(engine, Said(EmptyDay()), now=NOW, days=[DAY], settings=Collecting(keep_raw=False))
    with read_only(engine) as session:
        assert raw_answers.of_day(session, DAY) == []
