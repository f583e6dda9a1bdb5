"""Builds the house from settings: engine, source, channels, keys. Built once, passed down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from digest import __version__
from digest.config import Settings, SourceSettings
from digest.http_client import Bounds
from digest.pipeline.editions import Limits
from digest.pipeline.pacing import KeptAnswers, SharedPace
from digest.pipeline.prepare import Rules
from digest.sources.huggingface import HuggingFace
from digest.store.database import check_schema, open_engine
from digest.tokens import Keys


@dataclass(frozen=True, slots=True)
class House:
    """An opened store with what the settings say. Nothing here is read from the environment again."""

    settings: Settings
    engine: Engine

    @property
    def keys(self) -> Keys:
        """The keys of links. Raises ``ConfigError`` when none is configured."""
        return Keys(tuple(key.get_secret_value().encode() for key in self.settings.web.secret_keys))


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


def open_source(settings: SourceSettings, engine: Engine) -> HuggingFace:
    """The source, with the allowance and the remembered answers that all processes share."""
    return HuggingFace(
        settings.base_url,
        contact=settings.contact,
        version=__version__,
        token=settings.token.get_secret_value() if settings.token else "",
        bounds=Bounds(deadline_seconds=settings.fetch_deadline_seconds),
        pace=SharedPace(engine, settings.share),
        memory=KeptAnswers(engine),
    )


def prepare_rules(settings: Settings) -> Rules:
    """What the settings say about preparing digests."""
    digest = settings.digest
    return Rules(
        bar=digest.bar,
        limit=digest.limit,
        limits=Limits(catch_up=digest.catch_up_days, late=settings.source.look_back_days),
        wait=timedelta(minutes=digest.wait_minutes),
    )
