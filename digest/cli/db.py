"""``digest db``: the store's schema and its copies."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import say, settings_of

if TYPE_CHECKING:
    from sqlalchemy import Engine


@click.group(help="Upgrade, check or back up the store.")
def command() -> None:
    pass


@command.command("upgrade")
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the store's schema up to this program. Safe to repeat, and from several hosts at once."""
    from digest.house import open_house
    from digest.store import migrating, revisions

    with open_house(settings_of(ctx), schema=False) as house:
        before = revisions.current(house.engine)
        migrating.upgrade(house.engine)
        after = revisions.current(house.engine)
        queue = _upgrade_queue(house.engine)
    if queue:
        say(ctx, queue)
    say(
        ctx,
        f"the store is at {after}"
        if before == after
        else f"the store went from {before or 'nothing'} to {after}",
    )


def _upgrade_queue(engine: Engine) -> str:
    """Bring the cluster's queue up too, where its extra is installed and the store is Postgres."""
    if engine.dialect.name != "postgresql" or find_spec("procrastinate") is None:
        return ""
    from digest.cluster.queue import VERSION, install

    before = install(engine)
    return "" if before == VERSION else f"the queue went from {before or 'nothing'} to {VERSION}"


@command.command("check")
@click.pass_context
def check(ctx: click.Context) -> None:
    """End with 0 if the store's schema is this program's, with 4 and the command to run if not."""
    from digest.house import open_house

    with open_house(settings_of(ctx)):
        say(ctx, "the store is up to date")


@command.command("backup")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def backup(ctx: click.Context, target: Path) -> None:
    """Copy a SQLite store to TARGET while it is in use; the copy is checked before it takes the place."""
    from digest.house import open_house
    from digest.store.backup import backup as copy

    with open_house(settings_of(ctx), schema=False) as house:
        size = copy(house.engine, target)
    say(ctx, f"{target}: {size:,} bytes, checked")
