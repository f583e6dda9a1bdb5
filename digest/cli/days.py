"""``digest days``: the ledger, day by day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from digest.cli.context import house_of, print_json, say
from digest.cli.kinds import JSON
from digest.cli.kinds import Day as DayType
from digest.clock import utc_now

if TYPE_CHECKING:
    from digest.model import Day

USUAL_SPAN = timedelta(days=30)
HEAD = ("day", "", "state", "papers", "from", "last read", "remarks")
WIDTHS = (10, 3, 8, 6, 8, 16)


@click.command(help="The ledger: what is known of each day, and why.")
@click.option("--since", type=DayType(), help="First day (default: 30 days ago).")
@click.option("--until", type=DayType(), help="Last day (default: today).")
@JSON
@click.pass_context
def command(ctx: click.Context, since: date | None, until: date | None, as_json: bool) -> None:  # noqa: FBT001
    """Print the ledger, newest day first; weekdays that were never read stand in it as missing."""
    from digest.pipeline.ledger import missing_days
    from digest.store import days
    from digest.store.database import reading

    now = utc_now()
    last = until or now.date()
    first = since or last - USUAL_SPAN
    if first > last:
        raise click.UsageError("--since is later than --until")
    with house_of(ctx, logs=False) as house, reading(house.engine) as session:
        known = {day.day: day for day in days.ledger(session, first, last)}
        freshest = days.last_success(session)
    missing = [day for day in missing_days(known, first, last) if day not in known]
    rows = sorted([*known.values(), *(_missing(day) for day in missing)], key=lambda day: day.day)
    if as_json:
        print_json([_shown(day) for day in rows])
        return
    click.echo(_line(HEAD))
    for day in reversed(rows):
        click.echo(_line(_cells(day)))
    _remark(ctx, freshest, now, house.settings.operator.stale_after_hours)


def _missing(day: date) -> Day:
    from digest.model import Day, DayState

    return Day(day, DayState.FAILED, reason="never read: `digest backfill` reads it")


def _cells(day: Day) -> tuple[str, ...]:
    from digest.account_wording import plural
    from digest.model import Tier

    remarks = [day.reason, *(note for note in day.notes if note not in day.reason)]
    if day.failures:
        remarks.insert(0, plural(day.failures, "failed attempt"))
    if day.tier is Tier.CARDS:
        remarks.insert(0, "incomplete")
    return (
        str(day.day),
        f"{day.day:%a}",
        "missing" if day.tried_at is None and day.first_read_at is None else day.state.value,
        str(day.listed),
        day.tier.value if day.tier else "–",
        f"{day.last_read_at:%Y-%m-%d %H:%M}" if day.last_read_at else "never",
        "; ".join(remark for remark in remarks if remark),
    )


def _line(cells: tuple[str, ...]) -> str:
    padded = [
        f"{cell:>{width}}" if cell.isdigit() else f"{cell:<{width}}"
        for cell, width in zip(cells, WIDTHS, strict=False)
    ]
    return "  ".join([*padded, *cells[len(WIDTHS) :]]).rstrip()


def _shown(day: Day) -> dict[str, Any]:
    return {
        "day": day.day,
        "state": day.state.value,
        "missing": day.tried_at is None and day.first_read_at is None,
        "listed": day.listed,
        "refused": day.refused,
        "tier": day.tier,
        "first_read_at": _iso(day.first_read_at),
        "last_read_at": _iso(day.last_read_at),
        "changed_at": _iso(day.changed_at),
        "tried_at": _iso(day.tried_at),
        "failures": day.failures,
        "reason": day.reason,
        "notes": list(day.notes),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _remark(ctx: click.Context, freshest: datetime | None, now: datetime, stale_after_hours: float) -> None:
    if freshest is None:
        say(ctx, "nothing was ever read; run `digest collect`")
    elif now - freshest > timedelta(hours=stale_after_hours):
        hours = (now - freshest).total_seconds() / 3600
        say(ctx, f"the source is stale: the last successful read was {hours:.0f} hours ago")
