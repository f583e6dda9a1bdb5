"""Optional parts: imported when a command needs them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.house import House


def queue_of(house: House) -> Any:
    """The module that works with the store's queue; ``None`` where there is none.

    There is one on Postgres when the extra ``cluster`` is installed. Raises ``SchemaError`` when its
    tables are missing or old: the remedy is ``digest db upgrade``.
    """
    if house.engine.dialect.name != "postgresql" or find_spec("procrastinate") is None:
        return None
    return import_module("digest.cluster.starting")
