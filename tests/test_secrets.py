"""No secret and no address in anything that is said: a canary in every place one is kept.

The peers are as indiscreet as they can be: they repeat in their answers what they were told.
"""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import Engine, update

from digest.cli import main
from digest.model import ChannelName
from digest.store.database import open_engine, transaction
from digest.store.schema import DeliveryRow, SubscriberRow
from tests.channels.test_smtp_session import certificate, context
from tests.faults.relay import Relay
from tests.processes import answers, settings, wait_for
from tests.slack_server import Slack, running_slack
from tests.store.outbox import address_of, all_of, fill

__all__ = ["certificate"]

ADDRESS = address_of(1)
SMTP_PASSWORD = "canary-smtp-password"
BOT_TOKEN = "xoxb-canary-bot"
SECRET_KEY = "canary-secret-key-of-the-links"
WEBHOOK = "canary-webhook"
SECRETS = {
    "DIGEST_SOURCE__TOKEN": "hf_canary_source",
    "DIGEST_EMAIL__PASSWORD": SMTP_PASSWORD,
    "DIGEST_SLACK__BOT_TOKEN": BOT_TOKEN,
    "DIGEST_SLACK__SIGNING_SECRET": "canary-signing",
    "DIGEST_SLACK__CLIENT_SECRET": "canary-client",
    "DIGEST_BOUNCES__IMAP_PASSWORD": "canary-imap",
    "DIGEST_OPERATOR__PING_URL": "http://127.0.0.1:1/ping/canary-ping",
    "DIGEST_OPERATOR__SLACK_WEBHOOK": "http://127.0.0.1:1/services/T/B/canary-operator",
    "DIGEST_WEB__SECRET_KEYS": json.dumps([SECRET_KEY]),
}
LOGIN = base64.b64encode(f"\0digest\0{SMTP_PASSWORD}".encode()).decode()
CANARIES = ("canary", SMTP_PASSWORD, LOGIN, base64.b64encode(SMTP_PASSWORD.encode()).decode(), ADDRESS)


def given_away(said: str) -> list[str]:
    return [one for one in CANARIES if one in said]


def repeats_the_login(phase: str, argument: str) -> str | None:
    return f"535 5.7.8 not with {argument} ({SMTP_PASSWORD})" if phase == "AUTH" else None


def repeats_the_address(phase: str, argument: str) -> str | None:
    return f"550 5.1.1 <{ADDRESS}>: no such person ({argument})" if phase == "RCPT" else None


class Admin:
    """Someone at a shell; keeps all that was said."""

    def __init__(self, environment: dict[str, str], shown: pytest.CaptureFixture[str]) -> None:
        self.environment = environment
        self.shown = shown
        self.said = ""

    def digest(self, *arguments: str) -> int:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            code = main(list(arguments))
        self.said += "".join(self.shown.readouterr())
        return code


Admins = Callable[..., Admin]


@pytest.fixture
def slack() -> Iterator[Slack]:
    with running_slack() as server:
        yield server


def environment(url: str, relay: Relay, slack: Slack, folder: Path, **more: str) -> dict[str, str]:
    return settings(
        url,
        relay,
        folder,
        **SECRETS,
        DIGEST_SLACK__ENABLED="true",
        DIGEST_SLACK__BASE_URL=slack.api,
        DIGEST_SLACK__WEBHOOK_HOSTS='["127.0.0.1"]',
        DIGEST_LOG__LEVEL="debug",
        **more,
    )


@pytest.fixture
def admin_of(
    slack: Slack, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Admins:
    """``admin_of(url, relay)``: who works with this store and this mail server."""
    monkeypatch.chdir(tmp_path)
    return lambda url, relay, **more: Admin(environment(url, relay, slack, tmp_path, **more), capfd)


def fill_a_webhook(engine: Engine, hook: str) -> None:
    """One delivery to an incoming webhook, whose address is a secret."""
    (number,) = fill(engine, 1, channel=ChannelName.SLACK)
    with transaction(engine) as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.id == number).values(address=hook))
        session.execute(update(SubscriberRow).where(SubscriberRow.channel == "slack").values(address=hook))


