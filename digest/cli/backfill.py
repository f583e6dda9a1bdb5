"""``digest backfill FROM [TO]``: read a span of days, silently, and report its gaps."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from digest.cli.context import house_of, print_json, say
from digest.cli.kinds import JSON, Day
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.pipeline.backfill import Backfilled
    from digest.pipeline.collect import DayReport
    from digest.sources.huggingface import HuggingFace

WITH_GAPS = 7


@click.command(help="Read a span of days once: resumable, polite, silent. Ends with 7 if gaps remain.")
@click.argument("since", metavar="FROM", type=Day())
@click.argument("until", metavar="[TO]", type=Day(), required=False)
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="Days at a time.")
@click.option("--again", is_flag=True, help="Read days that are settled already, too.")
@JSON
@click.pass_context
def command(
    ctx: click.Context,
    since: date,
    until: date | None,
    workers: int,
    again: bool,  # noqa: FBT001  Click calls it
    as_json: bool,  # noqa: FBT001
) -> int:
    """Read what the ledger lacks from FROM to TO (default: today); the same command again resumes."""
    from digest.bootstrap import open_source
    from digest.pipeline.backfill import Backfill

    first, last = _span(ctx, since, until)
    opened: list[HuggingFace] = []
    stop = threading.Event()

    with house_of(ctx) as house, _ends_softly(ctx, stop):

        def make_source() -> HuggingFace:
            source = open_source(house.settings.source, house.engine)
            opened.append(source)
            return source

        with _progress(ctx, (last - first).days + 1) as tell:
            work = Backfill(
                house.engine,
                make_source,
                clock=utc_now,
                pause=stop.wait,
                tell=tell,
                workers=workers,
                keep_raw=house.settings.source.keep_raw_days > 0,
                stop=stop,
            )
            try:
                done = work.run(first, last, again=again)
            finally:
                for source in opened:
                    source.close()
    _report(done, as_json=as_json)
    if stop.is_set():
        say(ctx, "interrupted; the same command goes on from here")
        return 130
    if done.gave_up:
        say(ctx, _gave_up(done))
    return WITH_GAPS if done.gaps or done.gave_up else 0


def _gave_up(done: Backfilled) -> str:
    from digest.pipeline.backfill import MOST_FAILURES

    return (
        f"stopped: {MOST_FAILURES} days in a row failed, the last because: {done.gave_up}\n"
        "→ nothing that was read is lost; when the source answers again, the same command goes on from here"
    )


def _span(ctx: click.Context, since: date, until: date | None) -> tuple[date, date]:
    from digest.sources.huggingface import FIRST_DAY

    today = utc_now().date()
    last = min(until or today, today)
    first = max(since, FIRST_DAY)
    if first != since:
        say(ctx, f"the source begins on {FIRST_DAY}; starting there")
    if first > last:
        raise click.UsageError(f"there is no day to read from {since} to {until or today}")
    return first, last


@contextmanager
def _ends_softly(ctx: click.Context, stop: threading.Event) -> Iterator[None]:
    """The first interrupt lets the days in hand finish; the second ends at once."""

    def once(_number: int, _frame: Any) -> None:
        say(ctx, "stopping after the days in hand; interrupt again to stop at once")
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, before[number])

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, once) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(ctx: click.Context, total: int) -> Iterator[Callable[[DayReport], None]]:
    """A bar with rate and time to go on a terminal, a line a day elsewhere, nothing with ``--quiet``."""
    from digest.pipeline.collect import as_line

    if ctx.obj["quiet"] or not sys.stderr.isatty():
        yield lambda report: say(ctx, as_line(report))
        return
    from digest.cli.progress import bar

    with bar(total) as shown:

        def tell(report: DayReport) -> None:
            shown.step(str(report.day.day))
            if not report.stored:
                shown.say(as_line(report))

        yield tell


# --- the report ------------------------------------------------------------------------------


def _report(done: Backfilled, *, as_json: bool) -> None:
    if as_json:
        print_json(_shown(done))
        return
    click.echo(f"{done.read} days read, {done.skipped} were settled already, {done.added} listings added")
    for line in _gap_lines(done):
        click.echo(line)
    if not done.gaps:
        click.echo("no gaps")


def _gap_lines(done: Backfilled) -> Iterator[str]:
    gaps = done.gaps
    for failed in gaps.failed:
        yield f"gap: {failed.day} {failed.day:%a}  {failed.reason}"
    for day in gaps.unread:
        yield f"gap: {day} {day:%a}  never read"
    for day in gaps.incomplete:
        yield f"gap: {day} {day:%a}  known from cards only, without abstracts"
    if gaps.empty_weekdays:
        named = ", ".join(str(day) for day in gaps.empty_weekdays)
        yield f"weekdays on which the source lists nothing (no gaps): {named}"


def _shown(done: Backfilled) -> dict[str, Any]:
    gaps = done.gaps
    return {
        "read": done.read,
        "skipped": done.skipped,
        "added": done.added,
        "gaps": {
            "failed": [{"day": day.day, "reason": day.reason} for day in gaps.failed],
            "unread": list(gaps.unread),
            "incomplete": list(gaps.incomplete),
        },
        "empty_weekdays": list(gaps.empty_weekdays),
        "gave_up": done.gave_up,
    }
