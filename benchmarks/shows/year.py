"""A year of digests put into the store by SQL: its size, which queries stay quick, what retention costs.

``python -m benchmarks.shows.year SUBSCRIBERS --days 365 [--sqlite] [--within FOLDER]``. A thousand people
are really prepared and delivered once; their rows are then copied for every other thousand and every further
day, with other numbers, dates and papers, so that each row is as long as a real one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Date, Engine, text

from benchmarks import crowd, house, material
from benchmarks.shows.server import SETTINGS, postgres
from benchmarks.sinks import sink
from benchmarks.stores import sqlite
from digest.config import RetentionSettings
from digest.pipeline.tidying import tidy_deliveries
from digest.store.database import open_engine, transaction
from digest.store.migrating import upgrade
from digest.store.schema import AttemptRow, Base, DeliveryRow, DigestRow, EntryRow
from digest.store.types import UtcDateTime
from tests.store.test_plans import LATER, QUESTIONS, heard, scans

SEED = 1_000
"""Subscribers whose day is real."""
IN_HAND = 500
"""Subscribers due and deliveries waiting when the queries are asked."""
TABLES: tuple[type[Base], ...] = (DigestRow, DeliveryRow, EntryRow, AttemptRow)
HASTY = SETTINGS | {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "maintenance_work_mem": "512MB",
}
"""What is filled here may be lost: only its size and its plans are wanted."""


def main() -> None:
    given = _arguments()
    with _sqlite(given.within) if given.sqlite else _postgres(given.within) as engine, sink() as mails:
        begun = time.perf_counter()
        fill(engine, mails.port, given.subscribers, given.days)
        print(f"filled in {time.perf_counter() - begun:.0f} s", flush=True)
        print(sizes(engine, given.subscribers, given.days), flush=True)
        _something_to_do(engine)
        print(asked(engine), flush=True)
        print(forgotten(engine, given.days), flush=True)


@contextmanager
def _sqlite(within: Path | None) -> Iterator[Engine]:
    with sqlite(within) as engine:
        yield engine


@contextmanager
def _postgres(within: Path | None) -> Iterator[Engine]:
    with postgres(settings=HASTY, within=within) as server:
        engine = open_engine(server.url)
        upgrade(engine)
        yield engine
        engine.dispose()


# --- filling ---------------------------------------------------------------------------------


def fill(engine: Engine, port: int, subscribers: int, days: int) -> None:
    """A real day for the first thousand, then everybody's days after it."""
    house.furnish(engine, SEED)
    house.prepare_all(engine, port)
    house.deliver_all(engine, port)
    if subscribers > SEED:
        crowd.subscribe(engine, subscribers - SEED, start=SEED + 1)
    words = _Words(engine.dialect.name == "sqlite", subscribers)
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        for statement in words.careless:
            raw.execute(
                statement
            )  # before SQLAlchemy begins: SQLite hears some of it outside transactions only
        raw.commit()
        connection.execute(text("CREATE TABLE copies (c integer)"))
        many = [{"c": number} for number in range(subscribers // SEED)]
        connection.execute(text("INSERT INTO copies VALUES (:c)"), many)
        connection.commit()
        for day in range(1, days):
            for table in TABLES:
                connection.execute(text(words.copy(table)), {"k": day})
            connection.commit()
        connection.execute(text("DROP TABLE copies"))
        connection.commit()
    _settle(engine)


@dataclass(frozen=True, slots=True)
class _Words:
    """The same copying in the words of both databases."""

    sqlite: bool
    subscribers: int

    @property
    def careless(self) -> tuple[str, ...]:
        """No foreign keys checked, no waiting for the disk."""
        if self.sqlite:
            return ("PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF")
        return ("SET session_replication_role = replica",)

    def copy(self, table: type[Base]) -> str:
        """Copy the rows of the real day to day ``:k``, for every thousand."""
        columns = table.__table__.c
        values = ", ".join(self._value(column.name, column.type) for column in columns)
        names = ", ".join(f'"{column.name}"' for column in columns)
        of_seed = "digest_id" if table is EntryRow else "id"
        source = f"{table.__tablename__} s, copies WHERE s.{of_seed} <= {SEED}"
        return f"INSERT INTO {table.__tablename__} ({names}) SELECT {values} FROM {source}"

    def _value(self, name: str, kind: object) -> str:
        column = f's."{name}"'
        if name in {"id", "digest_id", "delivery_id"}:
            return f"{column} + {SEED} * c + {self.subscribers} * :k"
        if name == "subscriber_id":
            return f"{column} + {SEED} * c"
        if name == "paper_id":
            return self._paper(column)
        if isinstance(kind, Date):
            return f"date({column}, :k || ' days')" if self.sqlite else f"{column} + CAST(:k AS integer)"
        if isinstance(kind, UtcDateTime):
            later = f"strftime('%Y-%m-%d %H:%M:%f000', {column}, :k || ' days')"
            return later if self.sqlite else f"{column} + CAST(:k AS integer) * interval '1 day'"
        return column

    def _paper(self, column: str) -> str:
        """Another paper: that many days later as it takes for no two copies to meet."""
        if self.sqlite:
            year, month, day = (f"substr({column}, {place}, 2)" for place in (1, 3, 6))
            first = f"'20' || {year} || '-' || {month} || '-' || {day}"
            moved = f"substr(strftime('%Y%m.%d', {first}, (:k * {house.DAYS}) || ' days'), 3)"
        else:
            first = f"to_date(substr({column}, 1, 7), 'YYMM.DD')"
            moved = f"to_char({first} + CAST(:k AS integer) * {house.DAYS}, 'YYMM.DD')"
        return f"{moved} || substr({column}, 8)"


def _settle(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE")


def _something_to_do(engine: Engine) -> None:
    """All is sent and nobody is due but a few, as at most moments of the year."""
    with transaction(engine) as session:
        ready = {"at": LATER - timedelta(minutes=1), "late": LATER + timedelta(days=1)}
        if engine.dialect.name == "sqlite":
            ready = {name: moment.replace(tzinfo=None) for name, moment in ready.items()}
        session.execute(
            text(
                "UPDATE deliveries SET state = 'planned', next_attempt_at = :at WHERE id > "
                f"(SELECT max(id) FROM deliveries) - {IN_HAND}"
            ),
            {"at": ready["at"]},
        )
        session.execute(
            text(f"UPDATE subscribers SET next_due_at = CASE WHEN id <= {IN_HAND} THEN :at ELSE :late END"),
            ready,
        )
    _settle(engine)


# --- looking ---------------------------------------------------------------------------------


def sizes(engine: Engine, subscribers: int, days: int) -> str:
    """Rows and bytes of each table that grows, with its indexes."""
    lines = ["| table | rows | MB | of it indexes | bytes a row |", "|---|---|---|---|---|"]
    with engine.connect() as connection:
        for table in (*TABLES, None):
            name = table.__tablename__ if table else "subscribers"
            rows = connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            whole, indexes = _bytes(connection, name)
            each = whole / max(rows, 1)
            lines.append(f"| {name} | {rows:,} | {whole / 1e6:,.0f} | {indexes / 1e6:,.0f} | {each:,.0f} |")
    return "\n".join((f"{subscribers:,} subscribers, {days} days, {engine.dialect.name}:", *lines))


def _bytes(connection: Connection, table: str) -> tuple[int, int]:
    if connection.dialect.name == "sqlite":
        names = "SELECT name FROM sqlite_schema WHERE tbl_name = :table AND type = '{}'"
        whole, indexes = (
            connection.execute(
                text(f"SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN ({names.format(kind)})"),
                {"table": table},
            ).scalar_one()
            for kind in ("table", "index")
        )
        return int(whole + indexes), int(indexes)
    question = text("SELECT pg_total_relation_size(:table), pg_indexes_size(:table)")
    row = connection.execute(question, {"table": table}).one()
    return int(row[0]), int(row[1])


def asked(engine: Engine) -> str:
    """Milliseconds of each hot question (the second asking of two), and tables it reads whole."""
    lines = ["| question | ms | reads whole |", "|---|---|---|"]
    with engine.connect() as connection:
        last = connection.execute(text("SELECT max(id) FROM deliveries")).scalar_one()
    ids = list(range(last - 99, last + 1))
    for name, ask in QUESTIONS.items():
        with transaction(engine) as session, heard(engine) as told:
            ask(session, ids)
            session.rollback()
        with transaction(engine) as session:
            begun = time.perf_counter()
            ask(session, ids)
            took = (time.perf_counter() - begun) * 1000
            found = [line.strip() for statement, values in told for line in scans(session, statement, values)]
            session.rollback()
        lines.append(f"| {name} | {took:.1f} | {'; '.join(found) or 'none'} |")
    return "\n".join(lines)


def forgotten(engine: Engine, days: int) -> str:
    """What it costs to let the oldest day go, as happens daily once the year is full."""
    newest = material.DAY + timedelta(days=days - 1)
    keep = RetentionSettings(digests_days=max(days - 3, 60), attempts_days=days)
    now = material.NOW + timedelta(days=days - 1)
    lines = []
    for again in ("that day", "again"):
        begun = time.perf_counter()
        gone = tidy_deliveries(engine, keep, now=now)
        lines.append(f"{again}: {time.perf_counter() - begun:.1f} s, gone: {gone}")
    return "\n".join((f"retention of {keep.digests_days} days at {date.isoformat(newest)}:", *lines))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shows.year")
    parser.add_argument("subscribers", type=int, help=f"a multiple of {SEED:,}")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--sqlite", action="store_true", help="a SQLite file instead of a Postgres server")
    parser.add_argument("--within", type=Path, help="folder with room for it (5 kB a subscriber and day)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
