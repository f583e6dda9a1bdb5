"""The app as Slack meets it: signed requests in, calls to a Slack on loopback out."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_bolt import App, BoltRequest, BoltResponse
from sqlalchemy import Engine

from digest.config import DigestSettings
from digest.model import Organisation, Paper, Record
from digest.slack.app import Access, build_app
from digest.slack.desk import Desk
from digest.store import counters, listings, papers, search
from digest.store.database import transaction
from tests.keys import KEYS
from tests.slack_server import TOKEN, Slack, running_slack

SECRET = "a signing secret"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
DEFAULTS = DigestSettings(bar=0.5)

LIBRARY = (
    ("2511.00001", "Diffusion policies for robots", "Diffusion policies control robot arms well.", 0),
    ("2511.00002", "A survey of agents", "We survey agents that use tools and plan.", 0),
    ("2511.00003", "Video generation at scale", "Long video generation with transformers.", 0),
    ("2511.00004", "Robot arms with diffusion", "Diffusion for robot grasping in clutter.", 3),
    ("2511.00005", "Old news", "Nothing of interest here at all.", 30),
)


@pytest.fixture(autouse=True)
def apps_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bolt gives a listener three seconds, as Slack gives Bolt; a busy machine may need more."""
    register = App._register_listener

    def registered(app: App, *given: Any, **named: Any) -> Any:
        told = register(app, *given, **named)
        app._listeners[-1].ack_timeout = 60
        return told

    monkeypatch.setattr(App, "_register_listener", registered)


@pytest.fixture
def slack() -> Iterator[Slack]:
    with running_slack() as running:
        yield running


@pytest.fixture
def desk(sqlite_engine: Engine) -> Desk:
    """A store with a few papers of today, of some days ago and of last month."""
    fill(sqlite_engine, LIBRARY)
    return Desk(sqlite_engine, DEFAULTS, KEYS)


def fill(engine: Engine, library: tuple[tuple[str, str, str, int], ...]) -> None:
    for number, title, abstract, days_ago in library:
        paper = Paper(number, title, abstract, ("Ada Grün",), Organisation("nvidia", "NVIDIA"))
        with transaction(engine) as session:
            arrival = counters.next_arrival(session)
            papers.store(session, [paper], now=NOW)
            search.index(session, [paper])
            listings.store(
                session,
                TODAY - timedelta(days=days_ago),
                [Record(paper, upvotes=30)],
                arrival=arrival,
                silent=False,
                now=NOW,
            )


@dataclass
class Person:
    """A member of the workspace who types and presses; requests are signed as Slack signs them."""

    app: App
    slack: Slack
    id: str = "U777"
    channel: str = "C555"
    team: str = "T111"
    secret: str = SECRET
    trigger: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def types(self, text: str, **changes: str) -> BoltResponse:
        """``/digest TEXT``."""
        body = {
            "command": "/digest",
            "text": text,
            "user_id": self.id,
            "channel_id": self.channel,
            "team_id": self.team,
            "response_url": f"{self.slack.url}/response",
            "trigger_id": f"trigger-{next(self.trigger)}",
        }
        return self.sends(urlencode(body | changes))

    def presses(self, action: str, value: str, **changes: Any) -> BoltResponse:
        body = {
            "type": "block_actions",
            "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
            "response_url": f"{self.slack.url}/response",
            "channel": {"id": self.channel},
        }
        return self.interacts(body | changes)

    def submits(self, view: dict[str, Any]) -> BoltResponse:
        return self.interacts({"type": "view_submission", "view": view})

    def interacts(self, body: dict[str, Any]) -> BoltResponse:
        told = {"user": {"id": self.id}, "team": {"id": self.team}, "trigger_id": "trigger"}
        return self.sends(urlencode({"payload": json.dumps(told | body)}))

    def event(self, event: dict[str, Any], **headers: str) -> BoltResponse:
        body = {"type": "event_callback", "team_id": self.team, "api_app_id": "A1", "event": event}
        return self.sends(json.dumps(body), kind="application/json", headers=headers)

    def sends(
        self,
        body: str,
        *,
        kind: str = "application/x-www-form-urlencoded",
        at: float | None = None,
        headers: dict[str, str] | None = None,
    ) -> BoltResponse:
        signs = signed(body, kind, self.secret, at)
        return self.app.dispatch(BoltRequest(body=body, headers=signs | (headers or {})))

    def told(self, count: int = 1) -> str:
        """The last answer that this person alone saw, as JSON text, once there are so many."""
        answer = self.slack.wait_for("response", count)[-1]
        assert answer["response_type"] == "ephemeral"
        return json.dumps(answer, ensure_ascii=False)


def signed(body: str, kind: str, secret: str = SECRET, at: float | None = None) -> dict[str, Any]:
    stamp = str(int(time.time() if at is None else at))
    signature = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "content-type": kind,
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={signature}",
    }


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return lambda: NOW


@contextmanager
def using(app: App, slack: Slack) -> Iterator[Person]:
    """A person before the app. What it still does for them in the end is waited for: nothing of it meets the
    next test."""
    yield Person(app, slack)
    app.listener_runner.listener_executor.shutdown()


@pytest.fixture
def person(desk: Desk, slack: Slack, clock: Callable[[], datetime]) -> Iterator[Person]:
    """A person in the one workspace that the bot token serves."""
    access = Access(signing_secret=SECRET, bot_token=TOKEN, base_url=slack.api)
    with using(build_app(desk, access, clock), slack) as found:
        yield found
