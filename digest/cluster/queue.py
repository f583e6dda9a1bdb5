"""The queue: its tables, and jobs put into it by the transaction that makes their work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import procrastinate
from procrastinate.schema import SchemaManager
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.errors import ConfigError
from digest.model import ChannelName
from digest.store import jobs
from digest.store.database import POSTGRES_ARGS

VERSION = procrastinate.__version__
DELIVER = "digest.deliver"
"""The name of the task that delivers; jobs in the queue are bound to it."""
DELIVERIES_A_JOB = 100
"""A queue does hundreds of jobs a second, so each carries this many deliveries."""
COUNT_ANEW_AFTER = 200
"""Jobs put in by one process until the queue's table is analysed, and then after each doubling."""


def require_postgres(engine: Engine) -> None:
    """Raise ``ConfigError`` where the store is no Postgres."""
    if engine.dialect.name != "postgresql":
        raise ConfigError(
            "a cluster needs Postgres, and the store is SQLite",
            remedy="set store.url to postgresql://…, or run everything here with `digest run`",
        )


def install(engine: Engine) -> str:
    """Install or upgrade the queue's tables; return the version found. Part of ``digest db upgrade``."""
    files = Path(SchemaManager.get_migrations_path())
    return jobs.install(engine, VERSION, SchemaManager.get_schema(), files)


def check(engine: Engine) -> None:
    """Refuse a store without the queue's tables, or with old ones. Raises ``SchemaError``."""
    require_postgres(engine)
    jobs.check(engine, VERSION)


def app_of(engine: Engine, **pool: Any) -> procrastinate.App:
    """A Procrastinate app on the store's database; it connects when opened."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connector = procrastinate.PsycopgConnector(conninfo=url, kwargs=dict(POSTGRES_ARGS), **pool)
    return procrastinate.App(connector=connector)


def _unconnected() -> procrastinate.App:
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


@dataclass(slots=True)
class Enqueuer:
    """Puts deliveries into the queue of their channel, inside the transaction that plans them.

    It needs no connection of its own: it uses that of the session.
    """

    batch: int = DELIVERIES_A_JOB
    app: procrastinate.App = field(default_factory=_unconnected)
    _since: int = field(default=0, init=False)
    _count_at: int = field(default=COUNT_ANEW_AFTER, init=False)

    def __call__(self, session: Session, planned: Mapping[ChannelName, Sequence[int]]) -> None:
        """For ``prepare(…, enqueue=…)``."""
        for channel, numbers in planned.items():
            self._since += self.put(session, channel, numbers)
        if self._since >= self._count_at:
            jobs.analyze(session)
            self._count_at *= 2

    def put(
        self, session: Session, channel: ChannelName, numbers: Sequence[int], *, at: datetime | None = None
    ) -> int:
        """Put deliveries of one channel into its queue, not to be begun before ``at``; return the jobs."""
        connection = session.connection().connection.driver_connection
        deferrer = self.app.configure_task(
            DELIVER, queue=channel.value, connection=connection, schedule_at=at
        )
        shares: list[Any] = [
            {"channel": channel.value, "numbers": share} for share in shares_of(numbers, self.batch)
        ]
        deferrer.batch_defer(*shares)
        return len(shares)


def shares_of(numbers: Sequence[int], size: int) -> Iterator[list[int]]:
    """The numbers in lists of at most ``size``."""
    return (list(numbers[start : start + size]) for start in range(0, len(numbers), size))
