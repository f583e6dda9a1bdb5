"""``digest run``: everything in one process."""

from __future__ import annotations

import os

import click

from digest.cli.context import house_of, say


@click.command(help="Run everything in this process until told to stop.")
@click.option("--no-web", is_flag=True, help="Serve no pages: `digest web` does elsewhere.")
@click.pass_context
def command(ctx: click.Context, no_web: bool) -> None:  # noqa: FBT001  Click calls it
    start(ctx, plans=True, hands=True, web=not no_web, slack=True)


def start(ctx: click.Context, *, plans: bool, hands: bool, web: bool, slack: bool = False) -> None:
    """Run these parts; work that outlasts the shutdown limit is left to its lease."""
    from digest.app import run

    with house_of(ctx) as house:
        say(ctx, "running; stop with Ctrl-C or SIGTERM")
        ended = run(house, plans=plans, hands=hands, web=web and house.settings.web.enabled, slack=slack)
    if not ended:
        os._exit(0)  # threads that still wait for a server would keep the process
