"""The opened house is light: what most commands need does not load what ranks, migrates or reads pages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

HEAVY = {"numpy", "scipy", "alembic", "bs4", "lxml", "jinja2", "requests", "slack_sdk", "fastapi"}
COMMAND = "import sys; from digest.cli import main; main({}); print(*sys.modules, file=sys.stderr)"


def run(asked: str, settings: Mapping[str, str] = os.environ) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own."""
    return subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, env=settings)


def loaded_by(command: list[str], sqlite_url: str) -> set[str]:
    """The modules that a command of the program loads."""
    return set(run(COMMAND.format(command), with_store(sqlite_url)).stderr.split())


def with_store(sqlite_url: str) -> dict[str, str]:
    return os.environ | {"DIGEST_STORE__URL": sqlite_url}


@pytest.mark.parametrize("module", ["digest.cli.context", "digest.house", "digest.subscriptions"])
def test_a_command_about_subscribers_loads_no_heavy_library(module: str) -> None:
    loaded = set(run(f"import sys, {module}; print(*sys.modules)").stdout.split())
    assert module in loaded
    assert not HEAVY & loaded


def test_a_worker_of_the_queue_loads_nothing_that_reads_the_source_or_ranks() -> None:
    pytest.importorskip("procrastinate")
    loaded = set(run("import sys, digest.cluster.starting; print(*sys.modules)").stdout.split())
    assert "digest.channels.email" in loaded
    assert not (HEAVY - {"jinja2"}) & loaded


@pytest.mark.parametrize("command", [["search", "diffusion"], ["days"], ["paper", "2609.00001"], ["stats"]])
def test_a_command_that_only_reads_loads_no_logs(command: list[str], sqlite_url: str) -> None:
    loaded = loaded_by(command, sqlite_url)
    assert "digest.store.database" in loaded
    assert not (HEAVY | {"structlog", "rich"}) & loaded


def test_trying_a_profile_loads_no_logs_and_nothing_that_sends(sqlite_url: str) -> None:
    loaded = loaded_by(["profile", "test", "diffusion"], sqlite_url)
    assert "digest.ranking.lab" in loaded
    assert not (HEAVY - {"numpy", "scipy"} | {"structlog", "rich"}) & loaded


def test_a_command_that_looks_something_up_does_not_look_for_garbage(sqlite_url: str) -> None:
    """And gives back the search as it was, for whoever runs on."""
    ran = run(
        "import gc; from digest.cli import main; searches = []; "
        "gc.callbacks.append(lambda phase, _: searches.append(phase)); "
        "main(['days']); print('searches', len(searches), gc.isenabled())",
        with_store(sqlite_url),
    )
    _, count, enabled = ran.stdout.splitlines()[-1].split()
    assert (int(count) < 10, enabled) == (True, "True")


@pytest.mark.parametrize("wished", ["", "2"])
def test_small_products_get_one_thread_unless_the_operator_says_otherwise(
    wished: str, sqlite_url: str
) -> None:
    given = with_store(sqlite_url) | {"OPENBLAS_NUM_THREADS": wished}
    ran = run(
        "import os; from digest.cli import main; main(['prepare'])\n"
        "import numpy; from threadpoolctl import threadpool_info; found = threadpool_info()\n"
        "print({one['num_threads'] for one in found}, os.environ['OPENBLAS_NUM_THREADS'])",
        {name: value for name, value in given.items() if value},
    )
    threads, asked = ran.stdout.splitlines()[-1].split()
    assert asked == (wished or "1")
    assert wished or threads == "{1}"


def test_the_package_runs_as_the_command_does() -> None:
    shown = subprocess.run([sys.executable, "-m", "digest", "--version"], capture_output=True, text=True)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("digest")
