"""A share of a core for a process, by a control group of its own (Linux, as root).

So two workers can be compared with one although a machine has few cores: those with a quarter each
leave the rest to the database and the mail server.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_MICROSECONDS = 20_000
"""Short, so that a process that used up its share waits for milliseconds."""


def available() -> bool:
    """Whether groups can be made here."""
    return os.access(_controller(), os.W_OK) and os.geteuid() == 0


@contextmanager
def share_of_a_core(share: float) -> Iterator[None]:
    """This process, and what it starts, gets so much of one core at most."""
    group = _controller() / f"digest-bench-{os.getpid()}"
    group.mkdir()
    allowed = round(share * PERIOD_MICROSECONDS)
    if _first_version():
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
        (group / "cpu.cfs_quota_us").write_text(str(allowed))
    else:
        (group / "cpu.max").write_text(f"{allowed} {PERIOD_MICROSECONDS}")
    try:
        _move_to(group)
        yield
    finally:
        _move_to(_controller())
        group.rmdir()


def _first_version() -> bool:
    return (ROOT / "cpu").is_dir()


def _controller() -> Path:
    return ROOT / "cpu" if _first_version() else ROOT


def _move_to(group: Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))
