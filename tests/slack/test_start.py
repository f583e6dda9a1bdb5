"""The app and the channel as the settings say, in one process with the store."""

from __future__ import annotations

import logging
import os
import threading
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from slack_sdk.oauth.installation_store import Installation
from sqlalchemy import Engine

from digest.bootstrap import open_channels, seal_of
from digest.channels.slack import SlackChannel
from digest.config import Settings, SlackSettings, WebSettings
from digest.errors import ConfigError
from digest.house import House
from digest.model import ChannelName, Message, Sent
from digest.slack.installations import Installations
from digest.slack.serving import routes
from digest.slack.start import open_app
from tests.channels.slack_sheets import papers, sheet
from tests.slack_server import TOKEN, running_slack

KEYS = WebSettings(secret_keys=(SecretStr("a secret key for tests only"),))
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def clock() -> datetime:
    return NOW


def settings(**values: object) -> Settings:
    return Settings(web=KEYS, slack=SlackSettings.model_validate({"enabled": True} | values))


def test_one_workspace_by_token_has_no_oauth_and_several_have(sqlite_engine: Engine) -> None:
    one = open_app(House(settings(bot_token=TOKEN, signing_secret="x"), sqlite_engine), clock)
    assert one.oauth_flow is None
    several = settings(client_id="1.2", client_secret="y", signing_secret="x")
    assert open_app(House(several, sqlite_engine), clock).oauth_flow is not None


def test_a_token_left_empty_is_none_to_app_routes_and_sign_up_page_alike(sqlite_engine: Engine) -> None:
    told = settings(bot_token="", client_id="1.2", client_secret="y", app_token="xapp-1")
    assert open_app(House(told, sqlite_engine), clock).oauth_flow is not None
    assert routes(House(told, sqlite_engine), clock) is not None
    assert told.slack.installable


def test_a_secret_that_is_missing_is_named(sqlite_engine: Engine) -> None:
    with pytest.raises(ConfigError, match=r"slack\.bot_token"):
        open_app(House(settings(signing_secret="x"), sqlite_engine), clock)
    with pytest.raises(ConfigError, match=r"slack\.app_token"):
        open_app(House(settings(bot_token=TOKEN), sqlite_engine), clock)


def test_the_channel_posts_with_the_token_of_the_installed_workspace(
    sqlite_engine: Engine,
) -> None:
    with running_slack() as slack:
        told = settings(client_id="1.2", client_secret="y", base_url=slack.api)
        installation = Installation(team_id="T111", user_id="U1", bot_token=TOKEN, bot_scopes="commands")
        Installations(sqlite_engine, seal_of(told), clock).save(installation)
        channel = open_channels(told, sqlite_engine)[ChannelName.SLACK]
        assert isinstance(channel, SlackChannel)
        made = sheet(papers(1), address="T111/C1")
        message = Message(1, made.address, channel.render(made), made.message_id)
        with channel.open() as sender:
            ((_, outcome),) = sender.hand_over([message], lambda ids: ids)
    assert isinstance(outcome, Sent)


@pytest.mark.parametrize(
    "access",
    [
        {"bot_token": TOKEN, "signing_secret": "x"},
        {"bot_token": TOKEN, "app_token": "xapp-1"},
        {"client_id": "1.2", "client_secret": "y", "signing_secret": "x"},
    ],
    ids=["http", "socket mode", "several workspaces"],
)
def test_an_app_that_is_set_up_rightly_starts_without_a_warning(
    access: dict[str, str], sqlite_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    open_app(House(settings(**access), sqlite_engine), clock)
    here = (record for record in caplog.records if record.thread == threading.get_ident())
    assert [record.getMessage() for record in here if record.levelno >= logging.WARNING] == []


FOREIGN = (
    "CLIENT_ID",
    "CLIENT_SECRET",
    "SIGNING_SECRET",
    "BOT_TOKEN",
    "SCOPES",
    "USER_SCOPES",
    "REDIRECT_URI",
    "INSTALL_PATH",
    "REDIRECT_URI_PATH",
    "VERIFICATION_TOKEN",
)


def test_what_the_environment_holds_for_another_slack_program_decides_nothing(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bolt reads these by itself: one workspace became several, whose tokens lie in files."""
    for name in FOREIGN:
        monkeypatch.setenv(f"SLACK_{name}", f"foreign-{name}")
    one = open_app(House(settings(bot_token=TOKEN, app_token="xapp-1"), sqlite_engine), clock)
    assert one.oauth_flow is None
    assert one.installation_store is None
    assert one._signing_secret == ""
    assert one.client.token == TOKEN
    several = settings(client_id="1.2", client_secret="y", signing_secret="x")
    flow = open_app(House(several, sqlite_engine), clock).oauth_flow
    assert flow is not None
    assert "foreign" not in repr(vars(flow.settings))
    assert os.environ["SLACK_CLIENT_ID"] == "foreign-CLIENT_ID"  # children and others find it as it was
