"""The stored form of a digest: one compact JSON value, so that a hundred thousand a day stay small.

Entries are lists in a fixed order rather than objects: names would be two thirds of the bytes.
``FORM`` is written with each value; a later form must still read the earlier ones.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from digest.model import (
    Account,
    DayAccount,
    DayState,
    Digest,
    DigestKind,
    Entry,
    Field,
    Mark,
    NearMiss,
    Reason,
    ReasonKind,
    Score,
    Section,
)

FORM = 1
REASONS_KEPT = 100_000
"""Reasons remembered as read: those of a day's papers, for the keywords that many ask for."""
_KINDS = {kind.value: kind for kind in ReasonKind}
_MARKS = {mark.value: mark for mark in Mark}
_FIELDS: dict[str, Field | None] = {"": None} | {field.value: field for field in Field}
"""Looked up by the million: calling an enumeration costs ten times as much."""


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
    if value["form"] != FORM:
        raise ValueError(
            f"digest {digest_id} is stored in form {value['form']}, which this program cannot read"
        )
    return Digest(
        id=digest_id,
        subscriber_id=subscriber_id,
        slot=slot,
        kind=DigestKind(kind),
        sections=tuple(_unpack_section(section) for section in value["sections"]),
        account=_unpack_account(value["account"]),
        timezone=value["zone"],
        send_at=time.fromisoformat(value["at"]),
        next_slot=date.fromisoformat(value["next"]) if value["next"] else None,
    )


def _pack_section(section: Section) -> list[Any]:
    entries = [_pack_entry(entry) for entry in section.entries]
    return [section.profile_id, section.profile_name, section.profile_text, entries]


def _unpack_section(value: list[Any]) -> Section:
    return Section(value[0], value[1], value[2], tuple(_unpack_entry(entry) for entry in value[3]))


def _pack_entry(entry: Entry) -> list[Any]:
    return [
        entry.paper_id,
        entry.revision,
        _iso(entry.day),
        entry.mark,
        entry.upvotes,
        entry.code_stars,
        list(entry.also_in),
        entry.score.value,
        list(map(_pack_reason, entry.score.reasons)),
    ]


def _unpack_entry(value: list[Any]) -> Entry:
    paper_id, revision, day, mark, upvotes, stars, also_in, score, reasons = value
    return Entry(
        paper_id=paper_id,
        revision=revision,
        day=_date(day),
        mark=_MARKS[mark],
        upvotes=upvotes,
        code_stars=stars,
        also_in=tuple(also_in),
        score=Score(score, tuple(map(_unpack_reason, reasons))),
    )


@lru_cache(maxsize=256)
def _iso(day: date) -> str:
    return day.isoformat()


@lru_cache(maxsize=256)
def _date(text: str) -> date:
    return date.fromisoformat(text)


def _pack_reason(reason: Reason) -> str:
    """One text, ``kind⇥points⇥field⇥related to⇥term``: read again it is one look-up."""
    parts = (reason.kind, repr(reason.points), reason.field or "", reason.related_to, reason.term)
    return "\t".join(parts)


@lru_cache(maxsize=REASONS_KEPT)
def _unpack_reason(value: str) -> Reason:
    kind, points, field, related_to, term = value.split("\t", 4)
    return Reason(_KINDS[kind], term, float(points), _FIELDS[field], related_to)


def _pack_account(account: Account) -> dict[str, Any]:
    return {
        "as_of": account.as_of.isoformat(),
        "days": [[day.day.isoformat(), day.state.value, day.listed] for day in account.days],
        "counts": [
            account.listed,
            account.considered,
            account.chosen,
            account.already_sent,
            account.below_bar,
            account.excluded,
            account.over_limit,
        ],
        "bar": account.bar,
        "missing": [day.isoformat() for day in account.missing_days],
        "near": [[miss.paper_id, miss.title, miss.score, miss.bar] for miss in account.near_misses],
    }


def _unpack_account(value: dict[str, Any]) -> Account:
    listed, considered, chosen, already_sent, below_bar, excluded, over_limit = value["counts"]
    return Account(
        as_of=datetime.fromisoformat(value["as_of"]),
        days=tuple(_unpack_day(day) for day in value["days"]),
        listed=listed,
        considered=considered,
        chosen=chosen,
        already_sent=already_sent,
        below_bar=below_bar,
        excluded=excluded,
        over_limit=over_limit,
        bar=value["bar"],
        missing_days=tuple(date.fromisoformat(day) for day in value["missing"]),
        near_misses=tuple(NearMiss(*miss) for miss in value["near"]),
    )


def _unpack_day(value: list[Any]) -> DayAccount:
    return DayAccount(date.fromisoformat(value[0]), DayState(value[1]), value[2])
