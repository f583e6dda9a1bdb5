"""Opening the database: engine, transactions, schema check. SQLite and Postgres by URL."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session

from digest.clock import utc_now
from digest.errors import ConfigError, StoreBusy, StoreError
from digest.store.troubles import AGAIN, named

SQLITE_WAIT_MS = 30_000
"""How long a SQLite writer waits for another one: the longest write we do is a day's prepare batch."""
OWNER_ALONE = 0o600
"""The mode of a store and its copies: they hold addresses and webhooks. SQLite gives it to its -wal, too."""
WAIT_MS = "wait_ms"
"""The execution option for whoever cannot wait that long."""

STORE_FILES = ("", "-wal", "-shm", "-journal")
"""What the names of a SQLite store's files end with."""

PRAGMAS = (
    "PRAGMA journal_mode=WAL",  # readers do not block the writer, nor it them
    "PRAGMA synchronous=FULL",  # what is acknowledged survives a power cut; NORMAL may lose the last commits
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={SQLITE_WAIT_MS}",
    "PRAGMA journal_size_limit=67108864",  # the WAL is cut back to 64 MiB at a checkpoint
    "PRAGMA temp_store=MEMORY",
)

POSTGRES_ARGS: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 45_000,  # ms; a half-open connection is noticed within a minute
    "prepare_threshold": None,  # pgbouncer in transaction mode has no prepared statements to share
}

SERVER_NOTICES = {
    "tcp_keepalives_idle": 20,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 4,
    "tcp_user_timeout": 45_000,
}
"""The same from the server's side; over a Unix socket they are ignored."""


def open_engine(url: str) -> Engine:
    """Open the store at ``url`` (``sqlite:///path`` or ``postgresql://…``).

    No SQLite file is made by it, nor by a connection of it: ``make_place`` does.
    Raises ``ConfigError`` for an address that is none, or whose driver is not installed.
    """
    address = address_of(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    engine = create_engine(
        address, connect_args=POSTGRES_ARGS, pool_pre_ping=True, pool_size=5, max_overflow=10
    )
    event.listen(engine, "connect", _let_server_notice)
    event.listen(engine, "begin", _limit_waits)
    return engine


def _let_server_notice(connection: Any, _record: object) -> None:
    """Have the server end what a client left that was cut off, or its rows stay locked for two hours."""
    connection.autocommit = True  # settings of the session: no transaction to lose
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in SERVER_NOTICES.items()))
    connection.autocommit = False


