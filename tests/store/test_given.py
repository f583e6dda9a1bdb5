"""Rows given as one parameter arrive as they left, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import StatementError

from digest.store.database import reading, transaction
from digest.store.given import insert_all, table_of
from digest.store.schema import DigestRow, ListingRow, PaperRow, SubscriberRow
from tests.store import outbox

AT = datetime(2026, 3, 2, 7, 30, 15, 123456, tzinfo=UTC)
TEXTS = ["", "plain", "“quoted” ‘too’", 'a "double" quote', "a\nbreak", "naïve 🤖", "back\\slash", "null"]


def digest(subscriber_id: int, **others: object) -> dict[str, object]:
    return {
        "subscriber_id": subscriber_id,
        "slot": date(2026, 3, 2),
        "kind": "daily",
        "sheet": {"form": 1, "texts": TEXTS, "number": 2.5, "nothing": None},
        "arrival_from": None,
        "arrival_to": 2**40,
        "covered_from": AT,
        **others,
    }


def test_every_type_comes_back_as_it_was_given(engine: Engine) -> None:
    (number,) = outbox.subscribe(engine, 1)
    with transaction(engine) as session:
        session.execute(insert_all(session, DigestRow, [digest(number)], {"created_at": AT}))
    with reading(engine) as session:
        row = session.scalars(select(DigestRow)).one()
    assert row.slot == date(2026, 3, 2)
    assert row.sheet == digest(number)["sheet"]
    assert (row.arrival_from, row.arrival_to) == (None, 2**40)
    assert (row.covered_from, row.created_at) == (AT, AT)


def test_a_moment_in_another_zone_is_stored_as_the_same_moment(engine: Engine) -> None:
    (number,) = outbox.subscribe(engine, 1)
    there = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    with transaction(engine) as session:
        given = [digest(number, covered_from=there)]
        session.execute(insert_all(session, DigestRow, given, {"created_at": there}))
        row = session.scalars(select(DigestRow)).one()
        assert (row.covered_from, row.created_at) == (AT, AT)


def test_what_is_there_already_stays_and_is_not_named(engine: Engine) -> None:
    first, second = outbox.subscribe(engine, 2)
    with transaction(engine) as session:
        session.execute(insert_all(session, DigestRow, [digest(first)], {"created_at": AT}))
    with transaction(engine) as session:
        both = insert_all(session, DigestRow, [digest(first), digest(second)], {"created_at": AT})
        assert session.scalars(both.returning(DigestRow.subscriber_id)).all() == [second]


def test_given_rows_can_be_joined_with(engine: Engine) -> None:
    numbers = outbox.subscribe(engine, 3)
    with reading(engine) as session:
        rows = [{"id": number, "send_at": time(number % 24, 5)} for number in numbers]
        given = table_of(session, SubscriberRow, [{"id": row["id"], "state": "paused"} for row in rows])
        question = select(SubscriberRow.id, given.c.state).join(given, given.c.id == SubscriberRow.id)
        assert {tuple(row) for row in session.execute(question)} == {(n, "paused") for n in numbers}


def test_booleans_and_hostile_texts_survive(engine: Engine) -> None:
    with transaction(engine) as session:
        ids = [f"2603.{place:05}" for place, _ in enumerate(TEXTS)]
        session.execute(insert(PaperRow), [_paper(paper_id) for paper_id in ids])
        rows = [_listing(paper_id, silent=place % 2 == 0) for place, paper_id in enumerate(ids)]
        session.execute(insert_all(session, ListingRow, rows, {"day": date(2026, 3, 2), "first_seen_at": AT}))
        rows_read = session.execute(select(ListingRow.paper_id, ListingRow.silent))
        found = {row.paper_id: row.silent for row in rows_read}
    assert found == {paper_id: place % 2 == 0 for place, paper_id in enumerate(ids)}


def test_a_value_without_a_form_in_json_is_refused(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as session, pytest.raises(TypeError, match="Session"):
        table_of(session, SubscriberRow, [{"id": session}])


def _paper(paper_id: str) -> dict[str, object]:
    texts = dict.fromkeys(("title", "abstract", "source_title", "source_abstract"), "x")
    more = dict.fromkeys(("short_summary", "project_url", "code_url"), "")
    return {
        "id": paper_id,
        "revision": 1,
        **texts,
        **more,
        "authors": [],
        "source_keywords": [],
        "complete": True,
        "seen": "",
        "first_seen_at": AT,
        "changed_at": AT,
    }


def _listing(paper_id: str, *, silent: bool) -> dict[str, object]:
    counts = dict.fromkeys(("position", "upvotes", "comments", "arrival"), 1)
    return {"paper_id": paper_id, **counts, "silent": silent, "last_seen_at": AT}


def test_given_rows_are_never_sent_a_second_time_as_nothing(engine: Engine) -> None:
    """They are let go when they are sent: a statement that is used again must not pass for an empty one."""
    (number,) = outbox.subscribe(engine, 1)
    with transaction(engine) as session:
        given = insert_all(session, DigestRow, [digest(number)], {"created_at": AT})
        session.execute(given)
        session.execute(delete(DigestRow))
        with pytest.raises((StatementError, IndexError)):
            session.execute(given)
