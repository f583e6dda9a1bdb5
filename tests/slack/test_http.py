"""Over real HTTP: signatures are checked, several workspaces install by OAuth, and leave for good."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
import uvicorn
from fastapi import FastAPI
from slack_sdk.oauth.installation_store import Installation
from sqlalchemy import Engine, text

from digest.model import ChannelName, DeliveryState, Subscriber, SubscriberState
from digest.sealing import Seal
from digest.slack.app import Access, build_app
from digest.slack.desk import Desk
from digest.slack.http import LONGEST, router
from digest.slack.installations import GONE, Installations, States
from digest.store import alarms, deliveries, digests, slack_installations
from digest.store import subscribers as store_subscribers
from digest.store.database import reading, transaction
from digest.store.deliveries import Planned
from digest.store.digests import Coverage
from tests.channels.slack_sheets import papers, sheet
from tests.slack.conftest import NOW, SECRET, Person, signed, using
from tests.slack_server import TOKEN, Slack

SEAL = Seal((b"a secret key of the house",))
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def installations(sqlite_engine: Engine, clock: Callable[[], datetime]) -> Installations:
    return Installations(sqlite_engine, SEAL, clock)


@pytest.fixture
def several(
    slack: Slack, desk: Desk, clock: Callable[[], datetime], installations: Installations
) -> Iterator[Person]:
    """A person in one of several workspaces; nobody has installed the app yet."""
    access = Access(SECRET, client_id="1.2", client_secret="hush", base_url=slack.api)
    with using(build_app(desk, access, clock, installations=installations), slack) as found:
        yield found


@contextmanager
def served(person: Person) -> Iterator[str]:
    """The routes on a real server."""
    app = FastAPI()
    app.include_router(router(person.app))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(60)


def send(url: str, body: str, headers: dict[str, Any]) -> int:
    return requests.post(f"{url}/slack/events", data=body.encode(), headers=headers, timeout=60).status_code


def test_signed_requests_are_answered_and_others_refused(person: Person) -> None:
    body = urlencode({"command": "/digest", "text": "help", "user_id": "U777", "team_id": "T111"})
    body += "&" + urlencode({"response_url": f"{person.slack.url}/response"})
    with served(person) as url:
        assert send(url, body, signed(body, FORM)) == 200
        assert "/digest why" in person.told()
        assert send(url, body, signed(body, FORM, "another secret")) == 401
        assert send(url, body, signed(body, FORM, at=time.time() - 301)) == 401
        assert send(url, body, {}) == 401
        assert send(url, "x" * (LONGEST + 1), {}) == 413
        assert requests.get(f"{url}/slack/install", timeout=60).status_code == 404


def install(url: str) -> requests.Response:
    """Walk through OAuth as a browser does, without Slack's own page."""
    page = requests.get(f"{url}/slack/install", timeout=60)
    state = page.text.partition("authorize?state=")[2].partition("&")[0]
    cookie = {"Cookie": page.headers["Set-Cookie"].partition(";")[0]}  # it is for https alone
    back = f"{url}/slack/oauth_redirect?code=good&state={state}"
    return requests.get(back, headers=cookie, timeout=60)


def test_a_workspace_installs_by_oauth_and_its_token_is_not_readable_in_the_store(
    several: Person, sqlite_engine: Engine, installations: Installations
) -> None:
    with served(several) as url:
        assert install(url).status_code == 200
    bot = installations.find_bot(enterprise_id=None, team_id="T111")
    assert bot is not None
    assert bot.bot_token == TOKEN
    with sqlite_engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM slack_installations")).all()
    assert TOKEN.encode() not in repr(rows).encode()


def test_an_oauth_state_works_once_in_its_own_browser_and_not_forged(several: Person) -> None:
    with served(several) as url:
        first = install(url)
        again = requests.get(
            first.request.url or "", headers={"Cookie": first.request.headers["Cookie"]}, timeout=20
        )
        forged = requests.get(f"{url}/slack/oauth_redirect?code=good&state=forged", timeout=60)
    assert (first.status_code, again.status_code, forged.status_code) == (200, 401, 400)


def test_slack_out_of_reach_while_installing_is_said_and_keeps_nothing(
    several: Person, slack: Slack, installations: Installations
) -> None:
    slack.broken = True
    with served(several) as url:
        assert install(url).status_code == 502
    assert installations.find_bot(enterprise_id=None, team_id="T111") is None


def test_a_state_expires(sqlite_engine: Engine) -> None:
    now = [NOW]
    states = States(sqlite_engine, lambda: now[0])
    state = states.issue()
    now[0] += timedelta(minutes=11)
    assert not states.consume(state)
    assert not states.consume("\ud800")


def installed(installations: Installations, team: str = "T111", **changes: Any) -> None:
    values = {"team_id": team, "user_id": "U1", "bot_token": TOKEN, "bot_id": "B1", "bot_user_id": "UB"}
    installations.save(Installation(**(values | {"bot_scopes": "commands"} | changes)))


