"""``digest preview``: the very message a subscriber was or would be sent."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli.context import house_of, say
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.config import Settings
    from digest.model import Sheet

VIEWS = ("terminal", "html", "text", "raw", "slack")
MAIL_VIEWS = frozenset({"html", "text", "raw"})
STAND_IN = "nobody@digest.invalid"


@click.command(help="Show a subscriber's digest as it is or would be sent. Sends and stores nothing.")
@click.argument("subscriber")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The slot; default: today.")
@click.option("--html", "view", flag_value="html", help="The HTML part of the mail.")
@click.option("--text", "view", flag_value="text", help="The plain part of the mail.")
@click.option("--raw", "view", flag_value="raw", help="The mail as it goes over the wire.")
@click.option("--slack", "view", flag_value="slack", help="What Slack is sent, as JSON.")
@click.pass_context
def command(ctx: click.Context, subscriber: str, day: datetime | None, view: str | None) -> None:
    """SUBSCRIBER is an address or a number."""
    from digest.bootstrap import prepare_rules, sheet_desk
    from digest.model import ChannelName
    from digest.pipeline.preview import MESSAGE_ID, preview
    from digest.store import days, subscribers
    from digest.store.database import reading

    with house_of(ctx) as house:
        with reading(house.engine) as session:
            known, read_at = subscribers.named(session, subscriber), days.last_success(session)
        slot = day.date() if day else None
        desk, rules = sheet_desk(house), prepare_rules(house.settings)
        sheet = preview(desk, rules, known, day=slot, now=utc_now())
        if view in MAIL_VIEWS and known.channel is ChannelName.SLACK:
            sheet = replace(sheet, address=STAND_IN)
            say(ctx, "this subscriber is sent Slack (--slack): here as a mail, to a stand-in")
        show(house.settings, sheet, view or "terminal")
    if sheet.message_id == MESSAGE_ID:
        say(ctx, "not sent yet: composed for this moment, its Message-ID is a stand-in")
    if read_at is None:
        say(ctx, "no day was ever read into this store: run `digest collect`, then look again")


def show(settings: Settings, sheet: Sheet, view: str) -> None:
    """Print one view of a sheet on stdout."""
    if view == "terminal":
        from rich.console import Console

        from digest.channels.terminal import draw

        draw(sheet, Console(), sentences=settings.digest.abstract_sentences)
        return
    body = _body(settings, sheet, view)
    sys.stdout.flush()
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def _body(settings: Settings, sheet: Sheet, view: str) -> bytes:
    from digest.bootstrap import CHANNELS
    from digest.channels.email import parts
    from digest.model import ChannelName

    if view == "slack":
        return CHANNELS[ChannelName.SLACK](settings, None).render(sheet) + b"\n"
    mail = CHANNELS[ChannelName.EMAIL](settings, None).render(sheet)
    if view == "raw":
        return mail
    plain, html = parts(mail)
    return (html if view == "html" else plain).encode()
