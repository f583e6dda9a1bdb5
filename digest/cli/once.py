"""``digest once``: everything that is due, once, for cron and other clocks than ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from digest.cli.collect import untried_line
from digest.cli.context import house_of, say
from digest.cli.deliver import code_of, counted, trouble
from digest.clock import refuse_wrong_clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.house import House
    from digest.scheduler import Stop

UNREAD = 5
"""The exit code of a source that could not be read."""


@click.command(
    help="Do everything that is due, once: for cron. Collects, prepares, delivers, watches, tidies."
)
@click.pass_context
def command(ctx: click.Context) -> int:
    """A step that fails keeps no other from running: its error ends all. Several at once do no harm."""
    from digest.errors import DigestError
    from digest.scheduler import Stop

    refuse_wrong_clock(utc_now())
    ended = 0
    errors: list[DigestError] = []
    with house_of(ctx) as house, Stop().on_signals() as stop:
        for name, run in _steps(house, stop):
            if stop():
                break
            try:
                ended = _told(ctx, name, run()) or ended
            except DigestError as error:
                errors.append(error)
    if errors:
        raise errors[0]
    return ended


def _steps(house: House, stop: Stop) -> Iterator[tuple[str, Callable[[], object]]]:
    """The jobs of ``digest run``, in the order in which one makes work for the next."""
    from digest.scheduler import handing, planning

    jobs = {job.name: job.run for job in (*planning(house, stop, stop.wait), *handing(house, stop))}
    last = ("watch", "tidy")
    yield from ((name, run) for name, run in jobs.items() if name not in last)
    yield from ((name, jobs[name]) for name in last)


def _told(ctx: click.Context, name: str, report: Any) -> int:
    """Say what a step did, if it did anything; the exit code it asks for."""
    from digest.account_wording import plural

    if name == "collect":
        if read := len(report.days) - len(report.failed):
            say(ctx, f"{plural(read, 'day')} read, {plural(report.added, 'new listing')}")
        if report.failed:
            newest = report.failed[0].day
            unread = f"{plural(len(report.failed), 'day')} could not be read"
            click.echo(f"{unread}, such as {newest.day}: {newest.reason}", err=True)
        if report.untried:
            click.echo(untried_line(report), err=True)
        return UNREAD if report.failed else 0
    if name == "prepare" and report.prepared:
        say(ctx, f"{plural(report.prepared, 'digest')} prepared, {report.planned:,} to be delivered")
    if name == "notices" and report.sent:
        say(ctx, f"{plural(report.sent, 'letter')} sent")
    if name.startswith("deliver "):
        return _told_delivery(ctx, name.removeprefix("deliver "), report)
    return 0


def _told_delivery(ctx: click.Context, channel: str, report: Any) -> int:
    if report.outcomes:
        say(ctx, f"{channel}: {', '.join(counted(report))}")
    for line in trouble(report):
        click.echo(line, err=True)
    return code_of(report)
