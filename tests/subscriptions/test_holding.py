"""What is held on a person: handed out in full, erased in one go."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Column, Engine, insert, text

from digest.errors import NotFound
from digest.model import FeedbackVerdict
from digest.store import sign_ups, suppressions
from digest.store.database import reading, transaction
from digest.store.schema import Base
from digest.store.sign_ups import Outcome
from digest.store.types import UtcDateTime
from digest.subscriptions import erase, export, give_feedback, take_back
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import Keys, keyed_hash
from tests.subscriptions.conftest import NOW, Subscribe

KEYS = Keys((b"a secret key for tests only",))


def fill(engine: Engine, number: int) -> set[str]:
    """Leave a row in every table that names the subscriber, directly or by another; the tables' names."""
    parents: dict[str, int] = {"subscribers": number}
    with transaction(engine) as session:
        for table in Base.metadata.sorted_tables:
            leads = any(_parent(column) in parents for column in table.c)
            if table.name == "subscribers" or not (leads or "subscriber_id" in table.c):
                continue
            row = {
                column.name: _content(column, parents, number)
                for column in table.c
                if not (column.autoincrement is True or (column.name == "id" and column.primary_key))
            }
            if "id" in table.c:
                statement = insert(table).values(row).returning(table.c.id)
                parents[table.name] = session.execute(statement).scalar_one()
            else:
                session.execute(insert(table).values(row))
                parents[table.name] = number
    return set(parents)


def _parent(column: Column[Any]) -> str:
    return next((key.column.table.name for key in column.foreign_keys), "")


def _content(column: Column[Any], parents: dict[str, int], number: int) -> object:
    if column.name == "subscriber_id":
        return number
    if _parent(column) in parents:
        return parents[_parent(column)]
    if isinstance(column.type, UtcDateTime):
        return NOW
    kinds: dict[type, object] = {
        date: NOW.date(),
        bool: False,
        int: 1,
        float: 1.0,
        str: "x",
        bytes: b"x",
        object: {},  # JSON
    }
    return kinds[column.type.python_type]


def rows(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return {
            name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in Base.metadata.tables
        }


def test_the_export_holds_every_table_that_names_the_person_and_nobody_else(
    engine: Engine, join: Subscribe
) -> None:
    ada, eve = join(), join(address="eve@example.org")
    filled = fill(engine, ada.id)
    fill(engine, eve.id)
    with reading(engine) as session:
        found = export(session, ada.id)
    assert {"profiles", "weights", "feedback", "saved", "entries", "deliveries", "attempts"} <= filled
    assert {name for name, lines in found.items() if lines} == filled
    assert [len(found[name]) for name in ("subscribers", "profiles", "weights")] == [1, 2, 1]
    assert found["subscribers"][0]["address"] == "ada@example.org"
    assert found["subscribers"][0]["weekdays"] == [0, 1, 2, 3, 4, 5, 6]
    assert found["weights"][0]["term"] == "x"
    assert "eve@example.org" not in str(found)


def test_erasing_leaves_no_row_of_the_person_and_all_of_the_others(engine: Engine, join: Subscribe) -> None:
    eve = join(address="eve@example.org")
    fill(engine, eve.id)
    before = rows(engine)
    ada = join()
    fill(engine, ada.id)
    with transaction(engine) as session:
        sign_ups.record(session, keyed_hash(KEYS, ADDRESS, ada.address), "home", Outcome.MAILED, NOW)
        erase(session, ada.id, KEYS, NOW)
    assert rows(engine) == before
    with transaction(engine) as session, pytest.raises(NotFound):
        export(session, ada.id)


def test_never_again_leaves_a_hash_and_nothing_readable(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        erase(session, ada.id, KEYS, NOW, never_again=True)
        fingerprint = keyed_hash(KEYS, ADDRESS, ada.address)
        assert suppressions.reason(session, ada.channel, fingerprint)
    found = rows(engine)
    assert {name for name, number in found.items() if number} <= {"suppressions", "counters"}


def test_a_word_on_a_paper_is_kept_and_taken_back(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        give_feedback(session, ada.id, "2503.02130", FeedbackVerdict.LESS, NOW)
        assert export(session, ada.id)["feedback"][0]["verdict"] == "less"
        assert take_back(session, ada.id, "2503.02130")
        assert not take_back(session, ada.id, "2503.02130")
        with pytest.raises(NotFound):
            give_feedback(session, 999, "2503.02130", FeedbackVerdict.LESS, NOW)
