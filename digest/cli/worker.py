"""``digest worker``: delivery alone, any number of times on one store."""

from __future__ import annotations

import click

from digest.cli.context import house_of, say
from digest.cli.kinds import CHANNELS
from digest.cli.run import start


@click.command(help="Deliver until told to stop; any number may run on one store.")
@click.option("--channel", "names", multiple=True, type=CHANNELS, help="Only these channels' queues.")
@click.option(
    "--at-once", type=click.IntRange(1, 64), default=2, show_default=True, help="Jobs in hand at a time."
)
@click.option("--until-empty", is_flag=True, help="End when the queues are empty.")
@click.option("--no-queue", is_flag=True, help="Look into the store by the clock, whatever queue there is.")
@click.pass_context
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    at_once: int,
    until_empty: bool,  # noqa: FBT001  Click calls it
    no_queue: bool,  # noqa: FBT001
) -> None:
    """Takes jobs from the queue where there is one (Postgres, extra cluster), else looks by the clock."""
    from digest.cli.extras import queue_of
    from digest.model import ChannelName

    with house_of(ctx) as house:
        cluster = None if no_queue else queue_of(house)
        if cluster is not None:
            say(ctx, "taking jobs from the queue; stop with Ctrl-C or SIGTERM")
            chosen = [ChannelName(name) for name in names]
            cluster.work(house, chosen, at_once=at_once, wait=not until_empty)
            return
    if names or until_empty:
        raise click.UsageError("--channel and --until-empty need the queue: Postgres and the extra cluster")
    start(ctx, plans=False, hands=True, web=False)
