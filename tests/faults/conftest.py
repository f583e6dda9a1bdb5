"""Faults come in a short form, for every run, and a long one, for ``make soak``."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.small_disk import Disk


@pytest.fixture(scope="session")
def soak() -> bool:
    """Whether the long form was asked for."""
    return os.environ.get("SOAK") == "1"


@pytest.fixture
def disk(sqlite_template: Path, tmp_path: Path) -> Iterator[Disk]:
    """A disk of 3 MB, which takes root to mount."""
    mount = shutil.which("mount")
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a small disk can be mounted by root only")
    shutil.copy(sqlite_template, folder / "store.sqlite3")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
