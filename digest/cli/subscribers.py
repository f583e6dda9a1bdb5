"""``digest subscribers``: who gets a digest, and how."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, TextIO

import click

from digest.cli.context import house_of, print_json, say
from digest.cli.kinds import CHANNELS, JSON, Day, Hour, Weekdays, agreed
from digest.cli.subscriber_change import change
from digest.cli.subscriber_shown import (
    DIGESTS_SHOWN,
    digest_values,
    lines_of,
    next_digest,
    profile_values,
    shown_address,
    values_of,
)
from digest.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from digest.house import House
    from digest.model import Delivery, Digest, Subscriber
    from digest.store.profiles import Draft

MOST_NAMED = 10
"""Lines of an import that are named one by one though they change nothing; more are summed up."""


@click.group(help="Who gets a digest, and how: add, list, change, pause, import, erase.")
def command() -> None:
    pass


# --- adding ----------------------------------------------------------------------------------


@command.command("add", short_help="Subscribe an address at once.")
@click.argument("address")
@click.option("--channel", type=CHANNELS, default="email", show_default=True)
@click.option(
    "-k",
    "--keywords",
    multiple=True,
    help="The profile: 'diffusion models, \"video generation\", -survey'; several make one.",
)
@click.option(
    "-p", "--profile", "named", multiple=True, metavar="NAME=KEYWORDS", help="A named profile; repeatable."
)
@click.option("--trending", is_flag=True, help="What most people vote for; needs no keywords.")
@click.option("--timezone", help="A name such as Europe/Berlin (default: digest.timezone).")
@click.option("--at", "send_at", type=Hour(), help="Local time of day (default: digest.send_at).")
@click.option("--weekdays", type=Weekdays(), default="daily", help="daily, weekdays, weekly, or mon,thu.")
@click.option("--bar", type=float, help="Least score, 0 to 10 (default: digest.bar).")
@click.option("--limit", type=int, help="Most papers (default: digest.limit).")
@click.option("--empty", type=click.Choice(["always", "weekly", "never"]), help="Digests without papers.")
@click.option("--rising/--no-rising", default=None, help="Show a paper once more when it climbs.")
@JSON
@click.pass_context
def add(
    ctx: click.Context,
    address: str,
    channel: str,
    keywords: tuple[str, ...],
    named: tuple[str, ...],
    trending: bool,  # noqa: FBT001  Click calls it
    timezone: str | None,
    send_at: time | None,
    weekdays: frozenset[int],
    bar: float | None,
    limit: int | None,
    empty: str | None,
    rising: bool | None,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Subscribe ADDRESS at once: you vouch for its consent. Nothing is asked back."""
    from digest.model import ChannelName, EmptyDigests
    from digest.store.database import transaction
    from digest.subscriptions import Wishes, subscribe

    with house_of(ctx) as house:
        defaults = house.settings.digest
        wishes = Wishes(
            ChannelName(channel),
            address,
            tuple(_drafts(keywords, named, trending, bar, limit)),
            timezone or defaults.timezone,
            send_at or defaults.send_at,
            weekdays,
            EmptyDigests(empty or defaults.empty),
            defaults.rising if rising is None else rising,
        )
        with transaction(house.engine) as session:
            added = subscribe(
                session,
                wishes,
                keys=house.keys,
                trending=trending,
                confirmed=True,
                now=utc_now(),
                source="cli",
                webhook_hosts=house.settings.slack.webhook_hosts,
            )
    if as_json:
        print_json(values_of(added))
    else:
        click.echo(added.id)
    say(ctx, f"subscribed; the first digest is due {next_digest(added)}")
    if not getattr(house.settings, channel).enabled:
        say(ctx, f"nothing is sent to it while {channel}.enabled is false; see `digest config show`")


def _drafts(
    keywords: tuple[str, ...],
    named: tuple[str, ...],
    trending: bool,  # noqa: FBT001
    bar: float | None,
    limit: int | None,
) -> list[Draft]:
    from digest.store.profiles import Draft

    drafts = []
    for piece in named:
        name, mark, text = piece.partition("=")
        if not mark:
            raise click.BadParameter(f"{piece!r} is not NAME=KEYWORDS", param_hint="--profile")
        drafts.append(Draft(name, text, bar, limit))
    if keywords:
        drafts.insert(0, Draft("Papers", ", ".join(keywords), bar, limit))
    if trending:
        drafts.append(Draft("Trending", "", bar, limit))
    return drafts


