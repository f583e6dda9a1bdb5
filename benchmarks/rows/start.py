"""How long ``digest --help`` takes, against the bare interpreter.

As installed: with its modules compiled, even where ``PYTHONDONTWRITEBYTECODE`` keeps them from it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.harness import Budget, Row, contest, in_unit

DIGEST = Path(sys.executable).with_name("digest")


def rows() -> Iterable[Row]:
    """Processes from start to end."""
    seconds = contest(
        {
            "digest --help": lambda: _run(str(DIGEST), "--help"),
            "bare Python": lambda: _run(sys.executable, "-I", "-S", "-c", ""),
            "python -c pass": lambda: _run(sys.executable, "-c", ""),
        },
        turns=9,
    )
    ratio = seconds["digest --help"] / seconds["bare Python"]
    yield Row("digest --help", "ms", in_unit(seconds, 1000), (Budget("× bare Python start", ratio, 8, 4),))


def _run(*command: str) -> None:
    installed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=installed)
