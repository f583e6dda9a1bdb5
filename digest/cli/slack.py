"""``digest slack``: run the Slack app, make its manifest, check the token, list workspaces."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import click

from digest.cli.context import house_of, print_json, say, settings_of
from digest.clock import refuse_wrong_clock, utc_now

if TYPE_CHECKING:
    from slack_bolt import App

    from digest.config import Settings


@click.group(help="The Slack app: run it, make its manifest, check the token, list workspaces.")
def command() -> None:
    pass


@command.command("run", short_help="Answer commands and buttons.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen, without Socket Mode.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="The port.")
@click.pass_context
def run(ctx: click.Context, host: str, port: int) -> None:
    """Answer commands and buttons: by Socket Mode with slack.app_token, otherwise over HTTP."""
    from digest.slack.serving import need_bolt

    need_bolt()
    from digest.slack.start import open_app

    refuse_wrong_clock(utc_now())  # whoever subscribes or pauses here is given a slot by it
    with house_of(ctx) as house:
        app = open_app(house, utc_now)
        token = house.settings.slack.app_token
        if token is not None:
            say(ctx, "the Slack app is connected by Socket Mode; stop it with Ctrl-C")
            _by_socket(app, token.get_secret_value())
        else:
            say(ctx, f"the Slack app listens on http://{host}:{port}/slack/events")
            _by_http(app, host, port)


def _by_socket(app: App, token: str) -> None:
    from slack_bolt.adapter.socket_mode import SocketModeHandler as Handler

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    handler: Any = Handler(app, token)
    handler.connect()
    stopped.wait()
    handler.close()


def _by_http(app: App, host: str, port: int) -> None:
    import uvicorn
    from fastapi import FastAPI

    from digest.slack.http import router

    pages = FastAPI(openapi_url=None)
    pages.include_router(router(app))
    uvicorn.run(pages, host=host, port=port, log_config=None, access_log=False)


@command.command("manifest", short_help="Print the manifest to paste into Slack.")
@click.option("--socket-mode", is_flag=True, help="For Socket Mode: no public address is needed.")
@click.option("--several", is_flag=True, help="For several workspaces: with the address OAuth returns to.")
@click.pass_context
def show_manifest(ctx: click.Context, socket_mode: bool, several: bool) -> None:  # noqa: FBT001  Click calls it
    """Print the manifest to paste into Slack, for the address in web.base_url."""
    from digest.slack.manifest import manifest

    url = settings_of(ctx).web.base_url
    print_json(manifest(url, socket_mode=socket_mode, several=several))


@command.command("check", short_help="Whose the bot token is, and its scopes.")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Ask Slack who the bot token belongs to and which scopes it lacks; posts nothing."""
    from digest.errors import DeliveryError
    from digest.slack.scopes import SCOPES

    team, scopes = _asked(settings_of(ctx))
    missing = sorted(set(SCOPES) - scopes)
    if missing:
        raise DeliveryError(
            f"the bot token of {team} lacks scopes: {', '.join(missing)}",
            remedy="add them under “OAuth & Permissions” and install the app again",
        )
    say(ctx, f"the bot token belongs to {team} and has every scope it needs")


def _asked(settings: Settings) -> tuple[str, frozenset[str]]:
    """The workspace's name and the token's scopes."""
    from digest.channels.slack_answers import read_api
    from digest.channels.slack_http import Limits, NoAnswer, NothingSent, post
    from digest.errors import ConfigError, DeliveryError

    slack = settings.slack
    if slack.bot_token is None:
        raise ConfigError("slack.bot_token is not set", remedy="docs/slack.md says where it comes from")
    headers = {"Authorization": f"Bearer {slack.bot_token.get_secret_value()}"}
    url = slack.base_url.rstrip("/") + "/auth.test"
    try:
        reply = post(url, b"", headers, limits=Limits())
    except (NothingSent, NoAnswer) as error:
        raise DeliveryError(f"Slack cannot be asked: {error}", remedy="check the network") from error
    answer = read_api(reply, installed=False)
    if not isinstance(answer, dict):
        raise DeliveryError(
            f"Slack does not accept the bot token: {getattr(answer, 'code', '')}",
            remedy="install the app again",
        )
    scopes = reply.headers.get("x-oauth-scopes", "")
    return str(answer.get("team", "")), frozenset(scope.strip() for scope in scopes.split(","))


@command.command("workspaces", short_help="List the workspaces that installed the app.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def workspaces(ctx: click.Context, as_json: bool) -> None:  # noqa: FBT001  Click calls it
    """List the workspaces that installed the app; tokens are not shown."""
    from digest.store import slack_installations
    from digest.store.database import reading

    with house_of(ctx) as house, reading(house.engine) as session:
        found = slack_installations.listed(session)
    if as_json:
        print_json(
            [{"id": one.workspace, "name": one.name, "installed_at": one.installed_at} for one in found]
        )
        return
    for one in found:
        click.echo(f"{one.workspace}\t{one.name}\t{one.installed_at:%Y-%m-%d}")
    say(ctx, f"{len(found)} workspaces")
