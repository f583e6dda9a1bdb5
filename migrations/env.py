"""Alembic's entry: migrates the engine it is handed, one process at a time.

Foreign keys are off during a SQLite migration: batch mode drops and copies tables, and with
them on it would silently delete the rows that cascade. They are checked before the commit. A copied
table numbers its rows from the largest one there is; its own count is put back, because numbers
of erased rows stand in links and must not come back.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, Engine, text

from digest.store.schema import Base

LOCK = 7_203_516  # any number, the same for every replica: an advisory lock on Postgres


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def on_sqlite(engine: Engine) -> None:
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():  # BEGIN IMMEDIATE: a second process waits here
                given = numbers_given(connection)
                migrate(connection)
                put_back(connection, given)
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise RuntimeError(f"the migration breaks {len(broken)} references; nothing was changed")
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


def numbers_given(connection: Connection) -> dict[str, int]:
    """The last number each AUTOINCREMENT table gave to a row, erased or not."""
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").first():
        return {}
    rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
    return {str(row.name): int(row.seq) for row in rows}


def put_back(connection: Connection, given: dict[str, int]) -> None:
    """Let no table give a number again; tables that are gone or count no longer are left out."""
    counting = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    now = numbers_given(connection)
    for name in connection.exec_driver_sql(counting).scalars().all():
        if given.get(name, 0) > now.get(name, 0):
            connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            connection.exec_driver_sql("INSERT INTO sqlite_sequence VALUES (?, ?)", (name, given[name]))


def on_postgres(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        migrate(connection)


def run() -> None:
    engine = context.config.attributes["engine"]
    if engine.dialect.name == "sqlite":
        on_sqlite(engine)
    else:
        on_postgres(engine)


run()
