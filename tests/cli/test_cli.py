"""The command line as a whole: help, errors, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digest.cli import COMMANDS
from tests.cli.conftest import Digest


def test_help_lists_every_command(digest: Digest) -> None:
    ran = digest("--help")
    assert ran.code == 0
    assert all(name in ran.out for name in COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(digest: Digest, name: str) -> None:
    ran = digest(name, "--help")
    assert ran.code == 0
    assert len(ran.out.splitlines()) > 3


def test_an_unknown_command_is_wrong_usage_on_stderr(digest: Digest) -> None:
    ran = digest("sned")
    assert (ran.code, ran.out) == (2, "")
    assert "sned" in ran.err
    assert "Did you mean 'subscribers'?" in digest("subscriber", "add").err


def test_a_wrong_configuration_is_one_line_and_a_remedy(digest: Digest, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[emial]\n")
    ran = digest("config", "check")
    assert (ran.code, ran.out) == (3, "")
    assert "emial: unknown key" in ran.err
    assert "→" in ran.err
    assert "Traceback" not in ran.err


def test_settings_are_shown_with_secrets_masked(digest: Digest) -> None:
    ran = digest("config", "show", "--json")
    assert json.loads(ran.out)["web"]["secret_keys"] == ["**********"]


def test_shown_settings_read_like_the_file(digest: Digest) -> None:
    ran = digest("config", "show")
    assert "[email]" in ran.out
    assert 'security = "none"' in ran.out


def test_a_store_without_schema_names_the_command_to_run(
    digest: Digest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DIGEST_STORE__URL", f"sqlite:///{tmp_path / 'new.sqlite3'}")
    ran = digest("db", "check")
    assert ran.code == 4
    assert "digest db upgrade" in ran.err
    assert digest("db", "upgrade").code == 0
    assert digest("db", "check").code == 0
    assert "is at" in digest("db", "upgrade").err


def test_an_unforeseen_fault_shows_no_traceback(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "config", ("digest.cli.missing", "gone"))
    ran = digest("config", "check")
    assert ran.code == 1
    assert "fault of digest" in ran.err
    assert "Traceback" not in ran.err
