"""``digest slack``: manifest, check and workspaces, without ever showing a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from digest.sealing import Seal
from digest.store import slack_installations
from digest.store.database import open_engine, transaction
from digest.store.slack_installations import StoredInstallation
from tests.cli.conftest import Digest
from tests.slack_server import TOKEN, Slack, running_slack


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    with running_slack() as running:
        monkeypatch.setenv("DIGEST_SLACK__BASE_URL", running.api)
        monkeypatch.setenv("DIGEST_SLACK__BOT_TOKEN", TOKEN)
        yield running


def test_the_manifest_is_one_json_document_for_the_configured_address(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_WEB__BASE_URL", "https://papers.example")
    ran = digest("slack", "manifest", "--several")
    assert ran.code == 0
    assert "https://papers.example/slack/oauth_redirect" in json.dumps(json.loads(ran.out))
    socket = digest("slack", "manifest", "--socket-mode")
    assert json.loads(socket.out)["settings"]["socket_mode_enabled"] is True


def test_check_names_the_workspace_of_a_token_with_all_scopes(digest: Digest, slack: Slack) -> None:
    ran = digest("slack", "check")
    assert (ran.code, ran.out) == (0, "")
    assert "belongs to Lab" in ran.err
    assert TOKEN not in ran.err


def test_check_names_missing_scopes_refused_tokens_and_a_missing_setting(
    digest: Digest, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.scopes = "chat:write,commands"
    ran = digest("slack", "check")
    assert ran.code == 6
    assert "users:read" in ran.err
    slack.tokens.clear()
    ran = digest("slack", "check")
    assert ran.code == 6
    assert "invalid_auth" in ran.err
    monkeypatch.setenv("DIGEST_SLACK__BASE_URL", "http://127.0.0.1:1/api/")
    assert "cannot be asked" in digest("slack", "check").err
    monkeypatch.delenv("DIGEST_SLACK__BOT_TOKEN")
    ran = digest("slack", "check")
    assert ran.code == 3
    assert "slack.bot_token is not set" in ran.err


def test_workspaces_are_listed_without_their_tokens(digest: Digest, sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    sealed = Seal((b"a secret key for tests only",)).close(TOKEN)
    at = datetime(2026, 11, 20, tzinfo=UTC)
    with transaction(engine) as session:
        stored = StoredInstallation("T111", "Lab", sealed, "B1", "UB", "U1", "commands", False, at)
        slack_installations.save(session, stored)
    engine.dispose()
    ran = digest("slack", "workspaces")
    assert ran.out == "T111\tLab\t2026-11-20\n"
    assert json.loads(digest("slack", "workspaces", "--json").out)[0]["id"] == "T111"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "slack.bot_token is not set"),
        ({"DIGEST_SLACK__BOT_TOKEN": TOKEN}, "neither slack.app_token"),
        ({"DIGEST_SLACK__CLIENT_ID": "1.2"}, "slack.bot_token is not set"),
    ],
)
def test_run_names_the_setting_that_is_missing(
    digest: Digest, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], says: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    ran = digest("slack", "run")
    assert ran.code == 3
    assert says in ran.err
