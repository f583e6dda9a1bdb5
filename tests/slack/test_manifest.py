"""The manifest: complete for what the app does, and the same as the file to paste."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from digest.slack.http import EVENTS, REDIRECT
from digest.slack.manifest import manifest
from digest.slack.scopes import COMMANDS, METHODS, SCOPES

ROOT = Path(__file__).resolve().parents[2]
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


# --- derived from the code ---------------------------------------------------------------------


def trees() -> Iterator[ast.Module]:
    """The code that talks to Slack."""
    files = [
        *ROOT.glob("digest/slack/*.py"),
        *ROOT.glob("digest/channels/slack*.py"),
        ROOT / "digest/cli/slack.py",
        ROOT / "digest/pipeline/operator.py",
    ]
    spoken = (file for file in files if file.name != "scopes.py")
    return (ast.parse(file.read_text(encoding="utf-8")) for file in spoken)


def called() -> set[str]:
    """The methods the code calls: by the SDK's client, or by name in a text of the code."""
    families = {name.partition("_")[0] for name in vars(WebClient) if not name.startswith("_")}
    spelt = re.compile(rf"/?((?:{'|'.join(families)})\.[a-zA-Z]+(?:\.[a-zA-Z]+)?)")
    found = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("client"):
                family, _, name = node.attr.partition("_")
                found |= {f"{family}.{name}"} if hasattr(WebClient, node.attr) else set()
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                match = spelt.fullmatch(node.value)
                if match and hasattr(WebClient, match[1].replace(".", "_")):
                    found.add(match[1])
    return found


def listened(kind: str) -> set[str]:
    """The names in ``app.command("…")`` and its like."""
    return {
        str(node.args[0].value)
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == f"app.{kind}"
        and isinstance(node.args[0], ast.Constant)
    }


def test_every_method_called_is_known_with_its_scopes_and_no_other_is_asked_for() -> None:
    assert called() == set(METHODS)
    asked = {scope for scopes in METHODS.values() for scope in scopes} | {COMMANDS}
    assert set(manifest()["oauth_config"]["scopes"]["bot"]) == asked


def test_every_command_and_event_that_is_listened_to_is_in_the_manifest() -> None:
    made = manifest()
    assert {one["command"] for one in made["features"]["slash_commands"]} == listened("command")
    revoked = {"app_uninstalled", "tokens_revoked"}  # Bolt's own listeners
    assert set(made["settings"]["event_subscriptions"]["bot_events"]) == listened("event") | revoked
    assert made["settings"]["interactivity"]["is_enabled"]
    assert made["features"]["app_home"]["home_tab_enabled"]
    assert not made["features"]["slash_commands"][0]["should_escape"]


# --- the shape ---------------------------------------------------------------------------------

URL = r"https?://\S{1,2000}"
SHAPE: dict[str, Any] = {
    "_metadata": {"major_version": int, "minor_version": int},
    "display_information": {
        "name": r".{1,35}",
        "description": r".{1,140}",
        "background_color": r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?",
    },
    "features": {
        "app_home": {
            "home_tab_enabled": bool,
            "messages_tab_enabled": bool,
            "messages_tab_read_only_enabled": bool,
        },
        "bot_user": {"display_name": r"[a-z0-9 ._-]{1,80}", "always_online": bool},
        "slash_commands": [
            {
                "command": r"/\S{1,31}",
                "url": URL,
                "description": r".{1,2000}",
                "usage_hint": r".{1,1000}",
                "should_escape": bool,
            }
        ],
    },
    "oauth_config": {"redirect_urls": [URL], "scopes": {"bot": [r"[a-z:.]{1,50}"]}},
    "settings": {
        "event_subscriptions": {"request_url": URL, "bot_events": [r"[a-z_]{1,50}"]},
        "interactivity": {"is_enabled": bool, "request_url": URL},
        "org_deploy_enabled": bool,
        "socket_mode_enabled": bool,
        "token_rotation_enabled": bool,
    },
}
"""What Slack documents of manifests, version 1, as far as we write it; other keys are refused there."""


def fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            key in shape and fits(inside, shape[key]) for key, inside in value.items()
        )
    if isinstance(shape, list):
        return isinstance(value, list) and bool(value) and all(fits(one, shape[0]) for one in value)
    if isinstance(shape, str):
        return isinstance(value, str) and re.fullmatch(shape, value) is not None
    return type(value) is shape


@pytest.mark.parametrize("socket_mode", [True, False])
@pytest.mark.parametrize("several", [True, False])
def test_the_manifest_has_the_documented_shape(socket_mode: bool, several: bool) -> None:
    made = manifest("https://papers.example", socket_mode=socket_mode, several=several)
    assert fits(made, SHAPE)
    assert not fits(made | {"surprise": 1}, SHAPE)
    assert not fits(made | {"settings": {"interactivity": {"is_enabled": "yes"}}}, SHAPE)
