"""Migrations lose nothing: each step goes up, down and up again with rows in every table, on both databases.

The steps are those that exist, and one more after the newest that rebuilds every table as SQLite
makes a migration do. A revision added later is walked without a line changed here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, TextClause, inspect, text

from digest.store.database import open_engine
from digest.store.migrating import differences, downgrade, upgrade
from digest.store.revisions import current, head, known, migrations_folder
from digest.store.schema import SubscriberRow
from tests.store.filling import FULL_TEXT, ROWS, counts, fill, numbered, tables
from tests.store.rehearsal import NAME as REHEARSAL
from tests.store.rehearsal import REVISION, UPGRADE, config


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A folder with the revision that rebuilds every table."""
    folder = tmp_path / "versions"
    folder.mkdir()
    (folder / "rehearsal.py").write_text(REVISION.format(head=head()))
    return folder


def steps(settings: Config) -> list[tuple[str, str]]:
    """Every revision but the first, with the one before it, oldest first."""
    found = ScriptDirectory.from_config(settings).walk_revisions()
    return [(str(one.down_revision), one.revision) for one in found if one.down_revision][::-1]


def lasting(engine: Engine) -> set[str]:
    """SQLite's tables whose numbers are never given again."""
    with engine.connect() as connection:
        return numbered(connection)


def rehearsed(engine: Engine) -> set[str]:
    """The tables that have the column of the rehearsal."""
    found = inspect(engine)
    with engine.connect() as connection:
        names = tables(connection)
    return {name for name in names if "rehearsed" in {column["name"] for column in found.get_columns(name)}}


def shared(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """The counts before, of the tables there still are."""
    return {name: count for name, count in before.items() if name in after}


def test_every_step_goes_up_down_and_up_again_with_rows_in_every_table(
    engine: Engine, versions: Path
) -> None:
    settings = config(engine, versions)
    walked = steps(settings)
    assert walked[-1] == (head(), REHEARSAL)
    for below, above in walked:
        command.downgrade(settings, "base")
        command.upgrade(settings, below)
        full, kept = fill(engine), lasting(engine)
        assert min(full.values()) == ROWS, f"tables without rows at {below}"
        for move, target in ((command.upgrade, above), (command.downgrade, below), (command.upgrade, above)):
            move(settings, target)
            now = counts(engine)
            assert now | shared(full, now) == now, f"rows were lost on the way to {target}"
            assert kept <= lasting(engine), f"numbers may come back after {target}"
    assert len(rehearsed(engine)) >= 20


def test_a_step_down_from_the_newest_leaves_the_schema_of_the_models(engine: Engine, versions: Path) -> None:
    settings = config(engine, versions)
    fill(engine)
    command.upgrade(settings, "head")
    assert differences(engine) != []
    command.downgrade(settings, head())
    assert differences(engine) == []


def test_numbers_of_erased_rows_do_not_come_back_after_a_rebuild(engine: Engine, versions: Path) -> None:
    fill(engine)
    with engine.begin() as connection:
        last = connection.execute(_another_subscriber("a")).scalar_one()
        connection.execute(text("DELETE FROM subscribers WHERE id = :last"), {"last": last})
    command.upgrade(config(engine, versions), "head")
    with engine.begin() as connection:
        assert connection.execute(_another_subscriber("b")).scalar_one() > last


def _another_subscriber(address: str) -> TextClause:
    """A copy of the first one, with the next number, in whichever revision."""
    names = [column.name for column in SubscriberRow.__table__.columns if column.name != "id"]
    values = ["'" + address + "'" if name == "address" else name for name in names]
    row = f"SELECT {', '.join(values)} FROM subscribers WHERE id = 1"
    return text(f"INSERT INTO subscribers ({', '.join(names)}) {row} RETURNING id")


def test_going_down_to_nothing_leaves_nothing_and_up_again_is_the_same(engine: Engine) -> None:
    fill(engine)
    downgrade(engine, "base")
    assert counts(engine) == {}
    upgrade(engine)
    assert differences(engine) == []
    assert set(counts(engine).values()) == {0}


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(engine: Engine) -> None:
    full = fill(engine)
    upgrade(engine)
    assert (counts(engine), current(engine)) == (full, head())


# --- processes -------------------------------------------------------------------------------


class Upgrading:
    """Upgrades in processes of their own, which stop half-way until told to go on."""

    def __init__(self, url: str, versions: Path, folder: Path) -> None:
        self._command = [sys.executable, "-c", UPGRADE, url, str(versions)]
        self._folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        """A process that is about to upgrade."""
        process = subprocess.Popen(
            self._command,
            env={**os.environ, "REHEARSAL_FOLDER": str(self._folder)},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
        )
        self.running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"begins\n"
        return process

    def half_way(self) -> int:
        """How many processes have come half-way through the revision; waits for the first."""
        told = self._folder / "half-way"
        while not told.exists():
            assert all(process.poll() is None for process in self.running), "an upgrade ended too early"
            time.sleep(0.01)
        return len(told.read_text().splitlines())

    def go(self) -> None:
        (self._folder / "go").touch()

    def end(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def upgrading(store_url: str, versions: Path, tmp_path: Path) -> Iterator[Upgrading]:
    started = Upgrading(store_url, versions, tmp_path)
    yield started
    started.end()


@pytest.mark.slow
def test_of_two_processes_that_upgrade_at_once_one_does_the_work(
    engine: Engine, upgrading: Upgrading
) -> None:
    full = fill(engine)
    first = upgrading.start()
    upgrading.half_way()
    second = upgrading.start()
    time.sleep(0.5)  # a second one that does not wait comes half-way in it
    upgrading.go()
    assert (first.wait(60), second.wait(60)) == (0, 0)
    assert upgrading.half_way() == 1
    assert (current(engine), counts(engine)) == (REHEARSAL, full)


@pytest.mark.slow
def test_an_upgrade_killed_half_way_has_changed_nothing_and_the_next_one_completes(
    engine: Engine, store_url: str, versions: Path, upgrading: Upgrading
) -> None:
    full = fill(engine)
    process = upgrading.start()
    upgrading.half_way()
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    again = open_engine(store_url)
    command.upgrade(config(again, versions), "head")
    assert (current(again), counts(again)) == (REHEARSAL, full)
    assert rehearsed(again) == set(full) - {FULL_TEXT}
    again.dispose()


def test_the_numbers_of_the_files_are_the_revisions_that_alembic_walks() -> None:
    walked = ScriptDirectory(str(migrations_folder())).walk_revisions()

    assert known() == [script.revision for script in walked][::-1]
