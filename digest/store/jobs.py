"""The queue's tables beside ours: installed from files of its own; what its jobs cover.

The queue is Procrastinate's, on Postgres alone. Its tables carry its version as a comment, since they
have no other place for it. Jobs are nudges: what they would nudge, the deliveries table knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from digest.errors import SchemaError
from digest.model import ChannelName

LOCK = 6_020_241
"""Key of the advisory lock that lets one process at a time install: any number, ours alone."""
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)_")

Version = tuple[int, int, int]


def version_of(words: str) -> Version:
    """``3.10.0`` as numbers. Raises ``ValueError``."""
    major, minor, patch = (int(piece) for piece in words.split(".")[:3])
    return major, minor, patch


def install(engine: Engine, version: str, schema: str, migrations: Path) -> str:
    """Bring the queue's tables to ``version``: all of ``schema``, or the later of its ``migrations``.

    Returns the version found, empty for none. One transaction; several processes may call it at once.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        found = installed(connection)
        if found is None:
            run(connection, schema)
        else:
            for file in later(migrations, version_of(found)):
                run(connection, file.read_text(encoding="utf-8"))
        connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS 'procrastinate {version}'")
    return found or ""


def later(migrations: Path, found: Version) -> list[Path]:
    """The migration files that came after a version, in their order."""
    dated = ((_VERSION.match(file.name), file) for file in sorted(migrations.glob("*.sql")))
    return [file for match, file in dated if match and tuple(map(int, match.groups())) > found]


def run(connection: Connection, statements: str) -> None:
    """Run a file of statements as it is: no parameters, no escapes."""
    raw = connection.connection.dbapi_connection
    if raw is None:  # pragma: no cover  an open transaction has a connection
        raise SchemaError("the connection is gone")
    raw.cursor().execute(statements)


def installed(connection: Connection) -> str | None:
    """The version the queue's tables were installed for; ``None`` if there are none.

    Raises ``SchemaError`` for tables that somebody else made.
    """
    row = connection.execute(
        text("SELECT to_regclass('procrastinate_jobs'), obj_description(to_regclass('procrastinate_jobs'))")
    ).one()
    if row[0] is None:
        return None
    word, _, version = (row[1] or "").partition(" ")
    if word != "procrastinate":
        raise SchemaError(
            "the queue's tables are there, but nobody wrote down their version",
            remedy="say it: COMMENT ON TABLE procrastinate_jobs IS 'procrastinate 3.10.0'",
        )
    return str(version)


def check(engine: Engine, version: str) -> None:
    """Refuse queue tables older or newer than the installed library, naming the command to run."""
    with engine.connect() as connection:
        found = installed(connection)
    if found is None:
        raise SchemaError("the queue has no tables yet", remedy="run `digest db upgrade`")
    if version_of(found)[:2] < version_of(version)[:2]:
        raise SchemaError(
            f"the queue's tables are of {found}, not {version}", remedy="run `digest db upgrade`"
        )
    if version_of(found)[:1] > version_of(version)[:1]:
        raise SchemaError(f"the queue's tables are of {found}", remedy="install the newer procrastinate")


# --- what is covered -------------------------------------------------------------------------

_FORGOTTEN = text(
    """
    SELECT waiting.id FROM deliveries AS waiting
    LEFT JOIN (
        SELECT jsonb_array_elements_text(args -> 'numbers')::bigint AS id
        FROM procrastinate_jobs
        WHERE task_name = :task AND status IN ('todo', 'doing')
    ) AS covered ON covered.id = waiting.id
    WHERE waiting.channel = :channel AND waiting.next_attempt_at <= :due_by AND covered.id IS NULL
    ORDER BY waiting.next_attempt_at
    LIMIT :limit
    """
)


def forgotten(
    session: Session, channel: ChannelName, task: str, *, due_by: datetime, limit: int
) -> list[int]:
    """Deliveries due since ``due_by`` that no waiting or running job of ``task`` names."""
    values = {"task": task, "channel": channel.value, "due_by": due_by, "limit": limit}
    return list(session.scalars(_FORGOTTEN, values))


def analyze(session: Session, tables: Iterable[str] = ("procrastinate_jobs", "deliveries")) -> None:
    """Count anew after a large fan-out: with old counts fetching a job is twenty times as slow."""
    for table in tables:
        session.execute(text(f"ANALYZE {table}"))


def waiting(session: Session) -> dict[str, int]:
    """Jobs to do, by queue."""
    rows = session.execute(
        text("SELECT queue_name, count(*) FROM procrastinate_jobs WHERE status = 'todo' GROUP BY queue_name")
    )
    return {str(queue): int(count) for queue, count in rows}
