"""The app's manifest, to paste into Slack ("Create New App", "From a manifest"). Pure."""

from __future__ import annotations

from typing import Any

from digest.slack.scopes import SCOPES

EXAMPLE_URL = "https://digest.example.org"
EVENTS = ("app_home_opened", "app_uninstalled", "tokens_revoked")


def manifest(
    base_url: str = EXAMPLE_URL, *, socket_mode: bool = False, several: bool = False
) -> dict[str, Any]:
    """The manifest for HTTP under ``base_url``, or for Socket Mode, which needs no public address.

    ``several`` adds the address that OAuth returns to.
    """
    events = f"{base_url.rstrip('/')}/slack/events"
    oauth: dict[str, Any] = {"scopes": {"bot": list(SCOPES)}}
    if several:
        oauth["redirect_urls"] = [f"{base_url.rstrip('/')}/slack/oauth_redirect"]
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Daily Papers digest",
            "description": "The day's papers, ranked for you, with the reasons.",
            "background_color": "#1f2937",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "digest", "always_online": False},
            "slash_commands": [_command(None if socket_mode else events)],
        },
        "oauth_config": oauth,
        "settings": _settings(None if socket_mode else events),
    }


def _command(url: str | None) -> dict[str, Any]:
    made = {
        "command": "/digest",
        "description": "Your digest of Daily Papers",
        "usage_hint": "subscribe diffusion, agents -survey | today | search … | why ID | pause | stop",
        "should_escape": False,
    }
    return made | ({"url": url} if url else {})


def _settings(url: str | None) -> dict[str, Any]:
    asked = {"request_url": url} if url else {}
    return {
        "event_subscriptions": {
            **asked,
            "bot_events": list(EVENTS),
        },
        "interactivity": {"is_enabled": True, **asked},
        "org_deploy_enabled": False,
        "socket_mode_enabled": url is None,
        "token_rotation_enabled": False,
    }
