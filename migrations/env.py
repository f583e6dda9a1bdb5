"""Alembic's entry: migrates the engine it is handed, one process at a time.

Foreign keys are off during a SQLite migration: batch mode drops and copies tables, and with
them on it would silently delete the rows that cascade. They are checked before the commit.
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
                migrate(connection)
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise RuntimeError(f"the migration breaks {len(broken)} references; nothing was changed")
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


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
