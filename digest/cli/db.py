"""``digest db``: the store's schema and its copies."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.context import say, settings_of
from digest.cli.extras import check_queue, install_queue


@click.group(help="Upgrade, check, back up or move the store.")
def command() -> None:
    pass


@command.command("upgrade", short_help="Bring the schema up to this program.")
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the store's schema up to this program. Safe to repeat, and from several hosts at once."""
    from digest.house import open_house
    from digest.store import migrating, revisions

    with open_house(settings_of(ctx), schema=False) as house:
        before = revisions.current(house.engine)
        migrating.upgrade(house.engine)
        after = revisions.current(house.engine)
        queue = install_queue(house.engine)
    if queue:
        say(ctx, queue)
    say(
        ctx,
        f"the store is at {after}"
        if before == after
        else f"the store went from {before or 'nothing'} to {after}",
    )


@command.command("check", short_help="Whether the schema is this program's.")
@click.pass_context
def check(ctx: click.Context) -> None:
    """End with 0 if the store's schema is this program's, with 4 and the command to run if not."""
    from digest.house import open_house

    with open_house(settings_of(ctx)) as house:
        check_queue(house.engine)
        say(ctx, "the store is up to date")


@command.command("backup", short_help="Copy a SQLite store while it is in use.")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def backup(ctx: click.Context, target: Path) -> None:
    """Copy a SQLite store to TARGET while it is in use; the copy is checked before it takes the place."""
    from digest.house import open_house
    from digest.store.backup import backup as copy

    with open_house(settings_of(ctx), schema=False) as house:
        size = copy(house.engine, target)
    say(ctx, f"{target}: {size:,} bytes, checked")


@command.command("restored", short_help="After a backup was put in place: never give a number twice.")
@click.pass_context
def restored(ctx: click.Context) -> None:
    """Run once after a backup was put in place: the numbers of subscribers, profiles, digests and deliveries
    go on a million further, so that a link mailed after the copy was made names nobody, and nobody else.
    """
    from digest.cli.context import house_of
    from digest.store import numbers
    from digest.store.database import transaction

    with house_of(ctx) as house, transaction(house.engine) as session:
        numbers.leap(session)
    say(ctx, "numbers go on a million further: links mailed after the copy was made lead nowhere")


@command.command("copy", short_help="Copy the store into another, empty one.")
@click.argument("target")
@click.pass_context
def copy(ctx: click.Context, target: str) -> None:
    """Copy the store into the empty one at TARGET: from SQLite to Postgres, or back.

    TARGET is written as store.url is. Stop everything that works on the store first: what changes
    meanwhile is not copied. Then set store.url to TARGET; links that are out in mails keep working.
    """
    from digest.config import StoreSettings
    from digest.house import open_house
    from digest.store import migrating
    from digest.store.copying import copy as copy_store
    from digest.store.database import address_of, refuse_missing_folder

    settings = settings_of(ctx)
    address_of(target, "TARGET")
    elsewhere = settings.model_copy(update={"store": StoreSettings(url=target)})
    with open_house(settings) as house, open_house(elsewhere, schema=False) as other:
        refuse_missing_folder(other.engine)
        migrating.upgrade(other.engine)
        install_queue(other.engine)
        rows = copy_store(
            house.engine, other.engine, tell=lambda table, count: say(ctx, f"{count:>9,}  {table}")
        )
    say(ctx, f"{rows:,} rows copied; set store.url to the new store and start again")
