"""Serves the app inside another process: over a Socket Mode connection, or by routes of its web site.

Bolt is imported only when the settings ask for it, so that nobody else needs the extra.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from slack_sdk.errors import SlackApiError, SlackClientError

from digest.config import SlackSettings
from digest.errors import ConfigError
from digest.house import House

if TYPE_CHECKING:
    from fastapi import APIRouter
    from slack_bolt import App
    from slack_bolt.adapter.socket_mode import SocketModeHandler

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds between attempts to connect: doubled each time."""
STOP_SECONDS = 5.0
"""How long an attempt to connect may take when the process stops; it is left alone then."""

LOG = logging.getLogger(__name__)


def by_socket(slack: SlackSettings) -> bool:
    """Whether Socket Mode is asked for."""
    return slack.enabled and slack.app_token is not None


def by_http(slack: SlackSettings) -> bool:
    """Whether Slack is to call the web site."""
    return slack.enabled and slack.signing_secret is not None and slack.app_token is None


def need_bolt() -> None:
    """Raise ``ConfigError`` naming the extra when Bolt is not installed."""
    if find_spec("slack_bolt") is None:
        raise ConfigError(
            "the Slack app needs the extra `slack`", remedy="pip install 'daily-papers-digest[slack]'"
        )


def routes(house: House, clock: Callable[[], datetime]) -> APIRouter | None:
    """The routes for the web site, if the settings ask for them: to install it by Socket Mode, too.

    Raises ``ConfigError``.
    """
    slack = house.settings.slack
    if not (by_http(slack) or slack.installable):
        return None
    need_bolt()
    from digest.slack.http import router
    from digest.slack.start import open_app

    return router(open_app(house, clock), events=by_http(slack))


@contextmanager
def connected(house: House, clock: Callable[[], datetime]) -> Iterator[None]:
    """Answer by Socket Mode while the block runs, if the settings ask for it. Raises ``ConfigError``.

    Slack out of reach keeps nothing else from starting: connecting is tried until it succeeds.
    """
    token = house.settings.slack.app_token
    if token is None or not by_socket(house.settings.slack):
        yield
        return
    need_bolt()
    from digest.slack.start import open_app

    with _listening(open_app(house, clock), token.get_secret_value()):
        yield


@contextmanager
def _listening(app: App, token: str) -> Iterator[None]:
    from slack_bolt.adapter.socket_mode import SocketModeHandler

    handler = SocketModeHandler(app, token)
    stop = threading.Event()
    thread = threading.Thread(target=_connect, args=(handler, stop), name="slack", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOP_SECONDS)
        handler.client.close()


def _connect(handler: SocketModeHandler, stop: threading.Event) -> None:
    """Connect, however often it takes; after that the handler itself reconnects."""
    pause = FIRST_PAUSE
    while not stop.is_set():
        try:
            handler.client.connect_to_new_endpoint(force=True)
        except (SlackClientError, OSError) as error:
            LOG.warning("Slack cannot be reached by Socket Mode: %s", _reason(error))
        else:
            LOG.info("connected to Slack by Socket Mode")
            return
        stop.wait(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _reason(error: Exception) -> str:
    """Slack's word for it, or the kind of error: nothing that could hold a token."""
    return str(error.response["error"]) if isinstance(error, SlackApiError) else type(error).__name__
