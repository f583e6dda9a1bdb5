"""Slack inside another process: connected by Socket Mode, or mounted in the web site."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
import requests
from pydantic import SecretStr
from sqlalchemy import Engine

from digest.config import Settings, SlackSettings, WebSettings
from digest.errors import ConfigError
from digest.house import House
from digest.model import ChannelName
from digest.slack import serving
from digest.slack.saving import own_profiles
from digest.slack.serving import connected, routes
from digest.store import subscribers
from digest.store.database import reading
from digest.web import create_app
from digest.web.serving import bound
from digest.web.serving import serving as served
from tests.processes import wait_for
from tests.slack.conftest import SECRET, signed
from tests.slack_server import TOKEN, running_slack
from tests.slack_socket import DISCONNECT, HANG_UP, socket_mode

WEB = WebSettings(secret_keys=(SecretStr("a secret key for tests only"),), port=0)
APP_TOKEN = "xapp-canary"
FORM = "application/x-www-form-urlencoded"


def clock() -> datetime:
    return datetime(2026, 11, 20, tzinfo=UTC)


def house(engine: Engine, **slack: object) -> House:
    values = {"enabled": True, "bot_token": TOKEN} | slack
    return House(Settings(web=WEB, slack=SlackSettings.model_validate(values)), engine)


def command(response_url: str) -> dict[str, str]:
    asked = {"command": "/digest", "text": "subscribe agents -survey", "user_id": "U777", "team_id": "T111"}
    return asked | {"channel_id": "D777", "response_url": response_url, "trigger_id": "1.2"}


def subscribed(engine: Engine) -> bool:
    with reading(engine) as session:
        return subscribers.find(session, ChannelName.SLACK, "U777") is not None


def test_a_command_by_socket_mode_is_acknowledged_and_done_and_the_stop_says_goodbye(
    sqlite_engine: Engine,
) -> None:
    with running_slack() as slack:
        slack.tokens.add(APP_TOKEN)
        payload = command(f"{slack.url}/response")
        envelope = {"envelope_id": "e1", "type": "slash_commands", "payload": payload}
        with socket_mode([envelope]) as other:
            slack.socket_url = other.url
            with connected(house(sqlite_engine, app_token=APP_TOKEN, base_url=slack.api), clock):
                assert other.acknowledged.wait(60)
                slack.wait_for("response")
            assert other.left.wait(60)
    assert subscribed(sqlite_engine)


def enveloped(name: str, text: str, url: str) -> dict[str, object]:
    payload = command(f"{url}/response") | {"text": text}
    return {"envelope_id": name, "type": "slash_commands", "payload": payload}


def followed(engine: Engine) -> dict[str, str]:
    with reading(engine) as session:
        return {one.name: one.text for one in own_profiles(session, "U777")}


def test_envelopes_come_twice_and_over_new_connections_and_all_is_done_once(sqlite_engine: Engine) -> None:
    with running_slack() as slack:
        slack.tokens.add(APP_TOKEN)
        first = enveloped("e1", "subscribe robots: arms", slack.url)
        again = first | {"retry_attempt": 1, "retry_reason": "timeout"}
        second = enveloped("e2", "subscribe video: films", slack.url)
        with socket_mode([first, again, DISCONNECT], [second]) as other:
            slack.socket_url = other.url
            with connected(house(sqlite_engine, app_token=APP_TOKEN, base_url=slack.api), clock):
                other.wait_for(acks=3, connections=2)
                slack.wait_for("response", 3)
    assert other.acks == ["e1", "e1", "e2"]
    assert followed(sqlite_engine) == {"robots": "arms", "video": "films"}


@pytest.mark.slow
def test_a_connection_that_is_cut_without_a_word_is_made_again(sqlite_engine: Engine) -> None:
    with running_slack() as slack:
        slack.tokens.add(APP_TOKEN)
        later = enveloped("e1", "subscribe robots: arms", slack.url)
        with socket_mode([HANG_UP], [later]) as other:
            slack.socket_url = other.url
            with connected(house(sqlite_engine, app_token=APP_TOKEN, base_url=slack.api), clock):
                other.wait_for(acks=1, connections=2)
                slack.wait_for("response")
    assert followed(sqlite_engine) == {"robots": "arms"}


def test_an_envelope_is_acknowledged_before_its_work_begins(sqlite_engine: Engine) -> None:
    released = threading.Event()

    def slow_clock() -> datetime:
        assert released.wait(60)
        return clock()

    with running_slack() as slack:
        slack.tokens.add(APP_TOKEN)
        with socket_mode([enveloped("e1", "today", slack.url)]) as other:
            slack.socket_url = other.url
            with connected(house(sqlite_engine, app_token=APP_TOKEN, base_url=slack.api), slow_clock):
                other.wait_for(acks=1)
                assert not slack.called("response")
                released.set()
                slack.wait_for("response")


def test_workspaces_install_on_the_web_site_while_events_come_by_socket(sqlite_engine: Engine) -> None:
    with running_slack() as slack:
        several = {"bot_token": None, "client_id": "1.2", "client_secret": "hush", "app_token": APP_TOKEN}
        own = house(sqlite_engine, base_url=slack.api, **several)
        with served(create_app(own, slack=routes(own, clock)), bound(WEB)) as url:
            page = requests.get(f"{url}/slack/install", timeout=60)
            assert page.status_code == 200
            assert "oauth/v2/authorize?state=" in page.text
            assert requests.post(f"{url}/slack/events", data=b"{}", timeout=60).status_code == 404


def test_slack_out_of_reach_is_tried_again_and_said_without_the_token(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(serving, "FIRST_PAUSE", 0.01)
    with (
        running_slack() as slack,  # it does not know the app token
        connected(house(sqlite_engine, app_token=APP_TOKEN, base_url=slack.api), clock),
    ):
        slack.wait_for("apps.connections.open", 3)
    assert "invalid_auth" in caplog.text
    assert APP_TOKEN not in caplog.text


def test_slack_out_of_reach_never_keeps_a_process_from_stopping(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "FIRST_PAUSE", 3600.0)
    with running_slack() as slack:  # it does not know the app token
        with connected(house(sqlite_engine, app_token=APP_TOKEN, base_url=slack.api), clock):
            slack.wait_for("apps.connections.open")
        wait_for(lambda: "slack" not in {one.name for one in threading.enumerate()})


def test_over_http_the_web_site_answers_signed_requests_larger_than_any_form(sqlite_engine: Engine) -> None:
    with running_slack() as slack:
        own = house(sqlite_engine, signing_secret=SECRET, base_url=slack.api)
        app = create_app(own, slack=routes(own, clock))
        body = urlencode(command(f"{slack.url}/response") | {"padding": "x" * 100_000})
        with served(app, bound(WEB)) as url:
            for secret, status in ((SECRET, 200), ("another", 401)):
                headers = signed(body, FORM, secret)
                answer = requests.post(f"{url}/slack/events", data=body.encode(), headers=headers, timeout=60)
                assert answer.status_code == status
            slack.wait_for("response")
            assert requests.get(f"{url}/healthz", timeout=60).status_code == 200
    assert subscribed(sqlite_engine)


@pytest.mark.parametrize(
    "slack",
    [
        {},
        {"app_token": APP_TOKEN, "enabled": False},
        {"signing_secret": SECRET, "enabled": False},
    ],
)
def test_who_asks_for_no_app_needs_no_bolt(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, slack: dict[str, object]
) -> None:
    monkeypatch.setattr(serving, "find_spec", lambda _name: None)
    own = house(sqlite_engine, **slack)
    with connected(own, clock):
        assert routes(own, clock) is None


def test_a_missing_extra_is_named_before_anything_starts(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="extra `slack`"):
        routes(house(sqlite_engine, signing_secret=SECRET), clock)
    with (
        pytest.raises(ConfigError, match="extra `slack`"),
        connected(house(sqlite_engine, app_token=APP_TOKEN), clock),
    ):
        pass
