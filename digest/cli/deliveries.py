"""``digest deliveries``: look after what does not look after itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from digest.cli.context import house_of, print_json, say
from digest.cli.kinds import JSON
from digest.clock import utc_now

if TYPE_CHECKING:
    from datetime import datetime

    from digest.model import Attempt, Delivery, DeliveryState

NUMBERS = click.argument("numbers", type=int, nargs=-1, required=True)


@click.group(help="Look after deliveries: list, show, retry, release, close.")
def command() -> None:
    pass


@command.command("list", short_help="Newest first, one in a line.")
@click.option("--state", "names", multiple=True, help="Only in this state; may be given several times.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@JSON
@click.pass_context
def list_(ctx: click.Context, names: tuple[str, ...], limit: int, as_json: bool) -> None:  # noqa: FBT001
    """Newest first: number, slot, state, channel, address (shortened), when next, reason."""
    from digest.store import deliveries
    from digest.store.database import reading

    with house_of(ctx) as house, reading(house.engine) as session:
        found = deliveries.listed(session, states=[_state(name) for name in names], limit=limit)
    if as_json:
        print_json([shown(one) for one in found])
        return
    for one in found:
        click.echo(as_line(one))


@command.command("show", short_help="One delivery with its attempts.")
@click.argument("number", type=int)
@JSON
@click.pass_context
def show(ctx: click.Context, number: int, as_json: bool) -> None:  # noqa: FBT001
    """One delivery: whose it is, when it went, what the server called it, and attempts that failed."""
    from digest.store import deliveries
    from digest.store.database import reading

    with house_of(ctx) as house, reading(house.engine) as session:
        one, attempts = deliveries.get(session, number), deliveries.attempts_of(session, number)
    if as_json:
        print_json(shown(one) | {"attempts_made": [asdict(attempt) for attempt in attempts]})
        return
    click.echo(as_line(one))
    for line in details(one):
        click.echo(line)
    for attempt in attempts:
        click.echo(attempt_line(attempt))


@command.command("retry", short_help="Try deferred or refused ones again now.")
@NUMBERS
@click.pass_context
def retry(ctx: click.Context, numbers: tuple[int, ...]) -> int:
    """Try deferred or refused deliveries again at once."""
    from digest.model import DeliveryState as State

    return _put_back(ctx, numbers, (State.DEFERRED, State.REFUSED))


@command.command("release", short_help="Let poison or held ones be sent again.")
@NUMBERS
@click.pass_context
def release(ctx: click.Context, numbers: tuple[int, ...]) -> int:
    """Let poison or held (unknown) deliveries be sent again. Held ones may then arrive twice."""
    from digest.model import DeliveryState as State

    return _put_back(ctx, numbers, (State.POISON, State.UNKNOWN))


@command.command("close", short_help="Close waiting, held or poison ones for good.")
@NUMBERS
@click.option("--sent", "as_sent", is_flag=True, help="They arrived (default: they shall not be sent).")
@click.pass_context
def close(ctx: click.Context, numbers: tuple[int, ...], as_sent: bool) -> int:  # noqa: FBT001
    """Close waiting, held or poison deliveries for good."""
    from digest.model import DeliveryState as State
    from digest.store import deliveries

    state = State.SENT if as_sent else State.REFUSED
    return _change(ctx, numbers, lambda session: deliveries.close(session, numbers, state, now=utc_now()))


def _put_back(ctx: click.Context, numbers: tuple[int, ...], states: Collection[DeliveryState]) -> int:
    from digest.store import deliveries

    return _change(ctx, numbers, lambda session: deliveries.put_back(session, numbers, states, now=utc_now()))


def _change(ctx: click.Context, numbers: tuple[int, ...], change: Callable[[Any], list[int]]) -> int:
    """Change and say which were; 1 when one was not in a state that allows it, or is not there."""
    from digest.store import deliveries
    from digest.store.database import transaction

    with house_of(ctx) as house, transaction(house.engine) as session:
        done = change(session)
        left = sorted(set(numbers) - set(done))
        states = deliveries.states(session, left)
    say(ctx, f"{len(done):,} changed")
    if states:
        told = ", ".join(f"{number} ({state})" for number, state in sorted(states.items()))
        say(ctx, f"not in a state that allows it: {told}")
    if missing := [str(number) for number in left if number not in states]:
        say(ctx, f"there is no delivery {', '.join(missing)}: `digest deliveries list` shows those there are")
    return 1 if left else 0


def _state(name: str) -> DeliveryState:
    from digest.model import DeliveryState

    try:
        return DeliveryState(name)
    except ValueError:
        raise click.BadParameter(
            f"{name!r} is none of {', '.join(DeliveryState)}", param_hint="--state"
        ) from None


def shown(one: Delivery) -> dict[str, Any]:
    """A delivery as JSON, its address shortened."""
    from digest.logs import mask

    return asdict(one) | {"address": mask(one.address)}


def as_line(one: Delivery) -> str:
    """A delivery on a line."""
    from digest.logs import mask

    again = f" next {one.next_attempt_at:%Y-%m-%d %H:%M}Z" if one.next_attempt_at else ""
    reason = f": {one.reason}" if one.reason else ""
    return f"{one.id}\t{one.slot}\t{one.state}\t{one.channel}\t{mask(one.address)}{again}{reason}"


def details(one: Delivery) -> Iterator[str]:
    """What else there is to tell of a delivery, for people: enough to find it in a mail server's log."""
    rows = (
        ("subscriber", str(one.subscriber_id)),
        ("planned", _moment(one.created_at)),
        ("first try", _moment(one.first_attempt_at)),
        ("ended", _moment(one.finished_at)),
        ("held by", f"{one.claimed_by} until {_moment(one.lease_until)}" if one.lease_until else ""),
        ("message id", one.message_id),
        ("accepted as", one.reference),
        ("unanswered", f"{one.unanswered} hand-overs without an answer" if one.unanswered else ""),
    )
    return (f"  {name:<12} {value}" for name, value in rows if value)


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z" if at else ""


def attempt_line(one: Attempt) -> str:
    """An attempt on a line."""
    return f"  {one.at:%Y-%m-%d %H:%M:%S}Z\t{one.outcome}\t{one.code}\t{one.detail}"
