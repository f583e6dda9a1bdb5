"""The manifest: complete for what the app does, and the same as the file to paste."""

from __future__ import annotations

import json
from pathlib import Path

from digest.slack.http import EVENTS, REDIRECT
from digest.slack.manifest import manifest
from digest.slack.scopes import SCOPES

FILE = Path(__file__).resolve().parents[2] / "docs" / "slack-manifest.json"


def test_the_file_to_paste_is_what_the_command_prints_for_socket_mode() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == manifest(socket_mode=True)


def test_over_http_every_address_is_the_one_that_is_served() -> None:
    made = manifest("https://papers.example/", several=True)
    url = f"https://papers.example{EVENTS}"
    assert made["features"]["slash_commands"][0]["url"] == url
    assert made["settings"]["event_subscriptions"]["request_url"] == url
    assert made["settings"]["interactivity"]["request_url"] == url
    assert made["oauth_config"]["redirect_urls"] == [f"https://papers.example{REDIRECT}"]
    assert made["settings"]["socket_mode_enabled"] is False


def test_socket_mode_names_no_address_and_every_scope_is_asked_for() -> None:
    made = manifest(socket_mode=True)
    assert "https://" not in json.dumps(made)
    assert made["oauth_config"]["scopes"]["bot"] == list(SCOPES)


def test_texts_keep_within_the_limits_of_manifests() -> None:
    made = manifest()
    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
    assert len(made["features"]["bot_user"]["display_name"]) <= 80
    assert len(made["features"]["slash_commands"][0]["usage_hint"]) <= 1000
