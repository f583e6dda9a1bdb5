"""The opened house is light: what most commands need does not load what ranks, migrates or reads pages."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = {"numpy", "scipy", "alembic", "bs4", "lxml", "jinja2", "requests", "slack_sdk", "fastapi"}


@pytest.mark.parametrize("module", ["digest.cli.context", "digest.house", "digest.subscriptions"])
def test_a_command_about_subscribers_loads_no_heavy_library(module: str) -> None:
    asked = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout

    assert module in loaded.split()
    assert not HEAVY & set(loaded.split())


def test_a_worker_of_the_queue_loads_nothing_that_reads_the_source_or_ranks() -> None:
    pytest.importorskip("procrastinate")
    asked = "import sys, digest.cluster.starting; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout

    assert "digest.channels.email" in loaded.split()
    assert not (HEAVY - {"jinja2"}) & set(loaded.split())


@pytest.mark.parametrize("command", [["search", "diffusion"], ["days"], ["paper", "2609.00001"], ["stats"]])
def test_a_command_that_only_reads_loads_no_logs(command: list[str], sqlite_url: str) -> None:
    asked = f"import sys; from digest.cli import main; main({command}); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        env=os.environ | {"DIGEST_STORE__URL": sqlite_url},
    )

    assert "digest.store.database" in ran.stderr.split()
    assert not (HEAVY | {"structlog", "rich"}) & set(ran.stderr.split())


def test_trying_a_profile_loads_no_logs_and_nothing_that_sends(sqlite_url: str) -> None:
    command = ["profile", "test", "diffusion"]
    asked = f"import sys; from digest.cli import main; main({command}); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        env=os.environ | {"DIGEST_STORE__URL": sqlite_url},
    )

    assert "digest.ranking.lab" in ran.stderr.split()
    assert not (HEAVY - {"numpy", "scipy"} | {"structlog", "rich"}) & set(ran.stderr.split())


def test_a_command_that_looks_something_up_does_not_look_for_garbage(sqlite_url: str) -> None:
    """And gives back the search as it was, for whoever runs on."""
    asked = (
        "import gc; from digest.cli import main; searches = []; "
        "gc.callbacks.append(lambda phase, _: searches.append(phase)); "
        "main(['days']); print('searches', len(searches), gc.isenabled())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        env=os.environ | {"DIGEST_STORE__URL": sqlite_url},
    )

    _, count, enabled = ran.stdout.splitlines()[-1].split()
    assert (int(count) < 10, enabled) == (True, "True")


def test_the_package_runs_as_the_command_does() -> None:
    shown = subprocess.run([sys.executable, "-m", "digest", "--version"], capture_output=True, text=True)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("digest")