def test_settings_are_shown_and_examined_without_a_secret(sqlite_url: str, admin_of: Admins) -> None:
    with Relay(repeats_the_login) as relay:
        admin = admin_of(sqlite_url, relay)
        assert admin.digest("config", "show") == 0
        assert admin.digest("config", "check") == 0
        admin.digest("doctor")
        admin.digest("doctor", "--json")

    assert "password" in admin.said
    assert given_away(admin.said) == []


def test_a_login_that_the_server_repeats_is_not_said_again(
    sqlite_url: str, certificate: Path, admin_of: Admins
) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 1)
    abilities = ("STARTTLS", "AUTH PLAIN LOGIN")
    with Relay(repeats_the_login, abilities, tls=context(certificate)) as relay:
        login = {"SECURITY": "starttls", "USERNAME": "digest", "CA_FILE": str(certificate)}
        more = {f"DIGEST_EMAIL__{name}": value for name, value in login.items()}
        admin = admin_of(sqlite_url, relay, **more)
        for command in (["deliver"], ["doctor"], ["deliveries", "show", "1"], ["deliveries", "list"]):
            admin.digest(*command)
        assert any(line.startswith("AUTH") for line in relay.lines)

    assert "535" in admin.said
    assert given_away(admin.said) == []
    engine.dispose()


def test_addresses_and_webhooks_that_peers_refuse_are_not_said(
    sqlite_url: str, slack: Slack, admin_of: Admins
) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 1)
    fill_a_webhook(engine, f"{slack.url}/services/T1/B1/{WEBHOOK}")
    slack.faults += ["invalid_payload", "no_service"]
    with Relay(repeats_the_address) as relay:
        admin = admin_of(sqlite_url, relay)
        for command in (["deliver"], ["deliveries", "list"], ["deliveries", "show", "1"]):
            admin.digest(*command)
        admin.digest("deliveries", "show", "2")

    assert "5.1.1" in admin.said
    assert given_away(admin.said) == []
    assert all(not given_away(one.reason or "") for one in all_of(engine))
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://digest:canary@127.0.0.1:1/digest", "nosuch://digest:canary@db/digest", "canary"],
)
def test_a_store_that_cannot_be_opened_is_named_without_its_password(url: str, admin_of: Admins) -> None:
    with Relay() as relay:
        admin = admin_of(url, relay)
        assert admin.digest("days") != 0
        assert admin.digest("doctor") != 0

    assert given_away(admin.said) == []


def test_the_daemon_logs_no_token_of_a_link_and_no_address(
    sqlite_url: str, slack: Slack, tmp_path: Path, port: int
) -> None:
    engine = open_engine(sqlite_url)
    fill(engine, 3)
    base = f"http://127.0.0.1:{port}"
    with Relay(repeats_the_address) as relay:
        more = {"DIGEST_WEB__PORT": str(port), "DIGEST_DELIVERY__SHUTDOWN_SECONDS": "1"}
        given = environment(sqlite_url, relay, slack, tmp_path, **more)
        words = tmp_path / "words"  # a file takes them all; a pipe would be full at some time
        with (
            words.open("wb") as file,
            subprocess.Popen(
                [Path(sys.executable).parent / "digest", "run"],
                cwd=tmp_path,
                env=given,
                stdout=file,
                stderr=subprocess.STDOUT,
            ) as daemon,
        ):
            wait_for(lambda: answers(f"{base}/healthz"))
            wait_for(lambda: any(line.startswith("RCPT") for line in relay.lines))
            pages = [
                requests.get(f"{base}/u/canary-token", timeout=60),
                requests.post(f"{base}/p/canary-token", data={"email": ADDRESS}, timeout=60),
                requests.post(f"{base}/subscribe", data={"email": f"{ADDRESS}\0canary"}, timeout=60),
                requests.get(f"{base}/nothing?address={ADDRESS}&token=canary", timeout=60),
                requests.post(f"{base}/slack/events", data="canary", timeout=60),
            ]
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(90)
    said = words.read_text()
    engine.dispose()

    assert all(page.status_code < 500 for page in pages)
    assert "running" in said
    assert given_away(said) == []
