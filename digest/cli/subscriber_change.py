"""``digest subscribers change``: another schedule, other keywords, by an admin's hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import TYPE_CHECKING

import click

from digest.cli.context import house_of, say
from digest.cli.kinds import Hour, Weekdays
from digest.cli.subscriber_shown import next_digest
from digest.clock import utc_now

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from digest.model import Profile, Subscriber
    from digest.store.profiles import Draft


@dataclass(frozen=True, slots=True)
class Edit:
    """What an admin wants otherwise; ``None`` and ``()`` leave things as they are."""

    keywords: str | None = None
    named: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    bar: float | None = None
    limit: int | None = None
    timezone: str | None = None
    send_at: time | None = None
    weekdays: frozenset[int] | None = None
    empty: str | None = None
    rising: bool | None = None

    @property
    def of_schedule(self) -> bool:
        asked = (self.timezone, self.send_at, self.weekdays, self.empty, self.rising)
        return any(one is not None for one in asked)

    @property
    def of_profiles(self) -> bool:
        asked = (self.keywords, self.bar, self.limit)
        return bool(self.named or self.dropped) or any(one is not None for one in asked)


@click.command("change", short_help="Another schedule, other keywords.")
@click.argument("subscriber")
@click.option("-k", "--keywords", multiple=True, help="New keywords for the only profile; several make one.")
@click.option(
    "-p",
    "--profile",
    "named",
    multiple=True,
    metavar="NAME=KEYWORDS",
    help="Change the profile of that name, or add it; repeatable.",
)
@click.option(
    "--drop", "dropped", multiple=True, metavar="NAME", help="Remove the profile of that name; repeatable."
)
@click.option("--bar", type=float, help="Least score, 0 to 10; for the profiles named, or else for all.")
@click.option("--limit", type=int, help="Most papers; for the profiles named, or else for all.")
@click.option("--timezone", help="A name such as Europe/Berlin.")
@click.option("--at", "send_at", type=Hour(), help="Local time of day.")
@click.option("--weekdays", type=Weekdays(), help="daily, weekdays, weekly, or mon,thu.")
@click.option("--empty", type=click.Choice(["always", "weekly", "never"]), help="Digests without papers.")
@click.option("--rising/--no-rising", default=None, help="Show a paper once more when it climbs.")
@click.pass_context
def change(
    ctx: click.Context,
    subscriber: str,
    keywords: tuple[str, ...],
    named: tuple[str, ...],
    dropped: tuple[str, ...],
    bar: float | None,
    limit: int | None,
    timezone: str | None,
    send_at: time | None,
    weekdays: frozenset[int] | None,
    empty: str | None,
    rising: bool | None,  # noqa: FBT001  Click calls it
) -> None:
    """Change when SUBSCRIBER's digests come and by which keywords. What profiles learnt stays."""
    from digest.store import subscribers
    from digest.store.database import transaction

    edit = Edit(
        ", ".join(keywords) if keywords else None,
        named,
        dropped,
        bar,
        limit,
        timezone,
        send_at,
        weekdays,
        empty,
        rising,
    )
    if not (edit.of_schedule or edit.of_profiles):
        raise click.UsageError("say what to change: see `digest subscribers change --help`")
    with house_of(ctx) as house, transaction(house.engine) as session:
        known = subscribers.named(session, subscriber)
        _apply(session, known, edit, utc_now())
        known = subscribers.get(session, known.id)
    say(ctx, f"changed; the next digest is due {next_digest(known)}")


def _apply(session: Session, known: Subscriber, edit: Edit, now: datetime) -> None:
    """All of the edit or, when a piece of it is wrong, nothing: the transaction ends with the error."""
    if edit.of_profiles:
        _change_profiles(session, known, edit, now)
    if edit.of_schedule:
        _change_schedule(session, known, edit, now)


def _change_schedule(session: Session, known: Subscriber, edit: Edit, now: datetime) -> None:
    from digest.model import EmptyDigests
    from digest.subscriptions import Schedule, change_schedule

    wanted = Schedule(
        timezone=edit.timezone or known.timezone,
        send_at=edit.send_at or known.send_at,
        weekdays=edit.weekdays or known.weekdays,
        empty_digests=EmptyDigests(edit.empty) if edit.empty else known.empty_digests,
        rising=known.rising if edit.rising is None else edit.rising,
    )
    change_schedule(session, known.id, wanted, now)


def _change_profiles(session: Session, known: Subscriber, edit: Edit, now: datetime) -> None:
    from digest.ranking.stored_profiles import read_stored
    from digest.store import profiles
    from digest.subscriptions import remove_profile, save_profile

    own = profiles.of_subscriber(session, known.id, read_stored)
    for number, draft in _drafts(own, edit):
        kept = next((one for one in own if one.id == number), None)
        trending = kept is not None and kept.trending and not draft.text
        save_profile(session, known.id, number, draft, now, trending=trending)
    for name in edit.dropped:
        remove_profile(session, known.id, _named(own, name).id)


def _drafts(own: Sequence[Profile], edit: Edit) -> list[tuple[int | None, Draft]]:
    """The profiles to save, with their numbers (``None`` for new ones)."""
    texts = _texts(own, edit)
    if not texts and (edit.bar is not None or edit.limit is not None):
        texts = {one.name: one.text for one in own}
    return [_draft(own, name, text, edit) for name, text in texts.items()]


def _texts(own: Sequence[Profile], edit: Edit) -> dict[str, str]:
    texts = {}
    if edit.keywords is not None:
        if len(own) > 1:
            names = ", ".join(one.name for one in own)
            raise click.BadParameter(
                f"there are several profiles ({names}): name one with --profile NAME=KEYWORDS",
                param_hint="--keywords",
            )
        texts[own[0].name if own else "Papers"] = edit.keywords
    for piece in edit.named:
        name, mark, text = piece.partition("=")
        if not mark:
            raise click.BadParameter(f"{piece!r} is not NAME=KEYWORDS", param_hint="--profile")
        texts[name] = text
    return texts


def _draft(own: Sequence[Profile], name: str, text: str, edit: Edit) -> tuple[int | None, Draft]:
    from digest.store.profiles import Draft

    kept = next((one for one in own if one.name.casefold() == name.strip().casefold()), None)
    draft = Draft(kept.name, text, kept.bar, kept.limit, kept.learning) if kept else Draft(name, text)
    if edit.bar is not None:
        draft = replace(draft, bar=edit.bar)
    if edit.limit is not None:
        draft = replace(draft, limit=edit.limit)
    return (kept.id if kept else None), draft


def _named(own: Sequence[Profile], name: str) -> Profile:
    found = next((one for one in own if one.name.casefold() == name.strip().casefold()), None)
    if found is None:
        names = ", ".join(one.name for one in own)
        raise click.BadParameter(f"there is no profile {name!r}, only {names}", param_hint="--drop")
    return found
