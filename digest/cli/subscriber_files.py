"""Subscribers as CSV: one line per profile, out and in again, with all that a subscriber chooses."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.errors import DigestError, SubscriptionError, Suppressed
from digest.house import House
from digest.model import ChannelName, EmptyDigests, Profile, Subscriber, SubscriberState
from digest.ranking.stored_profiles import read_stored
from digest.slots import slot_of
from digest.store import profiles, subscribers
from digest.store.database import reading, transaction
from digest.store.profiles import Draft
from digest.subscriptions import Wishes, check_address, pause, subscribe

COLUMNS = (
    "channel",
    "address",
    "state",
    "paused_until",
    "timezone",
    "send_at",
    "weekdays",
    "empty",
    "rising",
    "profile",
    "keywords",
    "bar",
    "limit",
    "trending",
    "learning",
)
NEEDED = ("address", "keywords")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the start of a formula."""
LEFT_OUT = frozenset({SubscriberState.UNCONFIRMED, SubscriberState.UNSUBSCRIBED, SubscriberState.SUSPENDED})
"""States a file cannot turn into a subscription: nobody vouched for them."""
PAGE = 2000


def every(engine: Engine, states: Iterable[str] = (), channel: str | None = None) -> Iterator[Subscriber]:
    """All subscribers that fit."""
    for page in _pages(engine, states, channel):
        yield from page


def _pages(
    engine: Engine, states: Iterable[str] = (), channel: str | None = None
) -> Iterator[list[Subscriber]]:
    """They come page by page: memory stays flat."""
    wanted = [SubscriberState(state) for state in states]
    kind = ChannelName(channel) if channel else None
    last = 0
    while True:
        with reading(engine) as session:
            page = subscribers.listed(session, states=wanted, channel=kind, after_id=last, limit=PAGE)
        yield page
        if len(page) < PAGE:
            return
        last = page[-1].id


# --- out -------------------------------------------------------------------------------------


def csv_lines(engine: Engine) -> Iterator[str]:
    """All subscribers as lines of CSV, one per profile; cells that look like formulas get a leading quote."""
    yield _csv(COLUMNS)
    for page in _pages(engine):
        with reading(engine) as session:
            own = profiles.of_subscribers(session, [one.id for one in page], read_stored)
        yield from (_csv(_line(one, profile).values()) for one in page for profile in own[one.id])


def _csv(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _line(one: Subscriber, profile: Profile) -> dict[str, str]:
    values = {
        "channel": one.channel,
        "address": one.address,
        "state": one.state,
        "paused_until": "" if one.paused_until is None else str(one.paused_until),
        "timezone": one.timezone,
        "send_at": f"{one.send_at:%H:%M}",
        "weekdays": " ".join(DAYS[day] for day in sorted(one.weekdays)),
        "empty": one.empty_digests,
        "rising": _word(yes=one.rising),
        "profile": profile.name,
        "keywords": profile.text,
        "bar": "" if profile.bar is None else str(profile.bar),
        "limit": "" if profile.limit is None else str(profile.limit),
        "trending": _word(yes=profile.trending),
        "learning": _word(yes=profile.learning),
    }
    return {name: _harmless(value) for name, value in values.items()}


def _word(*, yes: bool) -> str:
    return "yes" if yes else "no"


def _is_yes(cells: Mapping[str, str], name: str, default: str) -> bool:
    """A cell that says yes or no. Raises ``ValueError`` for any other word."""
    word = (cells.get(name) or default).lower()
    if word not in {"yes", "no"}:
        raise ValueError(f"{name} is {word!r}, neither yes nor no")
    return word == "yes"


def _harmless(cell: str) -> str:
    return "'" + cell if cell.startswith((*FORMULA, "'")) else cell


def _as_it_was(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*FORMULA, "'")) else cell


# --- in --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Report:
    """What an import did, or would do: ``before`` is the number of subscribers there were.

    Lines of whom a digest comes to already are ``known``, lines skipped for another reason ``skipped``.
    """

    before: int
    added: int = 0
    known: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


class _Undo(Exception):
    """Ends a trial run: the transaction is rolled back."""


def import_csv(house: House, file: Iterable[str], now: datetime, *, keep: bool) -> Report:
    """Subscribe everybody in a CSV file in one transaction; without ``keep`` it is rolled back.

    Who is subscribed already, left, or is suppressed, is skipped and named by line. Raises
    ``SubscriptionError`` or ``ProfileError`` naming the line of anything that is wrong;
    then nothing was stored.
    """
    groups = _groups(file)
    with reading(house.engine) as session:
        report = Report(sum(subscribers.counts(session).values()))
    try:
        with transaction(house.engine) as session:
            for number, lines in groups:
                _take(session, house, number, lines, report, now)
            if not keep:
                raise _Undo  # noqa: TRY301  rolling back is the point
    except _Undo:
        pass
    return report


