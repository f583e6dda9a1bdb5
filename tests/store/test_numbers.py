"""Numbers that links name are given once: over an erasure, a copy to another database, a restored backup."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from digest.store import numbers
from digest.store.copying import copy
from digest.store.database import open_engine, reading, transaction
from digest.subscriptions import erase
from tests.keys import KEYS
from tests.store.outbox import NOW, fill, subscribe


def newest_erased(engine: Engine) -> int:
    """The number of the newest subscriber, who is erased."""
    number = subscribe(engine, 3)[-1]
    with transaction(engine) as session:
        erase(session, number, KEYS, NOW)
    return number


def test_the_last_number_is_known_though_its_row_is_erased(engine: Engine) -> None:
    with reading(engine) as session:
        assert set(numbers.last_given(session).values()) == {0}
    gone = newest_erased(engine)
    with reading(engine) as session:
        assert numbers.last_given(session)["subscribers"] == gone


@pytest.mark.parametrize("way", ["to Postgres", "to SQLite"])
def test_a_copy_does_not_give_the_number_of_the_erased_again(
    sqlite_url: str, postgres_url: str, way: str
) -> None:
    engines = open_engine(sqlite_url), open_engine(postgres_url)
    source, target = engines if way == "to Postgres" else engines[::-1]
    gone = newest_erased(source)
    copy(source, target)
    assert subscribe(target, 1) == [gone + 1]
    for engine in engines:
        engine.dispose()


def test_a_bounce_of_the_erased_does_not_name_anothers_delivery(engine: Engine) -> None:
    """On SQLite the number came back: whose mail bounced, suspended whoever got a mail next."""
    gone = fill(engine, 1)
    with transaction(engine) as session:
        erase(session, 1, KEYS, NOW)
    assert set(fill(engine, 2)).isdisjoint(gone)


def test_after_a_leap_numbers_lie_beyond_all_that_may_have_been_given(engine: Engine) -> None:
    before = subscribe(engine, 2)[-1]
    with transaction(engine) as session:
        numbers.leap(session)
    [after] = subscribe(engine, 1)
    assert after == before + numbers.LEAP + 1
