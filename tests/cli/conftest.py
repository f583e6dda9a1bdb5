"""Running commands as a person does, without a process per call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left: exit code, stdout (data), stderr (everything else)."""

    code: int
    out: str
    err: str


Digest = Callable[..., Ran]


@pytest.fixture
def digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sqlite_url: str
) -> Digest:
    """``digest("db", "check")`` in an empty folder, with a fresh, migrated SQLite store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGEST_CONFIG", raising=False)
    monkeypatch.setenv("DIGEST_STORE__URL", sqlite_url)
    monkeypatch.setenv("DIGEST_WEB__SECRET_KEYS", '["a secret key for tests only"]')

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(list(arguments))
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    return call
