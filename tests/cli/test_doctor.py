"""The doctor names what is wrong and what to do about it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest.demo.mailbox import Mailbox
from digest.pipeline.collect import collect
from tests.channels.dns_server import names
from tests.cli.conftest import Digest
from tests.shelf import Shelf, paper


def weekdays(until: date) -> list[date]:
    return [until - timedelta(days=n) for n in range(8)]


@pytest.fixture
def healthy(digest: Digest, sqlite_engine: Engine) -> Digest:
    """A store whose source was read just now, papers on every day."""
    now = datetime.now(UTC)
    days = weekdays(now.date())
    shelf = Shelf({day: [paper(n, f"Paper {n}")] for n, day in enumerate(days)})
    collect(sqlite_engine, shelf, now=now, days=days)
    return digest


def test_all_is_well_with_a_fresh_source_and_a_mail_server_that_answers(
    healthy: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Mailbox() as mailbox:
        monkeypatch.setenv("DIGEST_EMAIL__PORT", str(mailbox.port))
        monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
        ran = healthy("doctor")
    assert (ran.code, ran.out) == (0, "")
    assert "all is well" in ran.err


def test_what_is_wrong_only_when_it_is_used_is_named(
    healthy: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DELIVERY__LEASE_SECONDS", "1")
    ran = healthy("doctor", "--no-network", "--json")
    (found,) = [one for one in json.loads(ran.out) if one["key"] == "settings"]
    assert (ran.code, "lease" in found["detail"]) == (1, True)


def test_a_source_never_read_and_a_mail_server_that_is_down_are_named(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_EMAIL__PORT", "1")
    monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
    ran = digest("doctor", "--json")
    found = {one["key"]: one for one in json.loads(ran.out)}
    assert ran.code == 1
    assert found.keys() >= {"source.stale", "mail"}
    assert all(one["remedy"] for one in found.values())


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"CLIENT_ID": "1.2"}, "slack.client_secret and slack.signing_secret (or slack.app_token)"),
        ({"CLIENT_ID": "1.2", "CLIENT_SECRET": "x"}, "lacks slack.signing_secret (or slack.app_token)"),
        ({"CLIENT_SECRET": "x", "SIGNING_SECRET": "y"}, "lacks slack.client_id"),
        ({"CLIENT_ID": "1.2", "CLIENT_SECRET": "x", "SIGNING_SECRET": "y"}, ""),
        ({"BOT_TOKEN": "xoxb-1"}, ""),
        ({}, ""),
    ],
)
def test_half_a_slack_app_is_named_with_what_it_lacks(
    healthy: Digest, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: str
) -> None:
    monkeypatch.setenv("DIGEST_SLACK__ENABLED", "true")
    for key, value in given.items():
        monkeypatch.setenv(f"DIGEST_SLACK__{key}", value)
    ran = healthy("doctor", "--no-network")
    assert (ran.code, missing in ran.out) == (1 if missing else 0, True)


def test_a_store_that_cannot_be_used_is_named_by_its_address_without_the_password(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_STORE__URL", "postgresql://me:canary@127.0.0.1:1/digest")
    ran = digest("doctor", "--no-network")
    assert (ran.code, "canary" in ran.out + ran.err) == (1, False)
    assert "postgresql://me:***@127.0.0.1:1/digest: the store" in ran.out


def test_a_store_that_everybody_can_read_is_named_with_what_closes_it(
    healthy: Digest, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to others
        Path(folder).chmod(0o755)
        store = Path(folder) / "store.sqlite3"
        shutil.copy(sqlite_url.removeprefix("sqlite:///"), store)
        store.chmod(0o644)
        monkeypatch.setenv("DIGEST_STORE__URL", f"sqlite:///{store}")
        found = healthy("doctor", "--no-network").out
        assert f"can read the store: {store}" in found
        remedy = re.search(r"chmod 600 (\S.*)", found)
        assert remedy is not None
        subprocess.run(["chmod", "600", *shlex.split(remedy[1])], check=True)
        assert "can read the store" not in healthy("doctor", "--no-network").out
        store.chmod(0o644)
        Path(folder).chmod(0o700)
        assert "can read the store" not in healthy("doctor", "--no-network").out


def test_links_without_tls_are_named(healthy: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_WEB__BASE_URL", "http://digest.example.org")
    ran = healthy("doctor", "--no-network")
    assert ran.code == 1
    assert "https" in ran.out


def test_a_missing_key_is_named(healthy: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGEST_WEB__SECRET_KEYS")
    ran = healthy("doctor", "--no-network")
    assert ran.code == 1
    assert "secret_keys" in ran.out


def test_a_store_without_schema_is_named(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_STORE__URL", "sqlite:///new.sqlite3")
    ran = digest("doctor", "--no-network")
    assert ran.code == 1
    assert "digest db upgrade" in ran.out


def test_a_weekday_that_was_never_read_is_named_with_the_command_to_run(
    digest: Digest, sqlite_engine: Engine
) -> None:
    now = datetime.now(UTC)
    days = weekdays(now.date())
    gap = next(day for day in days[2:] if day.weekday() < 5)
    shelf = Shelf({day: [paper(n, f"Paper {n}")] for n, day in enumerate(days)})
    collect(sqlite_engine, shelf, now=now, days=[day for day in days if day != gap])
    ran = digest("doctor", "--no-network")
    assert ran.code == 1
    assert f"digest backfill {gap}" in ran.out


def test_a_return_domain_that_could_never_satisfy_dmarc_is_named(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_EMAIL__SENDER", "Papers <digest@digest.example.org>")
    monkeypatch.setenv("DIGEST_EMAIL__BOUNCE_DOMAIN", "bounces.example.net")
    assert "SPF alone cannot satisfy DMARC" in digest("doctor", "--no-network").out
    monkeypatch.setenv("DIGEST_EMAIL__BOUNCE_DOMAIN", "bounces.example.org")
    assert "DMARC" not in digest("doctor", "--no-network").out


@pytest.mark.counterpart
def test_what_the_dns_lacks_is_looked_up_where_it_is_asked_for(
    healthy: Digest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DIGEST_EMAIL__SENDER", "digest@example.org")
    with names({"example.org": "v=spf1 -all"}, tmp_path) as port:
        ran = healthy("doctor", "--no-network", "--dns", "--nameserver", f"127.0.0.1:{port}")
    assert ran.code == 1
    assert "example.org has no DMARC record" in ran.out
    assert "SPF" not in ran.out


@pytest.mark.parametrize(
    "command", [["doctor", "--no-network"], ["days"], ["db", "check"], ["db", "backup", "copy"]]
)
def test_a_mistyped_path_of_the_store_is_named_and_nothing_is_made_there(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    place = tmp_path / "mistyped" / "digest.sqlite3"
    monkeypatch.setenv("DIGEST_STORE__URL", f"sqlite:///{place}")
    ran = digest(*command)
    assert ran.code == (1 if command[0] == "doctor" else 4)
    said = ran.out + ran.err
    assert str(place) in said
    assert "there is no such store" in said
    assert "`digest db upgrade` makes a new store there" in said
    assert not place.parent.exists()


def test_db_upgrade_makes_the_store_and_its_folder(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "var" / "digest" / "digest.sqlite3"
    monkeypatch.setenv("DIGEST_STORE__URL", f"sqlite:///{place}")
    made = digest("db", "upgrade")
    assert (made.code, "the store went from nothing to " in made.err) == (0, True)
    assert digest("db", "check").code == 0
