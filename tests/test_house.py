"""The opened house is light: what most commands need does not load what ranks, migrates or reads pages."""

from __future__ import annotations

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


def test_the_package_runs_as_the_command_does() -> None:
    shown = subprocess.run([sys.executable, "-m", "digest", "--version"], capture_output=True, text=True)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("digest")
