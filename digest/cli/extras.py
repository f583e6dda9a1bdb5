"""Optional parts: imported when a command needs them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from digest.house import House


def install_queue(engine: Engine) -> str:
    """Bring the cluster's queue up where there is one, and tell from what to what; empty where it is."""
    if not _has_queue(engine):
        return ""
    from digest.cluster.queue import VERSION, install

    before = install(engine)
    return "" if before == VERSION else f"the queue went from {before or 'nothing'} to {VERSION}"


def check_queue(engine: Engine) -> None:
    """Refuse a store whose queue has no tables or old ones, as `digest worker` would. ``SchemaError``."""
    if _has_queue(engine):
        from digest.cluster.queue import check

        check(engine)


def _has_queue(engine: Engine) -> bool:
    """On Postgres, when the extra ``cluster`` is installed."""
    return engine.dialect.name == "postgresql" and find_spec("procrastinate") is not None


def queue_of(house: House) -> Any:
    """The module that works with the store's queue; ``None`` where there is none.

    There is one on Postgres when the extra ``cluster`` is installed. Raises ``SchemaError`` when its
    tables are missing or old: the remedy is ``digest db upgrade``.
    """
    if not _has_queue(house.engine):
        return None
    return import_module("digest.cluster.starting")
