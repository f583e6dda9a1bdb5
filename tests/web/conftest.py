"""The site over a store with the sample days in it, asked as a browser asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.testclient import TestClient

from digest.config import FileSettings, Settings, StoreSettings, WebSettings
from digest.demo.sample import FIRST_DAY, LAST_DAY
from digest.demo.sample import listings as sample_listings
from digest.demo.shapes import item_of
from digest.house import House
from digest.model import ChannelName, Reading, Subscriber, Tier
from digest.pipeline.collect import store_reading
from digest.pipeline.situation import read_corpus
from digest.sources.api import parse_api
from digest.store.database import open_engine, transaction
from digest.store.migrating import upgrade
from digest.tokens import Keys, Purpose, sign
from digest.web import create_app
from digest.web.desk import LONGEST_WAIT
from tests.joining import subscribe

NOW = datetime(2026, 10, 16, 20, 0, tzinfo=UTC)
SECRET = "a secret key for tests only"
KEYS = Keys((SECRET.encode(),))


@dataclass
class Clock:
    """The moment it is, moved by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)


@dataclass
class Site:
    """A running site: ``get`` and ``post`` follow no redirects."""

    house: House
    clock: Clock = field(default_factory=Clock)
    longest_wait: timedelta = LONGEST_WAIT

    def __post_init__(self) -> None:
        self.app = create_app(self.house, clock=self.clock, answer_seconds=0, longest_wait=self.longest_wait)
        self.browser = TestClient(
            self.app,
            follow_redirects=False,
            raise_server_exceptions=False,
            client=("198.51.100.7", 40000),
        )
        self.get = self.browser.get
        self.post = self.browser.post

    @property
    def engine(self) -> Engine:
        return self.house.engine

    def token(self, purpose: Purpose, number: int) -> str:
        return sign(KEYS, purpose, str(number), self.clock())

    def routes(self) -> Iterator[APIRoute]:
        """All routes of the application, those of included routers too."""
        app = self.app.app
        assert isinstance(app, FastAPI)
        waiting = list(app.routes)
        while waiting:
            one = waiting.pop()
            if isinstance(one, APIRoute):
                yield one
            else:
                inner = getattr(one, "original_router", None) or getattr(one, "router", None)
                waiting.extend(getattr(inner, "routes", ()))

    def join(self, **wishes: object) -> Subscriber:
        """Subscribe by hand of an admin."""
        given: dict[str, object] = {
            "keys": KEYS,
            "channel": ChannelName.EMAIL,
            "address": "ada@example.org",
            "profiles": {"Robots": "robot learning, manipulation"},
            "timezone": "Europe/Berlin",
            "send_at": time(7, 30),
            "confirmed": True,
            "now": self.clock(),
            "source": "test",
        }
        with transaction(self.engine) as session:
            return subscribe(session, **given | wishes)


def fill(engine: Engine, now: datetime = NOW) -> None:
    """Store the sample days as collect does."""
    day = FIRST_DAY
    while day <= LAST_DAY:
        found, _ = parse_api(json.dumps([item_of(one) for one in sample_listings(day, now)]).encode())
        reading = Reading(day, found, Tier.API)
        with transaction(engine) as session:
            store_reading(session, reading, now=now, silent=False)
        day += timedelta(days=1)


@pytest.fixture(scope="session")
def filled_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store with the sample days, to be copied for each test."""
    path = tmp_path_factory.mktemp("web") / "filled.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    fill(engine)
    read_corpus(engine, now=NOW)
    engine.dispose()  # the last connection writes the log back into the file
    return path


Build = Callable[..., Site]


@pytest.fixture
def build(filled_store: Path, tmp_path: Path) -> Iterator[Build]:
    """``build(base_url=…)`` opens a site with web settings of one's own."""
    engines: list[Engine] = []

    def call(**web: object) -> Site:
        path = tmp_path / f"store{len(engines)}.sqlite3"
        path.write_bytes(filled_store.read_bytes())
        url = f"sqlite:///{path}"
        given = {"base_url": "https://digest.example.org", "secret_keys": (SecretStr(SECRET),)} | web
        settings = Settings(
            store=StoreSettings(url=url),
            file=FileSettings(folder=tmp_path),
            web=WebSettings(**given),
        )
        engine = open_engine(url)
        engines.append(engine)
        return Site(House(settings, engine))

    yield call
    for engine in engines:
        engine.dispose()


@pytest.fixture
def site(build: Build) -> Site:
    """A site as it is by default."""
    return build()
