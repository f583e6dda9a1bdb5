"""From nothing to a working configuration."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Digest


@pytest.fixture
def empty(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> Digest:
    """A machine without any setting in its environment."""
    monkeypatch.delenv("DIGEST_STORE__URL")
    monkeypatch.delenv("DIGEST_WEB__SECRET_KEYS")
    return digest


def test_init_leaves_a_configuration_that_checks_and_a_store_that_is_up_to_date(
    empty: Digest, tmp_path: Path
) -> None:
    ran = empty("init", "--store", f"sqlite:///{tmp_path / 'new.sqlite3'}", "--smtp", "mail.example.org:587")
    assert ran.code == 0
    assert "digest run" in ran.err
    assert empty("config", "check").code == 0
    assert empty("db", "check").code == 0
    assert "port = 587" in empty("config", "show").out


def test_the_configuration_is_readable_by_its_owner_alone(empty: Digest, tmp_path: Path) -> None:
    empty("init", "--store", f"sqlite:///{tmp_path / 'new.sqlite3'}")
    assert stat.S_IMODE((tmp_path / "config.toml").stat().st_mode) == 0o600


def test_init_never_overwrites_a_key_that_signed_links(empty: Digest, tmp_path: Path) -> None:
    store = ("--store", f"sqlite:///{tmp_path / 'new.sqlite3'}")
    empty("init", *store)
    before = (tmp_path / "config.toml").read_text()
    ran = empty("init", *store)
    assert ran.code == 3
    assert "exists already" in ran.err
    assert (tmp_path / "config.toml").read_text() == before
    assert empty("init", *store, "--force").code == 0


def test_a_place_that_cannot_be_written_is_named(empty: Digest, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = empty("init", "--path", str(tmp_path / "file" / "config.toml"))
    assert ran.code == 3
    assert "cannot be written" in ran.err


def test_a_mail_server_that_is_no_host_and_port_is_wrong_usage(empty: Digest) -> None:
    assert empty("init", "--smtp", "mail.example.org:smtp").code == 2
