"""``digest worker``: delivery alone, any number of times on one store."""

from __future__ import annotations

import click

from digest.cli.run import start


@click.command(help="Deliver until told to stop; any number may run on one store.")
@click.pass_context
def command(ctx: click.Context) -> None:
    start(ctx, plans=False, hands=True, web=False)
