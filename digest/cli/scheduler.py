"""``digest scheduler``: collecting and preparing alone."""

from __future__ import annotations

import click

from digest.cli.run import start


@click.command(help="Collect, prepare and watch until told to stop; sends nothing.")
@click.pass_context
def command(ctx: click.Context) -> None:
    start(ctx, plans=True, hands=False, web=False)
