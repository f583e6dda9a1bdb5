"""Wires Bolt: every request is acknowledged first, answered by a plain function, and shown to one person.

Nothing is decided here. The SDK's own retries are off.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any

from slack_bolt import App
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from digest.channels.slack_text import Block
from digest.errors import DigestError
from digest.slack import home
from digest.slack.commands import answer
from digest.slack.desk import Desk, Reply
from digest.slack.form import open_form, preview_form, remove_in_form, save_form, saved_form
from digest.slack.installations import Clock, Installations, States
from digest.slack.place import Asked, Place, read_command
from digest.slack.presses import PRESSES, pressed
from digest.slack.saving import live
from digest.slack.scopes import SCOPES
from digest.slack.views import CHOOSE, PREVIEW, PROFILE, REMOVE, errors_of, read_asked
from digest.store.database import reading

LOG = logging.getLogger(__name__)
ENVIRONMENT = Lock()
Request = Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """How the app proves itself: one workspace by its token, or several by OAuth."""

    signing_secret: str = ""
    bot_token: str = ""
    client_id: str = ""
    client_secret: str = ""
    base_url: str = WebClient.BASE_URL
    redirect_uri: str | None = None


def build_app(desk: Desk, access: Access, clock: Clock, *, installations: Installations | None = None) -> App:
    """The app: for several workspaces with ``installations``, otherwise for the bot token's own."""
    several = installations is not None
    with _settings_alone():
        app = App(
            name="digest",
            signing_secret=access.signing_secret,
            token_verification_enabled=False,
            client=WebClient(
                token=None if several else access.bot_token, base_url=access.base_url, retry_handlers=[]
            ),
            oauth_settings=_oauth(desk, access, clock, installations) if several else None,
        )
    if several:
        app.enable_token_revocation_listeners()
    _listen(app, _Listener(desk, clock, several=several))
    return app


@contextmanager
def _settings_alone() -> Iterator[None]:
    """Hide ``SLACK_…`` variables from Bolt, which would let them decide where nothing is given.

    With a client id and secret meant for another program it would turn an app of one workspace into an app of
    several, which keeps its tokens in files.
    """
    with ENVIRONMENT:
        hidden = {name: value for name, value in os.environ.items() if name.startswith("SLACK_")}
        for name in hidden:
            del os.environ[name]
        try:
            yield
        finally:
            os.environ.update(hidden)


def _oauth(desk: Desk, access: Access, clock: Clock, installations: Installations | None) -> OAuthSettings:
    return OAuthSettings(
        client_id=access.client_id,
        client_secret=access.client_secret,
        scopes=SCOPES,
        redirect_uri=access.redirect_uri,
        installation_store=installations,
        installation_store_bot_only=True,
        state_store=States(desk.engine, clock),
    )


def _listen(app: App, listener: _Listener) -> None:
    app.command("/digest")(listener.command)
    app.event("app_home_opened")(listener.home_opened)
    app.view(PROFILE)(listener.submitted)
    app.action(PREVIEW)(listener.previewed)
    app.action(CHOOSE)(listener.chosen)
    app.action(REMOVE)(listener.removed)
    app.action(home.EDIT)(listener.edit)
    app.action(re.compile("|".join(map(re.escape, PRESSES))))(listener.pressed)
    app.action(re.compile(f"(?:{'|'.join(map(re.escape, home.ACTIONS))})(?:/.*)?"))(listener.home_pressed)


