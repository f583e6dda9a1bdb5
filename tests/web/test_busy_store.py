"""A store that is really busy: locked by another connection, or with all its connections in use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text

from digest.config import FileSettings, Settings, StoreSettings, WebSettings
from digest.house import House
from digest.store.database import open_engine
from digest.tokens import Purpose
from tests.web.conftest import SECRET, Site

WAIT = timedelta(milliseconds=200)


def site_over(engine: Engine, url: str, folder: Path) -> Site:
    web = WebSettings(base_url="https://digest.example.org", secret_keys=(SecretStr(SECRET),))
    settings = Settings(store=StoreSettings(url=url), file=FileSettings(folder=folder), web=web)
    return Site(House(settings, engine), longest_wait=WAIT)


@pytest.fixture
def quick(engine: Engine, store_url: str, tmp_path: Path) -> Site:
    """A site over either database that waits a fifth of a second for a lock."""
    return site_over(engine, store_url, tmp_path)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another connection holds everything: SQLite's one write lock, Postgres' subscribers."""
    how = "BEGIN IMMEDIATE" if url.startswith("sqlite") else "LOCK TABLE subscribers IN ACCESS EXCLUSIVE MODE"
    level = "AUTOCOMMIT" if url.startswith("sqlite") else "READ COMMITTED"
    other = create_engine(url, isolation_level=level)
    try:
        with other.connect() as connection:
            connection.execute(text(how))
            yield
            connection.exec_driver_sql("ROLLBACK")
    finally:
        other.dispose()


def test_a_locked_store_is_503_with_retry_after_and_heals(quick: Site, store_url: str) -> None:
    one = quick.join()
    leave = f"/u/{quick.token(Purpose.UNSUBSCRIBE, one.id)}"
    with locked(store_url):
        started = time.monotonic()
        answer = quick.post(leave)
        assert time.monotonic() - started < 15  # the half minute that a writing step waits is not waited
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "try again" in answer.text
        for inside in ("sqlite", "postgres", "psycopg", "lock", "subscribers", "Traceback"):
            assert inside not in answer.text
    assert quick.post(leave).status_code == 200


def test_all_connections_in_use_is_503_too(sqlite_url: str, tmp_path: Path) -> None:
    scarce = create_engine(sqlite_url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    quick = site_over(scarce, sqlite_url, tmp_path)
    with scarce.connect():
        answer = quick.get("/api/days")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert quick.get("/api/days").status_code == 200
    scarce.dispose()


def test_a_store_out_of_reach_is_503(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    site = site_over(open_engine(url), url, tmp_path)
    for path in ("/", "/api/days"):
        answer = site.get(path)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "127.0.0.1" not in answer.text
