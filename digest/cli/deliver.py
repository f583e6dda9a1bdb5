"""``digest deliver``: hand over what is due, once, now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli.context import house_of, print_json, say
from digest.cli.kinds import CHANNELS, JSON
from digest.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.pipeline.deliver import Report, Resting

FAULTY = 6
"""The exit code when a channel could not be used."""


@click.command(help="Hand over the digests that are due, until none is left.")
@click.option("--channel", "names", multiple=True, type=CHANNELS, help="Only these.")
@click.option("--dry-run", is_flag=True, help="Count what is due; send nothing.")
@JSON
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], dry_run: bool, as_json: bool) -> int:  # noqa: FBT001  Click calls it
    """Deliver on the channels that are switched on."""
    from digest.bootstrap import delivery_terms, open_channels, send_due_notices, sheet_desk
    from digest.pipeline.deliver import deliver
    from digest.scheduler import Stop
    from digest.store import deliveries
    from digest.store.database import reading

    letters = 0
    with house_of(ctx) as house, Stop().on_signals() as stop:
        if not dry_run and (not names or "email" in names):
            letters = send_due_notices(house, clock=utc_now, stop=stop).sent
        channels = {
            name: channel
            for name, channel in open_channels(house.settings, house.engine).items()
            if not names or name.value in names
        }
        if dry_run:
            with reading(house.engine) as session:
                due = deliveries.count_due(session, channels, now=utc_now())
            return _say_due(ctx, due, as_json=as_json)
        report = deliver(
            house.engine,
            channels,
            sheet_desk(house).sheets,
            delivery_terms(house.settings),
            clock=utc_now,
            stop=stop,
        )
    _say_done(ctx, report, letters, as_json=as_json)
    return code_of(report)


def code_of(report: Report) -> int:
    """The exit code: whoever runs this by cron shall not see success while mail waits."""
    return FAULTY if report.faulty or report.resting else 0


def _say_due(ctx: click.Context, due: int, *, as_json: bool) -> int:
    if as_json:
        print_json({"due": due})
    else:
        say(ctx, f"{due:,} deliveries are due; nothing was sent")
    return 0


def counted(report: Report) -> list[str]:
    """How many deliveries became what."""
    return [f"{count:,} {word}" for word, count in sorted(report.outcomes.items())]


def trouble(report: Report) -> Iterator[str]:
    """The channels that cannot be used, each in a line."""
    for name, one in report.resting.items():
        circuit = one.circuit
        since, probe = (f"{moment:%Y-%m-%d %H:%M} UTC" for moment in (circuit.opened_at, circuit.probe_at))
        waiting = f"{one.waiting:,} {'waits' if one.waiting == 1 else 'wait'}"
        yield f"{name} cannot be used since {since}: {circuit.reason}; {waiting}; next probe at {probe}"
    for name, reason in report.faulty.items():
        if name not in report.resting:
            yield f"{name} cannot be used: {reason}; it is probed again by itself"


def _say_done(ctx: click.Context, report: Report, letters: int, *, as_json: bool) -> None:
    """What became of the digests, and of the letters: confirmations and the like."""
    from digest.account_wording import plural

    if as_json:
        print_json(
            {
                "outcomes": report.outcomes,
                "letters": letters,
                "faulty": report.faulty,
                "resting": {name: _resting_values(one) for name, one in report.resting.items()},
            }
        )
        return
    done = counted(report)
    done += [f"{plural(letters, 'letter')} sent"] if letters else []
    lines = list(trouble(report))
    if done or not lines:
        say(ctx, ", ".join(done) or "nothing is due")
    for line in lines:
        click.echo(line, err=True)


def _resting_values(one: Resting) -> dict[str, object]:
    circuit = one.circuit
    return {
        "since": circuit.opened_at,
        "reason": circuit.reason,
        "waiting": one.waiting,
        "probe_at": circuit.probe_at,
    }
