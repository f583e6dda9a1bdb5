"""What it looks like when the database is lost, and how it is told: in one line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from procrastinate.exceptions import ConnectorException

from digest.errors import DigestError

LOST = (ConnectorException, psycopg.OperationalError)
"""What Procrastinate raises then: its own error, and at opening the pool's as it is."""
LIBRARIES = ("procrastinate", "psycopg", "asyncio")


def reason(error: BaseException) -> str:
    """Why, in one line. Procrastinate's own error says only that there was one; its cause says which."""
    return " ".join(str(error.__cause__ or error).split())


@contextmanager
def told_shortly() -> Iterator[None]:
    """Have the queue's libraries tell of a lost database in a line each: their tracebacks are no news.

    A fault of ours keeps its traceback.
    """
    handlers = list(logging.getLogger().handlers)
    for handler in handlers:
        handler.addFilter(_shorten)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(_shorten)


def _shorten(record: logging.LogRecord) -> bool:
    if record.name.partition(".")[0] not in LIBRARIES:
        return True
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not _is_trouble(error):
        return True
    said = " ".join(record.getMessage().split())
    record.msg = f"{said}: {reason(error)}" if error else said
    record.args, record.exc_info, record.exc_text = (), None, None
    return True


def _is_trouble(error: BaseException) -> bool:
    """Whether it has a name: a lost database, or an error of ours; not a statement that is wrong."""
    cause = error.__cause__ if isinstance(error, ConnectorException) else error
    return isinstance(cause, psycopg.OperationalError | DigestError)
