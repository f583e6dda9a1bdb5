"""``digest preview`` and ``send-test``: the very message, shown and sent."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import time_machine

from digest.cli import main
from digest.demo.sample import LAST_DAY
from digest.demo.server import SourceServer, sample_source
from digest.tokens import Purpose, verify
from tests.cli.conftest import Digest
from tests.faults.relay import Relay
from tests.keys import KEYS

NOW = datetime(2026, 10, 16, 18, tzinfo=UTC)
ADA = "ada@example.org"


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    with Relay() as running:
        monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
        monkeypatch.setenv("DIGEST_EMAIL__PORT", str(running.port))
        monkeypatch.setenv("DIGEST_EMAIL__BOUNCE_DOMAIN", "bounces.example.org")
        yield running


@pytest.fixture(scope="module")
def shelf(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the sample days and one subscriber, made once."""
    store = tmp_path_factory.mktemp("preview") / "store.sqlite3"
    store.write_bytes(sqlite_template.read_bytes())
    with (
        pytest.MonkeyPatch.context() as patch,
        SourceServer(sample_source, now=NOW) as running,
        time_machine.travel(NOW, tick=False),
    ):
        patch.setenv("DIGEST_STORE__URL", f"sqlite:///{store}")
        patch.setenv("DIGEST_WEB__SECRET_KEYS", '["a secret key for tests only"]')
        patch.setenv("DIGEST_SOURCE__BASE_URL", running.url)
        assert main(["--quiet", "collect"]) == 0
        assert main(["subscribers", "add", ADA, "--keywords", "agents, robotics, diffusion models"]) == 0
    return store


@pytest.fixture
def stocked(digest: Digest, shelf: Path, tmp_path: Path) -> Iterator[Digest]:
    """The command line on a copy of the stocked store."""
    with (
        closing(sqlite3.connect(shelf)) as kept,
        closing(sqlite3.connect(tmp_path / "store.sqlite3")) as mine,
    ):
        kept.backup(mine)
    with time_machine.travel(NOW, tick=False):
        yield digest


def test_a_preview_before_preparing_is_composed_and_stores_nothing(stocked: Digest) -> None:
    shown = stocked("preview", ADA)
    assert shown.code == 0, shown.err
    assert "papers are for you" in shown.out
    assert "not sent yet" in shown.err
    assert "\x1b" not in shown.out
    assert json.loads(stocked("stats", "--json").out).get("digests", 0) == 0


def test_all_views_hold_the_same_papers(stocked: Digest) -> None:
    mail = message_from_bytes(stocked("preview", ADA, "--raw").out.encode(), policy=policy.default)
    title = str(mail["Subject"]).partition(": ")[2].partition(", and ")[0]
    for view in ("--text", "--html", "--slack"):
        assert title[:20] in " ".join(stocked("preview", ADA, view).out.split())


@pytest.mark.parametrize("view", ["--text", "--html", "--raw", "--slack"])
def test_a_subscriber_of_slack_has_all_views_too(stocked: Digest, view: str) -> None:
    hook = "https://hooks.slack.com/services/T0/B0/canary"
    assert stocked("subscribers", "add", hook, "--channel", "slack", "-k", "agents").out == "2\n"
    shown = stocked("preview", "2", view)
    assert shown.code == 0, shown.err
    assert ("here as a mail, to a stand-in" in shown.err) == (view != "--slack")
    assert "canary" not in shown.out + shown.err


@pytest.mark.usefixtures("relay")
def test_a_preview_after_sending_is_what_was_sent_byte_for_byte(stocked: Digest, relay: Relay) -> None:
    assert stocked("prepare", "--subscriber", ADA).code == 0
    assert stocked("deliver").code == 0
    (sent,) = relay.bodies(ADA)
    shown = stocked("preview", ADA, "--raw")
    assert shown.out.encode() == sent.replace(b"\r\n", b"\n") or shown.out.encode() == sent
    assert shown.err == ""


def test_a_past_day_is_shown_as_it_stood(stocked: Digest) -> None:
    shown = stocked("preview", ADA, "--day", str(LAST_DAY))
    assert shown.code == 0, shown.err
    assert stocked("preview", ADA, "--day", "2027-01-01").code == 1


def test_an_unknown_subscriber_is_named_with_a_remedy(stocked: Digest) -> None:
    shown = stocked("preview", "nobody@example.org")
    assert shown.code == 1
    assert "digest subscribers list" in shown.err


