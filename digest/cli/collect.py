"""``digest collect``: read the source once, now."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from digest.cli.context import house_of, print_json, say
from digest.cli.kinds import JSON, Day
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.pipeline.collect import CollectReport, DayReport


@click.command(help="Read the days worth reading now, or those named.")
@click.option("--day", "named", type=Day(), multiple=True, help="A day to read; may be given several times.")
@JSON
@click.pass_context
def command(ctx: click.Context, named: tuple[date, ...], as_json: bool) -> int:  # noqa: FBT001  Click calls it
    """Read once; what the source did stands in the ledger (``digest days``)."""
    from digest.bootstrap import open_source
    from digest.pipeline.collect import Collecting, as_line, collect

    now = utc_now()
    if ahead := [day for day in named if day > now.date()]:
        raise click.UsageError(f"{ahead[0]} lies in the future; the newest day is {now.date()}")
    with house_of(ctx) as house:
        settings = house.settings.source
        source = open_source(settings, house.engine)
        try:
            report = collect(
                house.engine,
                source,
                now=now,
                days=named or None,
                settings=Collecting(settings.look_back_days, keep_raw=settings.keep_raw_days > 0),
            )
        finally:
            source.close()
    if as_json:
        print_json(
            {
                "days": [shown(one) for one in report.days],
                "postponed": list(report.postponed),
                "not_tried": list(report.untried),
            }
        )
    for one in () if as_json else report.days:
        click.echo(as_line(one))
    _sum_up(ctx, report)
    return 5 if report.failed else 0


def shown(report: DayReport) -> dict[str, Any]:
    """A day's report as JSON."""
    return {
        "day": report.day.day,
        "state": report.day.state.value,
        "stored": report.stored,
        "listed": report.day.listed,
        "added": report.added,
        "new_papers": report.new_papers,
        "changed_papers": report.changed_papers,
        "tier": report.day.tier,
        "reason": report.day.reason,
        "notes": list(report.day.notes),
    }


def _sum_up(ctx: click.Context, report: CollectReport) -> None:
    if not report.days:
        say(ctx, "nothing is worth reading again yet; name a --day to read it all the same")
    if report.postponed:
        say(ctx, f"{len(report.postponed)} days wait for the source's allowance; run it again later")
    if report.untried:
        say(ctx, untried_line(report))


def untried_line(report: CollectReport) -> str:
    """Which days were left alone because the source could not be reached."""
    named = ", ".join(str(day) for day in report.untried)
    return f"not tried: {named}; the source could not be reached, and they stay open for the next run"