def address_of(url: str, key: str = "store.url") -> URL:
    """Read an address, without opening anything. Raises ``ConfigError``, which names the ``key``."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise ConfigError(
            f"{key} is not a database address", remedy="use sqlite:///PATH or postgresql://HOST/NAME"
        ) from error
    if address.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ConfigError(
            f"{key} names {address.get_backend_name()}, which is not supported",
            remedy="use sqlite:///PATH or postgresql://HOST/NAME",
        )
    try:
        address.get_dialect().import_dbapi()
    except ImportError as error:
        raise ConfigError(
            f"the driver for {address.drivername} is not installed",
            remedy="pip install 'daily-papers-digest[postgres]'",
        ) from error
    return address


def _sqlite(address: URL) -> Engine:
    path = address.database
    if path and path != ":memory:":
        address = address.set(database=str(Path(path).expanduser()))
    engine = create_engine(address, connect_args={"isolation_level": None, "timeout": SQLITE_WAIT_MS / 1000})
    event.listen(engine, "do_connect", lambda *_given: refuse_missing(engine))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    event.listen(engine, "commit", _commit)
    event.listen(engine, "rollback", _rollback)
    return engine


def make_place(engine: Engine) -> None:
    """Make the file of a new SQLite store, and its folder. Nothing else does: looking changes nothing.

    Raises ``StoreError`` when they cannot be made.
    """
    place = _missing(engine)
    if place is None:
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(mode=OWNER_ALONE)
    except OSError as error:
        raise StoreError(
            f"the store cannot be made: {place}: {error.strerror}",
            remedy="choose another store.url, or make the folder writable",
        ) from error


def open_to_others(engine: Engine) -> list[Path]:
    """The files of a SQLite store that every user of the machine can read: made by hand, or before we did."""
    path = _path(engine)
    if path is None or is_missing(engine):
        return []
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents):
        return []
    files = [path.with_name(path.name + suffix) for suffix in STORE_FILES]
    return [file for file in files if file.exists() and file.stat().st_mode & stat.S_IROTH]


def refuse_missing_folder(engine: Engine) -> None:
    """Raise ``StoreError`` for a SQLite file in a folder that does not exist, where none shall be made."""
    place = _path(engine)
    if place is not None and not place.parent.is_dir():
        raise StoreError(
            f"there is no folder {place.parent}", remedy="make it, or see whether the path is spelt right"
        )


def is_missing(engine: Engine) -> bool:
    """Whether the store is a SQLite file that does not exist."""
    return _missing(engine) is not None


def refuse_missing(engine: Engine) -> None:
    """Raise ``StoreError`` for a SQLite file that does not exist: SQLite would make an empty one."""
    place = _missing(engine)
    if place is not None:
        raise StoreError(
            "there is no such store",
            remedy=f"see whether store.url is spelt right: it names {place}; "
            "`digest db upgrade` makes a new store there",
        )


def _missing(engine: Engine) -> Path | None:
    place = _path(engine)
    try:
        return None if place is None or place.exists() else place
    except PermissionError as error:
        raise StoreError(
            "there is no right to read the store",
            remedy=f"run it as the owner of {place}, or let this user into its folder",
        ) from error


def _path(engine: Engine) -> Path | None:
    """The file of a SQLite store, where it is one."""
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:" or path.startswith("file:"):
        return None
    return Path(path).absolute()


def _prepare_sqlite(connection: SQLiteConnection, _record: object) -> None:
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: upgrading a read lock later fails with BUSY, without waiting."""
    asked = connection.get_execution_options()
    wait = asked.get(WAIT_MS, SQLITE_WAIT_MS)
    if connection.info.get(WAIT_MS, SQLITE_WAIT_MS) != wait:  # else it is as the last one left it
        connection.exec_driver_sql(f"PRAGMA busy_timeout={wait}")
        connection.info[WAIT_MS] = wait
    connection.exec_driver_sql(f"BEGIN {'DEFERRED' if asked.get('read_only') else 'IMMEDIATE'}")


def _limit_waits(connection: Connection) -> None:
    """On Postgres a statement waits for locks as long as was asked for, and no longer."""
    wait = connection.get_execution_options().get(WAIT_MS)
    if wait is not None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(wait)}")


def _commit(connection: Connection) -> None:
    connection.exec_driver_sql("COMMIT")


def _rollback(connection: Connection) -> None:
    raw: Any = connection.connection.dbapi_connection
    if raw is not None and raw.in_transaction:  # a full disk has rolled back by itself already
        raw.execute("ROLLBACK")


def hasty(engine: Engine, wait: timedelta) -> Engine:
    """The same store for somebody who waits: no lock is waited for longer than ``wait``."""
    return engine.execution_options(**{WAIT_MS: int(wait.total_seconds() * 1000)})


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session in one writing transaction: committed at the end, rolled back on any error.

    Raises ``StoreBusy`` when the database is locked or out of reach, ``StoreError`` when it cannot
    be written (full, read-only, damaged).
    """
    with named_errors(engine), Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session in one read-only transaction: on SQLite it never waits for a writer."""
    quiet = engine.execution_options(read_only=True)
    with named_errors(engine), Session(quiet, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def named_errors(engine: Engine) -> Iterator[None]:
    """Turn a driver's errors into ``StoreError`` and ``StoreBusy``, each with a remedy."""
    try:
        yield
    except PoolExhausted as error:
        raise StoreBusy("all connections to the store are in use", remedy=AGAIN) from error
    except DBAPIError as error:
        ours = named(error, engine.url)
        if ours is None:
            raise
        raise ours from error


def one_writer(engine: Engine) -> bool:
    """Whether the store takes one writer at a time: then long work is done before a transaction begins."""
    return engine.dialect.name == "sqlite"


def on_sqlite(session: Session) -> bool:
    """Whether the store is SQLite: a few statements differ."""
    return session.get_bind().dialect.name == "sqlite"


def database_now(session: Session) -> datetime:
    """The database's clock, aware in UTC: leases are measured by it, whatever the hosts' clocks say."""
    if on_sqlite(session):
        return utc_now()
    now: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now.astimezone(UTC)
