"""Structured logs: one line a record, on stderr, for people on a terminal and as JSON elsewhere.

Secrets and addresses are never passed to a logger; ``mask`` shortens an address where a person
must recognise it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from digest.config import LogSettings

_later: list[Callable[[], None]] = []
"""How to set up the logs with the first record, where that was left for it."""


def set_up_later(settings: LogSettings, *, quiet: bool = False) -> None:
    """For commands that hardly ever log: loading what logs would be much of their time.

    What they call asks for its logger by ``logger``.
    """
    _later[:] = [lambda: set_up(settings, quiet=quiet)]


def logger() -> Any:
    """The logger for a record that is written now."""
    import structlog

    while _later:
        _later.pop()()
    return structlog.get_logger()


def set_up(settings: LogSettings, *, quiet: bool = False) -> None:
    """Set up logging for this process, once, at its start."""
    import logging

    import structlog

    _later.clear()
    level = max(getattr(logging, settings.level.upper()), logging.WARNING if quiet else 0)
    console = settings.format == "console" or (settings.format == "auto" and sys.stderr.isatty())
    colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=colours)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    # libraries speak up only when something is wrong; alembic's "INFO" lines would spoil stdout pipes
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s", force=True)


def mask(address: str) -> str:
    """An address a person recognises and a log may hold: ``r…@example.org``, ``https://hooks…``.

    >>> mask("reader@example.org")
    'r…@example.org'
    """
    name, mark, domain = address.rpartition("@")
    if mark:
        return f"{name[:1]}…@{domain}"
    if address.startswith("http"):
        return address.split("/services/")[0][:24] + "…"
    return address
