"""The opened house: a store with what the settings say of it. All that most commands need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from digest.config import Settings
from digest.store.database import open_engine
from digest.store.revisions import check_schema
from digest.tokens import Keys


@dataclass(frozen=True, slots=True)
class House:
    """An opened store with what the settings say. Nothing here is read from the environment again."""

    settings: Settings
    engine: Engine

    @property
    def keys(self) -> Keys:
        """The keys of links. Raises ``ConfigError`` when none is configured."""
        return keys_of(self.settings)


def keys_of(settings: Settings) -> Keys:
    """The configured keys, newest first. Raises ``ConfigError`` when there is none."""
    return Keys(tuple(key.get_secret_value().encode() for key in settings.web.secret_keys))


@contextmanager
def open_house(settings: Settings, *, schema: bool = True) -> Iterator[House]:
    """Open the store; with ``schema`` refuse one that is not up to date, naming the command."""
    engine = open_engine(settings.store.url)
    try:
        if schema:
            check_schema(engine)
        yield House(settings, engine)
    finally:
        engine.dispose()