@dataclass(frozen=True, slots=True)
class _Listener:
    desk: Desk
    clock: Callable[[], datetime]
    several: bool

    def command(self, ack: Any, body: Request, respond: Any, client: WebClient) -> None:
        ack()
        place = self._place(body["user_id"], body.get("channel_id", ""), body.get("team_id", ""))
        asked = read_command(body.get("text") or "", place)
        if asked.verb in ("subscribe", "profile"):
            asked = self._zoned(asked, client)
        self._give(answer(self.desk, asked, self.clock()), respond, client, body)

    def pressed(self, ack: Any, body: Request, action: Request, respond: Any) -> None:
        ack()
        reply = pressed(
            self.desk, self._pressing(body), action["action_id"], action.get("value", ""), self.clock()
        )
        respond(text=reply.text, blocks=reply.shown, response_type="ephemeral", replace_original=False)

    def home_opened(self, event: Request, body: Request, client: WebClient) -> None:
        if event.get("tab", "home") == "home":
            self._publish(self._place(event["user"], "", body.get("team_id", "")), client)

    def home_pressed(self, ack: Any, body: Request, action: Request, client: WebClient) -> None:
        ack()
        place = replace(self._pressing(body), channel="")
        home.act(self.desk, place, action["action_id"], action.get("value", ""), self.clock())
        self._publish(place, client)

    def edit(self, ack: Any, body: Request, action: Request, client: WebClient) -> None:
        ack()
        asked = self._zoned(Asked(replace(self._pressing(body), channel=""), "profile"), client)
        view = open_form(self.desk, asked, home.number_in(action["value"]))
        client.views_open(trigger_id=body["trigger_id"], view=view)

    def submitted(self, ack: Any, body: Request, view: Request, client: WebClient) -> None:
        """Saved before it is acknowledged, since what is wrong must be in the answer; tried after it."""
        asked, number = self._about(body, view)
        now = self.clock()
        try:
            saved = save_form(self.desk, asked, number, view, now)
        except DigestError as error:
            ack(response_action="errors", errors=errors_of(view, error))
            return
        ack(response_action="update", view=saved_form(self.desk, asked, saved, now, trial=False))
        client.views_update(view_id=view["id"], view=saved_form(self.desk, asked, saved, now, trial=True))
        self._publish(asked.place, client)

    def previewed(self, ack: Any, body: Request, client: WebClient) -> None:
        ack()
        asked, number = self._about(body, body["view"])
        self._update(body, client, preview_form(self.desk, asked, number, body["view"], self.clock()))

    def chosen(self, ack: Any, body: Request, action: Request, client: WebClient) -> None:
        ack()
        asked, _ = self._about(body, body["view"])
        number = home.number_in(action["selected_option"]["value"])
        self._update(body, client, open_form(self.desk, asked, number))

    def removed(self, ack: Any, body: Request, action: Request, client: WebClient) -> None:
        ack()
        asked, _ = self._about(body, body["view"])
        self._update(body, client, remove_in_form(self.desk, asked, home.number_in(action["value"])))
        self._publish(asked.place, client)

    def _update(self, body: Request, client: WebClient, view: Block) -> None:
        shown = body["view"]
        client.views_update(view_id=shown["id"], hash=shown["hash"], view=view)

    def _zoned(self, asked: Asked, client: WebClient) -> Asked:
        """With the person's zone, where a subscription may begin and nobody knows it yet."""
        with reading(self.desk.engine) as session:
            known = live(session, asked.address)
        return asked if known else replace(asked, timezone=_timezone(client, asked.place.person))

    def _give(self, reply: Reply, respond: Any, client: WebClient, body: Request) -> None:
        if reply.modal is not None:
            client.views_open(trigger_id=body["trigger_id"], view=reply.modal)
            return
        respond(text=reply.text, blocks=reply.shown, response_type="ephemeral")

    def _publish(self, place: Place, client: WebClient) -> None:
        client.views_publish(user_id=place.person, view=home.home_view(self.desk, place, self.clock()))

    def _place(self, person: str, channel: str, team: str) -> Place:
        return Place(person, channel, team if self.several else "")

    def _pressing(self, body: Request) -> Place:
        channel = (body.get("channel") or body.get("container") or {}).get("id", "")
        return self._place(body["user"]["id"], channel, (body.get("team") or {}).get("id", ""))

    def _about(self, body: Request, view: Request) -> tuple[Asked, int]:
        place = self._pressing(body)
        return read_asked(view, place.person, place.team)


def _timezone(client: WebClient, person: str) -> str:
    """The person's zone as Slack knows it; empty where it cannot be asked: the default counts then."""
    try:
        found = client.users_info(user=person)
    except (SlackApiError, OSError) as error:
        LOG.info("a person's time zone could not be asked for: %s", type(error).__name__)
        return ""
    profile = found.get("user")
    return str(profile.get("tz") or "") if isinstance(profile, dict) else ""
