"""Starts the app: by Socket Mode with an app token, or over HTTP with a signing secret."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pydantic import SecretStr
from slack_bolt import App

from digest.bootstrap import seal_of
from digest.config import SlackSettings
from digest.errors import ConfigError
from digest.house import House
from digest.slack.app import Access, build_app
from digest.slack.desk import Desk
from digest.slack.installations import Installations

REDIRECT = "/slack/oauth_redirect"


def open_app(house: House, clock: Callable[[], datetime]) -> App:
    """The app as the settings say. Raises ``ConfigError`` naming the key that is missing."""
    settings = house.settings
    access = access_of(settings.slack, settings.web.base_url)
    installations = None
    if settings.slack.several:
        installations = Installations(house.engine, seal_of(settings), clock)
    return build_app(
        Desk(house.engine, settings.digest, house.keys), access, clock, installations=installations
    )


def access_of(slack: SlackSettings, base_url: str) -> Access:
    """What the app proves itself with. A bot token serves one workspace; a client id and secret several.

    Raises ``ConfigError`` naming the key that is missing.
    """
    access = Access(
        signing_secret=_plain(slack.signing_secret),
        bot_token=_plain(slack.bot_token),
        client_id=slack.client_id,
        client_secret=_plain(slack.client_secret),
        base_url=slack.base_url,
        redirect_uri=base_url.rstrip("/") + REDIRECT,
    )
    if not (access.bot_token or slack.several):
        raise ConfigError(
            "slack.bot_token is not set, nor slack.client_id and slack.client_secret",
            remedy="set one of them; docs/slack.md says where they come from",
        )
    if not (access.signing_secret or slack.app_token):
        raise ConfigError(
            "neither slack.app_token (Socket Mode) nor slack.signing_secret (HTTP) is set",
            remedy="set one of them; docs/slack.md says where they come from",
        )
    return access


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
