"""The hot queries use their indexes: at size no step reads a whole table that grows.

A store of 20,000 subscribers with a digest and a delivery each is asked what every run of the daemon
asks; the plans of the very statements that were sent must not scan a growing table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert, text, update
from sqlalchemy.orm import Session

from digest.model import ChannelName, DeliveryState, Ruling
from digest.ranking.language import parse_profile
from digest.store import claims, deliveries, digests, profiles, retention, subscribers
from digest.store.claims import Claim
from digest.store.database import open_engine, transaction
from digest.store.schema import EntryRow, ProfileRow, SubscriberRow
from tests.store import outbox

MANY = 20_000
LEASE = timedelta(minutes=20)
GROWING = ("deliveries", "digests", "entries", "subscribers", "profiles", "attempts")
CLAIM = Claim("a-token", LEASE, "example.org", "email-1")
LATER = outbox.NOW + timedelta(minutes=1)
SENT = Ruling(DeliveryState.SENT, None, 1, 0, 0)
Ask = Callable[[Session, list[int]], object]

QUESTIONS: dict[str, Ask] = {
    "who is due": lambda s, _: subscribers.due(s, LATER, limit=100),
    "wake who paused": lambda s, _: subscribers.wake(s, LATER),
    "profiles of a batch": lambda s, ids: profiles.of_subscribers(s, ids, parse_profile),
    "what was shown": lambda s, ids: digests.shown(s, ids, ["2603.00001", "2603.00002"]),
    "digests of a batch": lambda s, ids: digests.load(s, ids),
    "digests of one": lambda s, ids: digests.of_subscriber(s, ids[0]),
    "merge the unsent": lambda s, ids: deliveries.merge(s, ids, now=LATER),
    "claim": lambda s, _: claims.claim(s, ChannelName.EMAIL, CLAIM, limit=100, now=LATER),
    "claim what a job names": lambda s, ids: claims.claim(
        s, ChannelName.EMAIL, CLAIM, limit=100, now=LATER, only=ids
    ),
    "gate": lambda s, ids: claims.gate(s, "a-token", dict.fromkeys(ids, "f"), lease=LEASE),
    "record": lambda s, ids: claims.record(s, "a-token", dict.fromkeys(ids, SENT), worker="w", now=LATER),
    "release": lambda s, ids: claims.release(s, "a-token", ids, now=LATER),
    "expired leases": lambda s, _: claims.expired(s, channels=[ChannelName.EMAIL], limit=100),
    "old digests": lambda s, _: retention.forget_digests(s, before=LATER, portion=100),
    "old digests, the next page": lambda s, _: retention.forget_digests(
        s, before=LATER, after=(LATER, 1), portion=100
    ),
    "those in trouble": lambda s, _: deliveries.listed(s, states=[DeliveryState.UNKNOWN]),
}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def large(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Any
) -> Iterator[Engine]:
    """A store with many subscribers, made once for all questions."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("large") / "store.sqlite3"
        path.write_bytes(sqlite_template.read_bytes())
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("large_postgres_url")
    engine = open_engine(url)
    fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def large_postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    outer = open_engine(postgres_server)
    with outer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE digest_large TEMPLATE {postgres_template}"))
    yield postgres_server.replace("/postgres?", "/digest_large?")
    with outer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE digest_large WITH (FORCE)"))
    outer.dispose()


def fill(engine: Engine) -> None:
    numbers = outbox.subscribe(engine, MANY)
    outbox.plan(engine, numbers)
    with transaction(engine) as session:
        texts = {"position": 0, "name": "main", "text": "diffusion", "learning": True}
        session.execute(
            insert(ProfileRow),
            [texts | {"subscriber_id": number, "changed_at": outbox.NOW} for number in numbers],
        )
        shown = {"paper_id": "2603.00001", "rising": False}
        session.execute(
            insert(EntryRow), [shown | {"subscriber_id": n, "digest_id": n} for n in range(1, MANY + 1)]
        )
        # a day later all but a few are sent and wait for tomorrow, as most of the year
        session.execute(text("UPDATE deliveries SET state = 'sent', next_attempt_at = NULL WHERE id > 500"))
        session.execute(update(SubscriberRow).values(next_due_at=outbox.NOW + timedelta(days=1)))
    outbox.analyze(engine)


@contextmanager
def heard(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """What is sent to the database meanwhile."""
    told: list[tuple[str, Any]] = []

    def listen(_c: Connection, _cursor: Any, statement: str, values: Any, _x: Any, _m: bool) -> None:
        if statement.split(None, 1)[0] in {"SELECT", "UPDATE", "INSERT", "DELETE", "WITH"}:
            told.append((statement, values))

    event.listen(engine, "before_cursor_execute", listen)
    yield told
    event.remove(engine, "before_cursor_execute", listen)


def plan(session: Session, statement: str, values: Any) -> list[str]:
    """The lines of a statement's plan."""
    prefix = "EXPLAIN QUERY PLAN " if is_sqlite(session) else "EXPLAIN "
    rows = session.connection().exec_driver_sql(prefix + statement, values).all()
    return [str(row[-1]) for row in rows]


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def scans(session: Session, statement: str, values: Any) -> list[str]:
    """The lines of a statement's plan that read a whole growing table."""
    mark = "SCAN " if is_sqlite(session) else "Seq Scan on "
    return [
        line
        for line in plan(session, statement, values)
        if any(f"{mark}{table}" in line for table in GROWING) and "USING" not in line
    ]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_hot_query_reads_no_growing_table_whole(large: Engine, question: str) -> None:
    ids = list(range(101, 201))
    with transaction(large) as session:
        with heard(large) as told:
            QUESTIONS[question](session, ids)
        assert told
        for statement, values in told:
            assert scans(session, statement, values) == [], statement
        session.rollback()


def test_who_is_due_at_the_same_moment_is_not_sorted_anew_for_each_batch(large: Engine) -> None:
    """All 20,000 are due at once, as where everybody reads at the default hour."""
    later = LATER + timedelta(days=1)
    with transaction(large) as session:
        first = subscribers.due(session, later, limit=100)
        with heard(large) as told:
            following = subscribers.due(session, later, after=first[-1], limit=100)
        assert [one.id for one in following] == [one.id + 100 for one in first]
        mark = "TEMP B-TREE" if is_sqlite(session) else "Sort"
        assert not any(mark in line for asked in told for line in plan(session, *asked))
        session.rollback()


def test_a_query_without_an_index_would_be_noticed(large: Engine) -> None:
    with transaction(large) as session:
        assert scans(session, "SELECT id FROM deliveries WHERE fingerprint = 'x'", ())


def test_one_more_day_is_no_longer_work_than_the_last(large: Engine) -> None:
    """Digests of another slot are added beside those that are there: nothing rereads them."""
    with transaction(large) as session:
        with heard(large) as told:
            outbox_slot = date(2026, 3, 3)
            deliveries.plan(
                session,
                [deliveries.Planned(1, 1, ChannelName.EMAIL, "a@example.org", outbox_slot)],
                now=LATER,
            )
        for statement, values in told:
            assert scans(session, statement, values) == [], statement
        session.rollback()
