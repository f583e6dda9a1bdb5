"""From nothing to a working configuration."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from digest.store.database import open_engine, transaction
from digest.store.schema import CounterRow
from tests.cli.conftest import Digest


@pytest.fixture
def empty(digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Digest:
    """A machine without any setting in its environment, and with a data folder of its own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
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


def test_a_store_and_what_sqlite_keeps_beside_it_are_read_by_their_owner_alone(
    empty: Digest, tmp_path: Path
) -> None:
    empty("init", "--store", f"sqlite:///{tmp_path / 'new.sqlite3'}")
    engine = open_engine(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    with transaction(engine) as session:
        session.add(CounterRow(name="one", value=1))
    made = sorted(tmp_path.glob("new.sqlite3*"))
    assert [file.name.removeprefix("new.sqlite3") for file in made] == ["", "-shm", "-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in made} == {0o600}
    engine.dispose()


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
    for port in ("smtp", "²", "9" * 5_000):
        ran = empty("init", "--smtp", f"mail.example.org:{port}")
        assert (ran.code, "is not HOST:PORT" in ran.err) == (2, True), port


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("--sender", "nobody"), "email.sender"),
        (("--base-url", "digest.example.org"), "web.base_url: 'digest.example.org' is no address"),
        (("--store", "mysql://x"), "mysql"),
    ],
)
def test_a_wrong_value_is_named_and_leaves_no_configuration_behind(
    empty: Digest, tmp_path: Path, wrong: tuple[str, str], says: str
) -> None:
    ran = empty("init", "--store", f"sqlite:///{tmp_path / 'new.sqlite3'}", *wrong)
    assert (ran.code, says in ran.err) == (3, True), ran.err
    assert not (tmp_path / "config.toml").exists()


def test_a_port_for_submission_is_never_spoken_to_in_clear(empty: Digest, tmp_path: Path) -> None:
    store = ("--store", f"sqlite:///{tmp_path / 'new.sqlite3'}", "--force")
    for port, security in (("587", "starttls"), ("465", "tls"), ("25", "none")):
        assert empty("init", *store, "--smtp", f"mail.example.org:{port}").code == 0
        assert f'security = "{security}"' in empty("config", "show").out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIGEST_EMAIL__SENDER", "nobody"),
        ("DIGEST_EMAIL__REPLY_TO", "a, b"),
        ("DIGEST_OPERATOR__EMAIL", "root"),
        ("DIGEST_WEB__TRUSTED_PROXIES", '["everybody"]'),
        ("DIGEST_WEB__BASE_URL", "ftp://example.org"),
        ("DIGEST_DELIVERY__LEASE_SECONDS", "5"),
        ("DIGEST_STORE__URL", "mysql://me:canary@db/digest"),
        ("DIGEST_STORE__URL", "canary"),
        ("DIGEST_STORE__URL", "postgresql://me:canary@db:abc/digest"),
        ("DIGEST_OPERATOR__PING_URL", "canary"),
        ("DIGEST_OPERATOR__SLACK_WEBHOOK", "canary"),
    ],
)
def test_checking_finds_what_would_fail_only_in_use(
    digest: Digest, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    ran = digest("config", "check")
    key = name.removeprefix("DIGEST_").lower().replace("__", ".")
    assert (ran.code, key in ran.err) == (3, True), ran.err
    assert "canary" not in ran.err


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"EMAIL__USERNAME": "me", "EMAIL__HOST": "mail.example.org"}, "email.security"),
        ({"EMAIL__CA_FILE": "nowhere.pem", "EMAIL__SECURITY": "tls"}, "email.ca_file"),
        ({"EMAIL__CA_FILE": "empty.pem", "EMAIL__SECURITY": "starttls"}, "email.ca_file"),
        ({"BOUNCES__IMAP_SECURITY": "none", "BOUNCES__IMAP_HOST": "imap.org"}, "bounces.imap_security"),
        ({"EMAIL__USERNAME": "me", "EMAIL__HOST": "127.0.0.1"}, ""),
        ({"EMAIL__USERNAME": "me", "EMAIL__HOST": "mail.example.org", "EMAIL__SECURITY": "tls"}, ""),
        ({"EMAIL__USERNAME": "me", "EMAIL__HOST": "mail.example.org", "EMAIL__ENABLED": "no"}, ""),
        ({"BOUNCES__IMAP_SECURITY": "none", "BOUNCES__IMAP_HOST": "localhost"}, ""),
        ({"OPERATOR__PING_URL": "https://ping.example.org/x?y=1", "OPERATOR__SLACK_WEBHOOK": ""}, ""),
    ],
)
def test_checking_finds_what_no_session_could_come_about_with(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], key: str
) -> None:
    (tmp_path / "empty.pem").write_text("")
    for name, value in given.items():
        monkeypatch.setenv(f"DIGEST_{name}", value)
    ran = digest("config", "check")
    assert (ran.code, key in ran.err) == (3 if key else 0, True), ran.err


@pytest.mark.parametrize("url", ["canary", "postgresql://me:canary@db:abc/digest"])
def test_a_store_that_is_no_address_is_shown_and_examined_without_its_password(
    digest: Digest, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DIGEST_STORE__URL", url)
    shown, examined = digest("config", "show"), digest("doctor", "--no-network")
    assert (shown.code, examined.code) == (0, 3)
    assert "store.url is not a database address" in examined.err
    assert "canary" not in shown.out + shown.err + examined.out + examined.err


def test_showing_says_which_file_was_read(empty: Digest, tmp_path: Path) -> None:
    assert "no file" in empty("config", "show").err
    empty("init", "--store", f"sqlite:///{tmp_path / 'new.sqlite3'}")
    assert f"read from {tmp_path / 'config.toml'}" in empty("config", "show").err
    assert "read from" not in empty("--quiet", "config", "check").err


def test_a_store_named_by_the_environment_is_not_written_beside_it(
    empty: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the container image: what the file said would be beaten, and be wrong."""
    url = f"sqlite:///{tmp_path / 'data.sqlite3'}"
    monkeypatch.setenv("DIGEST_STORE__URL", url)
    assert empty("init", "--store", "sqlite:///elsewhere.sqlite3").code == 2
    ran = empty("init")
    assert (ran.code, url in ran.err) == (0, True)
    assert url not in (tmp_path / "config.toml").read_text()
    assert empty("db", "check").code == 0
