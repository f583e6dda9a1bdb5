"""``digest scheduler``: collecting and preparing alone."""

from __future__ import annotations

import click

from digest.cli.context import house_of, say
from digest.cli.run import start


@click.command(help="Collect, prepare and watch until told to stop; sends no digests.")
@click.option("--no-queue", is_flag=True, help="Put no jobs into a queue, whatever queue there is.")
@click.pass_context
def command(ctx: click.Context, no_queue: bool) -> None:  # noqa: FBT001  Click calls it
    """Any number may run: with a queue each step is begun once, without one repeating it is harmless."""
    from digest.cli.extras import queue_of

    with house_of(ctx) as house:
        cluster = None if no_queue else queue_of(house)
        if cluster is not None:
            say(ctx, "running the steps over the queue; stop with Ctrl-C or SIGTERM")
            cluster.schedule(house)
            return
    start(ctx, plans=True, hands=False, web=False)