def test_subscribers_of_several_workspaces_are_kept_apart(
    several: Person, installations: Installations, desk: Desk
) -> None:
    installed(installations)
    installed(installations, "T222")
    several.types("subscribe agents")
    several.told()
    replace(several, team="T222").types("subscribe diffusion", team_id="T222")
    several.told(2)
    with reading(desk.engine) as session:
        for address in ("T111/U777", "T222/U777"):
            assert store_subscribers.find(session, ChannelName.SLACK, address) is not None


def test_a_workspace_that_has_not_installed_the_app_gets_nothing(several: Person, desk: Desk) -> None:
    several.types("subscribe agents")
    with reading(desk.engine) as session:
        assert store_subscribers.find(session, ChannelName.SLACK, "T111/U777") is None


@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["UB"], "oauth": []}}]
)
def test_a_workspace_that_leaves_loses_its_token_and_its_digests_stop(
    several: Person, installations: Installations, desk: Desk, event: dict[str, Any]
) -> None:
    installed(installations)
    several.types("subscribe agents")
    several.told()
    for _ in range(2):  # Slack may tell it twice
        several.event(event)
    deadline = time.monotonic() + 60
    while installations.find_bot(enterprise_id=None, team_id="T111") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert installations.find_bot(enterprise_id=None, team_id="T111") is None
    with reading(desk.engine) as session:
        gone = store_subscribers.find(session, ChannelName.SLACK, "T111/U777")
    assert gone is not None
    assert gone.state is SubscriberState.SUSPENDED


def plan(desk: Desk, own: Subscriber) -> None:
    """A digest that waits to be delivered."""
    made = replace(sheet(papers(1)).digest, subscriber_id=own.id, id=0)
    with transaction(desk.engine) as session:
        (stored,) = digests.add(session, [(made, Coverage(None, 1, None))], now=NOW)
        planned = Planned(stored.id, own.id, ChannelName.SLACK, own.address, stored.slot)
        deliveries.plan(session, [planned], now=NOW)


def test_leaving_closes_what_is_planned_tells_the_operator_once_and_installing_again_reopens(
    several: Person, installations: Installations, desk: Desk
) -> None:
    installed(installations, team_name="Lab <!channel>")
    several.types("subscribe agents")
    several.told()
    with reading(desk.engine) as session:
        own = store_subscribers.find(session, ChannelName.SLACK, "T111/U777")
    assert own is not None
    plan(desk, own)
    for _ in range(2):
        installations.delete_all(enterprise_id=None, team_id="T111")
    with reading(desk.engine) as session:
        (alarm,) = alarms.standing(session)
        (closed,) = deliveries.listed(session, subscriber_id=own.id)
    assert alarm.key == "event.target.workspace.T111"
    assert "T111" in alarm.detail
    assert "switched off: 1, deliveries closed: 1" in alarm.detail
    assert (closed.state, closed.reason) == (DeliveryState.REFUSED, GONE)
    installed(installations)
    with reading(desk.engine) as session:
        again = store_subscribers.get(session, own.id)
        assert alarms.standing(session) == []
    assert (again.state, again.suspended_reason) == (SubscriberState.CONFIRMED, "")
    assert again.next_due_at is not None


@pytest.mark.parametrize("reason", ["the app is not installed in this workspace", "mail came back"])
def test_installing_again_resumes_those_the_missing_app_had_stopped_and_no_others(
    several: Person, installations: Installations, desk: Desk, reason: str
) -> None:
    installed(installations)
    several.types("subscribe agents")
    several.told()
    with transaction(desk.engine) as session:
        own = store_subscribers.find(session, ChannelName.SLACK, "T111/U777")
        assert own is not None
        store_subscribers.suspend(session, own.id, reason)
    installed(installations)
    with reading(desk.engine) as session:
        resumed = store_subscribers.get(session, own.id).state is SubscriberState.CONFIRMED
    assert resumed is reason.startswith("the app")


def test_an_installation_for_a_whole_organisation_serves_its_workspaces(installations: Installations) -> None:
    installed(installations, "", team_id=None, enterprise_id="E1", is_enterprise_install=True)
    found = installations.find_installation(enterprise_id="E1", team_id="T5", user_id="U9")
    assert found is not None
    assert (found.bot_token, found.is_enterprise_install) == (TOKEN, True)
    assert installations.find_installation(enterprise_id=None, team_id="T9") is None
    installations.delete_installation(enterprise_id="E1", team_id=None, user_id="U9")
    assert installations.find_bot(enterprise_id="E1", team_id="T5")
    installations.delete_all(enterprise_id="E1", team_id=None)
    assert installations.find_bot(enterprise_id="E1", team_id="T5") is None


def test_an_installation_without_a_bot_token_is_not_kept(
    installations: Installations, sqlite_engine: Engine
) -> None:
    installed(installations, bot_token=None)
    with transaction(sqlite_engine) as session:
        assert slack_installations.listed(session) == []