# --- looking ---------------------------------------------------------------------------------


@command.command("list", short_help="One in a line: number, state, next digest, address.")
@click.option("--state", multiple=True, help="Only this state: confirmed, paused, …; repeatable.")
@click.option("--channel", type=CHANNELS)
@JSON
@click.pass_context
def list_(ctx: click.Context, state: tuple[str, ...], channel: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List the subscribers, one in a line: number, channel, state, next digest, address."""
    from digest.cli.subscriber_files import every

    with house_of(ctx) as house:
        chosen = every(house.engine, _states(state), channel)
        if as_json:
            print_json([values_of(one) for one in chosen])
            return
        found = 0
        for one in chosen:
            click.echo(f"{one.id}\t{one.channel}\t{one.state}\t{next_digest(one)}\t{shown_address(one)}")
            found += 1
    say(ctx, f"{found} subscriber{'' if found == 1 else 's'}")


def _states(names: tuple[str, ...]) -> list[str]:
    from digest.model import SubscriberState

    known = [str(state) for state in SubscriberState]
    for name in names:
        if name not in known:
            raise click.BadParameter(f"{name!r} is none of {', '.join(known)}", param_hint="--state")
    return list(names)


@command.command("show", short_help="Schedule, profiles and last digests of one.")
@click.argument("subscriber")
@JSON
@click.pass_context
def show(ctx: click.Context, subscriber: str, as_json: bool) -> None:  # noqa: FBT001
    """Show one SUBSCRIBER (number or address): schedule, profiles, what they learnt, and the last digests."""
    from digest.ranking.stored_profiles import read_stored
    from digest.store import profiles, subscribers
    from digest.store.database import reading
    from digest.subscriptions import suppression_of

    with house_of(ctx) as house, reading(house.engine) as session:
        one = subscribers.named(session, subscriber)
        own = profiles.of_subscriber(session, one.id, read_stored)
        past = _past(session, one.id)
        suppressed = suppression_of(session, house.keys, one.channel, one.address)
    if as_json:
        told = {"profiles": [profile_values(profile) for profile in own], "suppressed": suppressed}
        print_json(values_of(one) | told | {"digests": [digest_values(*each) for each in past]})
        return
    for line in lines_of(one, own, past, suppressed=suppressed):
        click.echo(line)


def _past(session: Session, number: int) -> list[tuple[Digest, Delivery | None]]:
    """The last digests, newest first, each with its delivery; empty ones may have none."""
    from digest.store import deliveries, digests

    sent = {
        one.digest_id: one for one in deliveries.listed(session, subscriber_id=number, limit=DIGESTS_SHOWN)
    }
    past = digests.of_subscriber(session, number, limit=DIGESTS_SHOWN)
    return [(one, sent.get(one.id)) for one in past]


# --- changing --------------------------------------------------------------------------------

command.add_command(change)


@command.command("pause", short_help="Send nothing for a while.")
@click.argument("subscriber")
@click.option("--until", type=Day(), help="The local date of the next digest; without it until resumed.")
@click.pass_context
def pause_(ctx: click.Context, subscriber: str, until: date | None) -> None:
    """Send SUBSCRIBER nothing for a while."""
    from digest.subscriptions import pause

    with house_of(ctx) as house:
        one = _change(
            house, subscriber, lambda session, number, now: pause(session, number, now, until=until)
        )
    say(ctx, f"paused until {one.paused_until or 'resumed'}")


@command.command("resume", short_help="End a pause or a suspension.")
@click.argument("subscriber")
@click.pass_context
def resume_(ctx: click.Context, subscriber: str) -> None:
    """End a pause or a suspension of SUBSCRIBER."""
    from digest.store import subscribers
    from digest.store.database import reading
    from digest.subscriptions import refuse_suppressed, resume

    with house_of(ctx) as house:
        with reading(house.engine) as session:
            known = subscribers.named(session, subscriber)
            refuse_suppressed(session, house.keys, known.channel, known.address)
        one = _change(house, subscriber, resume)
    say(ctx, f"resumed; the next digest is due {next_digest(one)}")


@command.command("remove", short_help="Unsubscribe; the data stay.")
@click.argument("subscriber")
@click.pass_context
def remove(ctx: click.Context, subscriber: str) -> None:
    """Unsubscribe SUBSCRIBER: nothing more is sent, not even what is planned. The data stay; see erase."""
    from digest.subscriptions import unsubscribe

    with house_of(ctx) as house:
        _change(house, subscriber, lambda session, number, _now: unsubscribe(session, number))
    say(ctx, "unsubscribed; `digest subscribers erase` removes the data too")


def _change(house: House, name: str, change: Callable[[Session, int, datetime], object]) -> Subscriber:
    """Find the subscriber and change it, in one transaction."""
    from digest.store import subscribers
    from digest.store.database import transaction

    with transaction(house.engine) as session:
        number = subscribers.named(session, name).id
        change(session, number, utc_now())
        return subscribers.get(session, number)


@command.command("unsuppress", short_help="Take an address off the suppression list.")
@click.argument("address")
@click.option("--channel", type=CHANNELS, default="email", show_default=True)
@click.pass_context
def unsuppress_(ctx: click.Context, address: str, channel: str) -> None:
    """Take ADDRESS off the suppression list: its mailbox works again, or its owner asks for mail again."""
    from digest.model import ChannelName
    from digest.store.database import transaction
    from digest.subscriptions import unsuppress

    with house_of(ctx) as house, transaction(house.engine) as session:
        hosts = house.settings.slack.webhook_hosts
        reason = unsuppress(session, house.keys, ChannelName(channel), address, webhook_hosts=hosts)
    say(ctx, f"taken off the suppression list ({reason}); `digest subscribers add` or `resume` is next")


@command.command("erase", short_help="Remove everything held on one.")
@click.argument("subscriber")
@click.option("--never-again", is_flag=True, help="Keep a keyed hash, so that nobody subscribes it again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def erase_(ctx: click.Context, subscriber: str, never_again: bool, yes: bool) -> None:  # noqa: FBT001
    """Remove everything held on SUBSCRIBER. This cannot be undone; backups keep it until they expire."""
    from digest.store import subscribers
    from digest.store.database import reading, transaction
    from digest.subscriptions import erase

    with house_of(ctx) as house:
        keys = house.keys
        with reading(house.engine) as session:
            one = subscribers.named(session, subscriber)
        if not yes and not agreed(f"erase subscriber {one.id} ({shown_address(one)}) and all its digests?"):
            say(ctx, "nothing was erased")
            return
        with transaction(house.engine) as session:
            erase(session, one.id, keys, utc_now(), never_again=never_again)
    say(ctx, f"erased subscriber {one.id}")


# --- files -----------------------------------------------------------------------------------


@command.command("export", short_help="All as CSV, or all held on one as JSON.")
@click.argument("subscriber", required=False)
@click.pass_context
def export_(ctx: click.Context, subscriber: str | None) -> None:
    """Print all subscribers as CSV, or everything held on one SUBSCRIBER as JSON."""
    from digest.cli.subscriber_files import csv_lines
    from digest.store import subscribers
    from digest.store.database import reading
    from digest.subscriptions import export

    with house_of(ctx) as house:
        if subscriber is None:
            for line in csv_lines(house.engine):
                click.echo(line)
            return
        with reading(house.engine) as session:
            print_json(export(session, subscribers.named(session, subscriber).id))


@command.command("import", short_help="Subscribe everybody in a CSV file.")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--yes", is_flag=True, help="Do it; without this the file is only checked.")
@click.pass_context
def import_(ctx: click.Context, file: TextIO, yes: bool) -> None:  # noqa: FBT001
    """Subscribe everybody in a CSV FILE, as `export` writes it. All lines or none; you vouch for consent."""
    from digest.cli.subscriber_files import import_csv

    with house_of(ctx) as house:
        report = import_csv(house, file, utc_now(), keep=yes)
    summed_up = len(report.known) > MOST_NAMED
    for line in report.skipped if summed_up else [*report.known, *report.skipped]:
        say(ctx, line)
    if summed_up:
        say(ctx, f"{len(report.known):,} lines: already there, confirmed")
    skipped = len(report.known) + len(report.skipped)
    verb = "subscribed" if yes else "would be subscribed (--yes does it)"
    say(ctx, f"{report.added} {verb}, {skipped} skipped, {report.before} were there before")
