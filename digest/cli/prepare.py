"""``digest prepare``: digests for everybody who is due, or for one day by hand."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from digest.cli.context import house_of, print_json, say
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.house import House
    from digest.pipeline.prepare import Report


@click.command(help="Prepare the digests that are due.")
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Prepare this day's slot, due or not; a past one stands for itself.",
)
@click.option("--subscriber", "names", multiple=True, metavar="ADDRESS", help="Only for these; due or not.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(ctx: click.Context, day: datetime | None, names: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001
    from digest.bootstrap import prepare_rules
    from digest.pipeline.prepare import prepare, prepare_day

    now = utc_now()
    with house_of(ctx) as house:
        rules = prepare_rules(house.settings)
        if day is None and not names:
            report = prepare(house.engine, rules, now=now)
        else:
            chosen: date = day.date() if day else now.date()
            report = prepare_day(house.engine, rules, chosen, _numbers(house, names), now=now)
    if as_json:
        print_json(asdict(report))
        return
    say(ctx, _words(report))
    if report.waiting:
        say(ctx, f"the source cannot be read: digests wait up to {rules.wait} for it (see `digest days`)")


def _numbers(house: House, names: tuple[str, ...]) -> list[int]:
    from digest.store import subscribers
    from digest.store.database import reading

    with reading(house.engine) as session:
        if names:
            return [subscribers.named(session, name).id for name in names]
        return subscribers.confirmed(session)


def _words(report: Report) -> str:
    from digest.account_wording import plural

    parts = [f"{plural(report.prepared, 'digest')} prepared, {report.planned:,} to be delivered"]
    if report.empty:
        parts.append(f"{report.empty:,} without papers")
    if report.merged:
        parts.append(f"{report.merged:,} unsent ones merged into them")
    if report.left:
        parts.append(
            f"{report.left:,} left to their schedule, which still brings that day (`digest prepare`)"
        )
    return "; ".join(parts)
