"""The stored form of a digest: one compact JSON value, so that a hundred thousand a day stay small.

What many readers share is one text in it: a paper as it was listed, the grounds of a score
(``model/grounds.py``), the days and the moment a digest covers. Each is read once and looked up from then
on. An entry is one text of signs that JSON writes as they are: to be read it is split, and nothing else.
``FORM`` is written with each value; a later form must still read the earlier ones, once they are released.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple

from digest.model import (
    Account,
    DayAccount,
    DayState,
    Digest,
    DigestKind,
    Entry,
    Mark,
    NearMiss,
    Score,
    Section,
)
from digest.model.separators import FIELDS, GROUNDS, escaped, unescaped

FORM = 4
READABLE = (3, 4)
"""Form 3 did not tell what was late or rising."""
LISTED_KEPT = 20_000
"""Listed papers remembered as read: a week's, in every mark and vote count."""

EDITIONS_KEPT = 1_024
"""Editions remembered as read: a run has one for each zone and each stretch of days it covers."""


class Listed(NamedTuple):
    """A paper as it was listed when it was chosen: what all its readers share."""

    paper_id: str
    revision: int
    day: date
    mark: Mark
    upvotes: int
    code_stars: int | None


class Edition(NamedTuple):
    """What the accounts of many digests share."""

    as_of: datetime
    missing_days: tuple[date, ...]
    days: tuple[DayAccount, ...]


def pack(digest: Digest) -> dict[str, Any]:
    """A digest as a JSON value. ``unpack`` gives the same digest back."""
    return {
        "form": FORM,
        "zone": digest.timezone,
        "at": digest.send_at.isoformat("minutes"),
        "next": digest.next_slot.isoformat() if digest.next_slot else None,
        "sections": [_pack_section(section) for section in digest.sections],
        "account": _pack_account(digest.account),
    }


def unpack(value: dict[str, Any], *, digest_id: int, subscriber_id: int, slot: date, kind: str) -> Digest:
    """The digest that was packed. Raises ``KeyError`` or ``ValueError`` for a value that is none."""
    if value["form"] not in READABLE:
        raise ValueError(
            f"digest {digest_id} is stored in form {value['form']}, which this program cannot read"
        )
    return Digest(
        id=digest_id,
        subscriber_id=subscriber_id,
        slot=slot,
        kind=DigestKind(kind),
        sections=tuple([_unpack_section(section) for section in value["sections"]]),
        account=_unpack_account(value["account"]),
        timezone=value["zone"],
        send_at=time.fromisoformat(value["at"]),
        next_slot=date.fromisoformat(value["next"]) if value["next"] else None,
    )


def _pack_section(section: Section) -> list[Any]:
    entries = [_pack_entry(entry) for entry in section.entries]
    return [section.profile_id, section.profile_name, section.profile_text, entries]


def _unpack_section(value: list[Any]) -> Section:
    profile_id, name, text, entries = value
    return Section(profile_id, name, text, tuple(map(_unpack_entry, entries)))


def _pack_entry(entry: Entry) -> str:
    shown = listed_text(
        entry.paper_id, entry.revision, entry.day, entry.mark, entry.upvotes, entry.code_stars
    )
    return entry_text(shown, entry.score.value, entry.also_in, entry.score.grounds)


def entry_text(listed: str, score: float, also_in: Sequence[str], grounds: Sequence[str]) -> str:
    """``listed~score~also in~ground~ground…``; each profile it is also in stands behind a ``|``."""
    also = "".join([f"{FIELDS}{escaped(name)}" for name in also_in]) if also_in else ""
    return GROUNDS.join((listed, repr(score), also, *grounds))


def _unpack_entry(text: str) -> Entry:
    listed, score, also, *grounds = text.split(GROUNDS)
    paper_id, revision, day, mark, upvotes, stars = _listed(listed)
    told = Score(float(score), tuple(grounds))
    return Entry(paper_id, revision, day, mark, told, upvotes, stars, _also(also) if also else ())


def _also(text: str) -> tuple[str, ...]:
    return tuple([unescaped(name) for name in text.split(FIELDS)[1:]])


@lru_cache(maxsize=LISTED_KEPT)
def listed_text(
    paper_id: str, revision: int, day: date, mark: Mark, upvotes: int, code_stars: int | None
) -> str:
    """``paper|revision|day|mark|upvotes|stars``; the last is empty where nothing is known."""
    stars = "" if code_stars is None else str(code_stars)
    return FIELDS.join((escaped(paper_id), str(revision), day.isoformat(), mark.value, str(upvotes), stars))


@lru_cache(maxsize=LISTED_KEPT)
def _listed(text: str) -> Listed:
    paper_id, revision, day, mark, upvotes, stars = text.split(FIELDS)
    known = int(stars) if stars else None
    return Listed(
        unescaped(paper_id), int(revision), date.fromisoformat(day), Mark(mark), int(upvotes), known
    )


def _pack_account(account: Account) -> list[Any]:
    """``[edition, counts, bar, near misses]``."""
    counts = [
        account.listed,
        account.considered,
        account.chosen,
        account.already_sent,
        account.below_bar,
        account.excluded,
        account.over_limit,
        account.late,
        account.rising,
    ]
    near = [[miss.paper_id, miss.title, miss.score, miss.bar] for miss in account.near_misses]
    return [edition_text(account.as_of, account.missing_days, account.days), counts, account.bar, near]


def _unpack_account(value: list[Any]) -> Account:
    edition, counts, bar, near = value
    as_of, missing, days = _edition(edition)
    listed, considered, chosen, already_sent, below_bar, excluded, over_limit, *beside = counts
    late, rising = beside or (0, 0)
    return Account(
        as_of, days, listed, considered, chosen, already_sent, below_bar, excluded, over_limit,
        bar, missing, tuple([NearMiss(*miss) for miss in near]), late, rising,
    )  # fmt: skip


@lru_cache(maxsize=EDITIONS_KEPT)
def edition_text(as_of: datetime, missing: tuple[date, ...], days: tuple[DayAccount, ...]) -> str:
    """``as of|missing,missing|day state listed|day state listed…``."""
    told = (f"{one.day.isoformat()} {one.state.value} {one.listed}" for one in days)
    return FIELDS.join((as_of.isoformat(), ",".join(day.isoformat() for day in missing), *told))


@lru_cache(maxsize=EDITIONS_KEPT)
def _edition(text: str) -> Edition:
    as_of, missing, *days = text.split(FIELDS)
    left_out = tuple(date.fromisoformat(day) for day in missing.split(",") if day)
    return Edition(datetime.fromisoformat(as_of), left_out, tuple(map(_day, days)))


def _day(text: str) -> DayAccount:
    day, state, listed = text.split(" ")
    return DayAccount(date.fromisoformat(day), DayState(state), int(listed))