def _groups(file: Iterable[str]) -> list[tuple[int, list[dict[str, str]]]]:
    """Lines of one address belong together; each group with the number of its first line."""
    try:
        lines = list(csv.DictReader(file, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise SubscriptionError(f"the file is no CSV: {error}", remedy="save it as CSV in UTF-8") from error
    missing = [name for name in NEEDED if lines and name not in lines[0]]
    if missing or not lines:
        raise SubscriptionError(
            f"the file has no column {missing[0]!r}" if missing else "the file has no lines",
            remedy=f"the first line names the columns: {', '.join(COLUMNS)}",
        )
    groups: dict[tuple[str, str], tuple[int, list[dict[str, str]]]] = {}
    for number, line in enumerate(lines, 2):
        cells = {name: _as_it_was((cell or "").strip()) for name, cell in line.items() if name}
        groups.setdefault(_key(cells), (number, []))[1].append(cells)
    return list(groups.values())


def _key(cells: Mapping[str, str]) -> tuple[str, str]:
    """What lines of one subscriber share. Mail ignores case; Slack's ids and webhooks do not."""
    channel, address = cells.get("channel") or ChannelName.EMAIL, cells["address"]
    return channel, address.lower() if channel == ChannelName.EMAIL else address


def _take(
    session: Session, house: House, number: int, lines: list[dict[str, str]], report: Report, now: datetime
) -> None:
    try:
        channel = ChannelName(lines[0].get("channel") or "email")
        state = SubscriberState(lines[0].get("state") or SubscriberState.CONFIRMED)
        if state in LEFT_OUT:
            report.skipped.append(f"line {number}: {state}")
            return
        hosts = house.settings.slack.webhook_hosts
        address = check_address(channel, lines[0]["address"], webhook_hosts=hosts)
        known = subscribers.find(session, channel, address)
        if known is not None:
            kept = report.known if known.state is SubscriberState.CONFIRMED else report.skipped
            kept.append(f"line {number}: already there, {known.state}")
            return
        added = _subscribe(session, house, channel, lines, now)
        _pause(session, added, lines[0], now, paused=state is SubscriberState.PAUSED)
        report.added += 1
    except Suppressed as error:
        report.skipped.append(f"line {number}: {error}")
    except DigestError as error:
        raise SubscriptionError(f"line {number}: {error}", remedy=error.remedy) from error
    except ValueError as error:
        raise SubscriptionError(f"line {number}: {error}", remedy="compare with `export`") from error


def _subscribe(
    session: Session, house: House, channel: ChannelName, lines: list[dict[str, str]], now: datetime
) -> Subscriber:
    first, defaults = lines[0], house.settings.digest
    wishes = Wishes(
        channel,
        first["address"],
        tuple(_draft(cells) for cells in lines),
        first.get("timezone") or defaults.timezone,
        time.fromisoformat(first["send_at"]) if first.get("send_at") else defaults.send_at,
        _weekdays(first),
        EmptyDigests(first.get("empty") or defaults.empty),
        _is_yes(first, "rising", "yes"),
    )
    return subscribe(
        session,
        wishes,
        keys=house.keys,
        trending=any(_is_trending(cells) for cells in lines),
        confirmed=True,
        now=now,
        source="import",
        webhook_hosts=house.settings.slack.webhook_hosts,
    )


def _pause(
    session: Session, added: Subscriber, cells: Mapping[str, str], now: datetime, *, paused: bool
) -> None:
    """Pause who was paused, until the same date; a pause whose date has come since is over."""
    until = date.fromisoformat(cells["paused_until"]) if cells.get("paused_until") else None
    if until is None and paused:
        pause(session, added.id, now)
    elif until is not None and until > slot_of(now, added.timezone):
        pause(session, added.id, now, until=until)


def _is_trending(cells: Mapping[str, str]) -> bool:
    """Whether a line asks for what is trending, in so many words: without a column for it by its name."""
    named = cells.get("profile", "").casefold() == "trending"
    return _is_yes(cells, "trending", _word(yes=named))


def _weekdays(cells: Mapping[str, str]) -> frozenset[int]:
    names = cells.get("weekdays", "").lower().split() or DAYS
    return frozenset(DAYS.index(name[:3]) for name in names)


def _draft(cells: Mapping[str, str]) -> Draft:
    return Draft(
        cells.get("profile") or "Papers",
        cells["keywords"],
        float(cells["bar"]) if cells.get("bar") else None,
        int(cells["limit"]) if cells.get("limit") else None,
        _is_yes(cells, "learning", "yes"),
    )