def test_a_test_mail_is_handed_over_and_nothing_is_stored(stocked: Digest, relay: Relay) -> None:
    sent = stocked("send-test", "admin@example.org")
    assert sent.code == 0, sent.err
    assert sent.err.startswith("accepted")
    (mail,) = relay.bodies("admin@example.org")
    assert message_from_bytes(mail, policy=policy.default)["To"] == "admin@example.org"
    assert json.loads(stocked("stats", "--json").out).get("deliveries", {}) in ({}, 0)


def test_a_test_mail_can_be_a_subscribers_digest(stocked: Digest, relay: Relay) -> None:
    assert stocked("send-test", "admin@example.org", "--subscriber", ADA).code == 0
    (mail,) = relay.bodies("admin@example.org")
    subject = message_from_bytes(stocked("preview", ADA, "--raw").out.encode(), policy=policy.default)[
        "Subject"
    ]
    assert message_from_bytes(mail, policy=policy.default)["Subject"] == subject


def test_a_test_mails_links_are_of_nobody(stocked: Digest, relay: Relay) -> None:
    """They look and verify like any, and name subscriber 0, whom there never is."""
    sent = stocked("send-test", "admin@example.org", "--subscriber", ADA)
    assert "links are dead" in sent.err
    (mail,) = relay.bodies("admin@example.org")
    header = message_from_bytes(mail, policy=policy.default)["List-Unsubscribe"]
    found = re.findall(r"/u/([\w.-]+)", mail.decode().replace("=\r\n", "")) + re.findall(
        r"/u/([\w.-]+)", header
    )
    assert len(found) >= 3
    assert {verify(KEYS, Purpose.UNSUBSCRIBE, token, NOW) for token in found} == {"0"}
    assert "u.0." in header


def test_a_test_mail_that_is_not_accepted_ends_with_the_code_of_delivery(
    stocked: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
    monkeypatch.setenv("DIGEST_EMAIL__PORT", "9")
    sent = stocked("send-test", "admin@example.org")
    assert sent.code == 6
    assert "by 127.0.0.1:9: " in sent.err
    assert "→ check [email] in the settings" in sent.err


def test_a_test_mail_that_is_refused_says_by_whom_and_what_can_be_done(
    stocked: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Relay(lambda phase, _argument: "550 5.1.1 no such person" if phase == "RCPT" else None) as relay:
        monkeypatch.setenv("DIGEST_EMAIL__HOST", "127.0.0.1")
        monkeypatch.setenv("DIGEST_EMAIL__PORT", str(relay.port))
        sent = stocked("send-test", "admin@example.org")
    assert (sent.code, f"refused by 127.0.0.1:{relay.port}: " in sent.err) == (6, True), sent.err
    assert "→ correct the address" in sent.err


@pytest.mark.parametrize("whose", [(), ("--subscriber", ADA)])
def test_a_test_of_a_day_to_come_is_refused_and_one_of_a_past_day_is_of_that_day(
    stocked: Digest, relay: Relay, whose: tuple[str, ...]
) -> None:
    refused = stocked("send-test", "admin@example.org", "--day", "2031-01-01", *whose)
    assert (refused.code, "lies in the future" in refused.err) == (1, True), refused.err
    assert relay.bodies("admin@example.org") == []
    assert stocked("send-test", "admin@example.org", "--day", str(LAST_DAY), *whose).code == 0
    (mail,) = relay.bodies("admin@example.org")
    assert f"{LAST_DAY.day} {LAST_DAY:%b}" in message_from_bytes(mail, policy=policy.default).as_string()


def test_a_list_of_addresses_is_refused(stocked: Digest) -> None:
    ran = stocked("send-test", "a@example.org, b@example.org")
    assert (ran.code, "no mail address" in ran.err) == (1, True)


def test_a_store_that_never_read_a_day_is_not_taken_for_a_day_without_papers(digest: Digest) -> None:
    assert digest("subscribers", "add", ADA, "--keywords", "agents").code == 0
    shown = digest("preview", ADA)
    assert shown.code == 0, shown.err
    assert "the source could not be read" in shown.out
    assert "No day was read." in shown.out
    assert "passed your bar" not in shown.out
    assert "no day was ever read into this store: run `digest collect`" in shown.err
    sent = digest("send-test", "not an address")
    assert sent.code == 1
    assert "no mail address" in sent.err
