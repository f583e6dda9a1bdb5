"""A Postgres that takes no writes, read-only or on a full disk: what cannot be recorded is not sent."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.engine import make_url

from digest.errors import StoreError
from digest.model import ChannelName, DeliveryState
from digest.pipeline import handing
from digest.pipeline.deliver import deliver
from digest.pipeline.health import Thresholds
from digest.pipeline.watch import STORE, Watch
from digest.store.database import open_engine
from tests.faults.outbox import NOW, TERMS, PlainMail, at, await_refused_records, sheets
from tests.faults.relay import Relay
from tests.store.outbox import all_of, fill

COUNT = 5
MANY = 100
"""So many deliveries that claiming a batch of them takes pages which their table does not have yet."""

CUT_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def beside(url: str) -> Iterator[Connection]:
    """A connection that commits each statement and may write."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        yield connection


def freeze(url: str, *, frozen: bool) -> None:
    """As a failover to a server that only follows, and back: connections are cut, new ones find it so."""
    name = make_url(url).database
    with beside(url) as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = {frozen}"))
        connection.execute(CUT_OTHERS)


def run(engine: Engine, relay: Relay) -> None:
    deliver(engine, {ChannelName.EMAIL: PlainMail(relay.port)}, sheets, TERMS, clock=at())


def assert_all_sent_once(engine: Engine, relay: Relay) -> None:
    found = all_of(engine)
    assert {one.state for one in found} == {DeliveryState.SENT}
    assert Counter(one.recipient for one in relay.accepted) == {one.address: 1 for one in found}


def test_from_a_server_that_only_follows_nothing_is_claimed_and_the_operator_hears_of_it(
    postgres_url: str,
) -> None:
    engine = open_engine(postgres_url)
    fill(engine, COUNT)
    freeze(postgres_url, frozen=True)
    told: list[str] = []
    watch = Watch(
        engine,
        Thresholds(),
        lambda raised, cleared: not told.extend(one.key for one in (*raised, *cleared)),  # type: ignore[func-returns-value]
        lambda: told.append("ping"),
    )
    with Relay() as relay:
        with pytest.raises(StoreError, match="the store is read-only"):
            run(engine, relay)
        assert [one.key for one in watch.once(NOW)] == [STORE] == told
        assert relay.connections == 0
        freeze(postgres_url, frozen=False)
        run(engine, relay)
        assert_all_sent_once(engine, relay)
    engine.dispose()


@pytest.mark.parametrize(("moment", "handed_over"), [("EHLO", 0), ("dot:after", 1)], ids=["gate", "record"])
def test_a_failover_at_work_stops_sending_until_the_server_takes_writes(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, moment: str, handed_over: int
) -> None:
    """Before the gate nothing is sent; after an acceptance nothing further is, until that is recorded."""
    monkeypatch.setattr(handing, "PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(handing, "FLUSH_SECONDS", -1.0)
    engine = open_engine(postgres_url)
    fill(engine, COUNT)
    failed_over = threading.Event()

    def fault(phase: str, _argument: str) -> str | None:
        if phase == moment and not failed_over.is_set():
            freeze(postgres_url, frozen=True)
            failed_over.set()
        return None

    with structlog.testing.capture_logs() as logs, Relay(fault) as relay:
        work = threading.Thread(target=run, args=(engine, relay))
        work.start()
        try:
            await_refused_records(logs)
            assert len(relay.accepted) == handed_over
            assert DeliveryState.SENT not in {one.state for one in all_of(engine)}
        finally:
            freeze(postgres_url, frozen=False)
            work.join(60)
        run(engine, relay)
        assert_all_sent_once(engine, relay)
    engine.dispose()


@dataclass(frozen=True)
class SmallDisk:
    """A database of its own on a small disk."""

    folder: Path
    url: str

    def fill_up(self) -> None:
        with (self.folder / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def free(self) -> None:
        (self.folder / "filler").unlink()


@pytest.fixture
def small_disk(postgres_server: str, postgres_template: str) -> Iterator[SmallDisk]:
    """A disk of 32 MB that the server may use, which takes root to mount."""
    folder = Path(tempfile.mkdtemp(prefix="digest-disk-"))
    mount = shutil.which("mount") or "mount"
    options = ["-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    name = f"small_{uuid.uuid4().hex[:12]}"
    with beside(postgres_server) as server:
        owner = Path(str(server.scalar(text("SHOW data_directory")))).stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
        server.execute(text(f"CREATE TABLESPACE {name} LOCATION '{folder}'"))
        server.execute(text(f"CREATE DATABASE {name} TEMPLATE {postgres_template} TABLESPACE {name}"))
    yield SmallDisk(
        folder, make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    )
    with beside(postgres_server) as server:
        server.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.execute(text(f"DROP TABLESPACE {name}"))
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


def test_with_the_servers_disk_full_nothing_is_sent_until_there_is_room(small_disk: SmallDisk) -> None:
    engine = open_engine(small_disk.url)
    fill(engine, MANY)
    with Relay() as relay:
        small_disk.fill_up()
        with pytest.raises(StoreError, match="the disk of the store is full"):
            run(engine, relay)
        assert relay.connections == 0
        small_disk.free()
        run(engine, relay)
        assert_all_sent_once(engine, relay)
    engine.dispose()
