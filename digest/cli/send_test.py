"""``digest send-test``: one digest to one address, by the configured mail server, now."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli.context import house_of, say
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.errors import DeliveryError
    from digest.house import House
    from digest.model import Deferred, Faulty, HandOver, Links, Refused, Sheet, Unknown


@click.command(help="Send one digest to one address, now. Nothing is stored or counted.")
@click.argument("address")
@click.option("--subscriber", metavar="NAME", help="Whose digest; default: the address's own, else trending.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The slot; default: today.")
@click.pass_context
def command(ctx: click.Context, address: str, subscriber: str | None, day: datetime | None) -> int:
    """Says what the server answered; ends with 6 unless it accepted."""
    from digest.channels.mime import one_address
    from digest.model import ChannelName, Sent
    from digest.subscriptions import check_address

    now = utc_now()
    address = check_address(ChannelName.EMAIL, address)
    with house_of(ctx) as house:
        sheet = _sheet(house, one_address(address), subscriber, day, now)
        identity = f"<test.{uuid.uuid4().hex}@{house.settings.email.list_domain or 'digest.invalid'}>"
        sheet = replace(
            sheet,
            address=address,
            links=nobodys_links(house, now),
            message_id=identity,
            message_date=now,
            bounce_address="",
        )
        outcome = send(house, sheet)
    if isinstance(outcome, Sent):
        say(ctx, f"accepted{f': {outcome.reference}' if outcome.reference else ''}")
        say(ctx, "its personal links are dead: a test must not unsubscribe anybody")
        return 0
    raise _failure(house, outcome)


def _failure(house: House, outcome: Refused | Deferred | Unknown | Faulty) -> DeliveryError:
    from digest.errors import DeliveryError
    from digest.model import Refused

    mail = house.settings.email
    return DeliveryError(
        f"{type(outcome).__name__.lower()} by {mail.host}:{mail.port}: {outcome.reason}",
        remedy="correct the address, or ask whoever runs that mail server"
        if isinstance(outcome, Refused)
        else "check [email] in the settings: `digest doctor` greets the mail server and sends nothing",
    )


def _sheet(house: House, address: str, name: str | None, day: datetime | None, now: datetime) -> Sheet:
    from digest.bootstrap import prepare_rules, sheet_desk
    from digest.model import ChannelName, Subscriber, SubscriberState
    from digest.pipeline.preview import preview, sample
    from digest.store import subscribers
    from digest.store.database import reading

    desk, rules, defaults = sheet_desk(house), prepare_rules(house.settings), house.settings.digest
    with reading(house.engine) as session:
        known = (
            subscribers.named(session, name)
            if name
            else subscribers.find(session, ChannelName.EMAIL, address)
        )
    slot = day.date() if day else None
    if known is not None:
        return preview(desk, rules, known, day=slot, now=now)
    nobody = Subscriber(
        0, ChannelName.EMAIL, address, SubscriberState.CONFIRMED, defaults.timezone, defaults.send_at
    )
    return sample(desk, rules, nobody, day=slot, now=now)


def nobodys_links(house: House, now: datetime) -> Links:
    """Links like a digest's, for subscriber 0, whom there never is: they change and open nothing."""
    from digest.links import make_links

    domain = house.settings.email.bounce_domain
    base = house.settings.web.base_url
    return make_links(house.keys, base, subscriber_id=0, digest_id=0, at=now, return_domain=domain)


def send(house: House, sheet: Sheet) -> HandOver:
    """Hand one mail over, without the ledger: a test may be repeated."""
    from digest.bootstrap import CHANNELS
    from digest.model import ChannelName, Message, Unknown

    channel = CHANNELS[ChannelName.EMAIL](house.settings, None)
    message = Message(1, sheet.address, channel.render(sheet), sheet.message_id)
    with channel.open() as sender:
        for _, outcome in sender.hand_over([message], lambda ids: ids):
            return outcome
    return Unknown("the mail server gave no answer")
