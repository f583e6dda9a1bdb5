"""``digest replay [FROM [TO]]``: kept answers through today's parsers."""

from __future__ import annotations

from datetime import date

import click

from digest.cli.context import house_of, print_json, say
from digest.cli.kinds import JSON, Day
from digest.clock import utc_now


@click.command(help="Read kept raw answers again with today's parsers, without asking the source.")
@click.argument("since", metavar="[FROM]", type=Day(), required=False)
@click.argument("until", metavar="[TO]", type=Day(), required=False)
@JSON
@click.pass_context
def command(ctx: click.Context, since: date | None, until: date | None, as_json: bool) -> None:  # noqa: FBT001
    """Replay the days of which answers are kept (source.keep_raw_days says how long)."""
    from digest.pipeline.imports import replay
    from digest.sources.huggingface import FIRST_DAY

    first, last = since or FIRST_DAY, until or utc_now().date()
    if first > last:
        raise click.UsageError(f"there is no day to replay from {first} to {last}")
    with house_of(ctx) as house:
        done = replay(house.engine, first, last)
    if as_json:
        print_json(
            {
                "days": done.days,
                "without_papers": list(done.without),
                "changed_papers": done.changed_papers,
                "added": done.added,
            }
        )
        return
    click.echo(
        f"{done.days} days replayed: {done.changed_papers} papers changed, {done.added} listings added"
    )
    if done.without:
        say(
            ctx,
            "these days list papers, but their kept answers give none: "
            + ", ".join(str(day) for day in done.without),
        )
