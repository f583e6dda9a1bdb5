"""The queue's tables are installed beside ours, upgraded in place, and never mistaken for ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import Engine, text

from digest.cluster import queue
from digest.cluster.queue import VERSION, check, install, require_postgres
from digest.errors import ConfigError, SchemaError
from digest.store import jobs
from digest.store.database import open_engine
from digest.store.migrating import differences
from tests.cluster.conftest import Cluster

FILES = Path(SchemaManager.get_migrations_path())


def say_version(engine: Engine, comment: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{comment}'")


def test_installing_again_changes_nothing(cluster: Cluster) -> None:
    assert install(cluster.house.engine) == VERSION
    check(cluster.house.engine)


def test_the_queues_tables_are_no_difference_from_our_models(cluster: Cluster) -> None:
    assert differences(cluster.house.engine) == []


def test_tables_of_an_earlier_version_are_brought_up_by_the_later_migrations(postgres_url: str) -> None:
    """The tables of 3.3 are made the way they came about: by every migration up to then."""
    engine = open_engine(postgres_url)
    later = jobs.later(FILES, (3, 3, 0))
    with engine.begin() as connection:
        for file in jobs.later(FILES, (-1, 0, 0)):
            if file not in later:
                jobs.run(connection, file.read_text(encoding="utf-8"))
    say_version(engine, "procrastinate 3.3.0")
    with pytest.raises(SchemaError, match=r"of 3\.3\.0"):
        check(engine)
    assert install(engine) == "3.3.0"
    check(engine)
    engine.dispose()


def test_later_migrations_are_told_by_their_numbers() -> None:
    names = [file.name for file in jobs.later(FILES, (3, 2, 0))]
    assert names
    assert all(name >= "03.03" for name in names)
    assert jobs.later(FILES, (99, 0, 0)) == []


def test_tables_of_a_newer_library_are_refused(cluster: Cluster) -> None:
    say_version(cluster.house.engine, "procrastinate 99.0.0")
    with pytest.raises(SchemaError, match=r"99\.0\.0"):
        check(cluster.house.engine)


def test_tables_somebody_else_made_are_refused_with_the_word_to_say(cluster: Cluster) -> None:
    say_version(cluster.house.engine, "")
    with pytest.raises(SchemaError, match="nobody wrote down") as found:
        check(cluster.house.engine)
    assert "COMMENT ON TABLE" in found.value.remedy


def test_a_store_without_the_queue_names_the_command(cluster: Cluster) -> None:
    with cluster.house.engine.begin() as connection:
        connection.execute(text("DROP TABLE procrastinate_jobs CASCADE"))
    with pytest.raises(SchemaError) as found:
        check(cluster.house.engine)
    assert "digest db upgrade" in found.value.remedy


def test_a_cluster_on_sqlite_is_refused(sqlite_engine: Engine) -> None:
    with pytest.raises(ConfigError, match="needs Postgres"):
        require_postgres(sqlite_engine)


def test_the_library_is_the_one_whose_version_is_written_down() -> None:
    assert jobs.version_of(VERSION) >= (3, 10, 0)
    assert queue.DELIVER == "digest.deliver"
