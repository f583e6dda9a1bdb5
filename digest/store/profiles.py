"""Profiles: what a subscriber typed, and what feedback taught.

The store keeps a profile's text; reading it is ranking's business, so ``parse`` is passed in
(``digest.ranking.stored_profiles.read_stored``). Equal texts are read once per call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from digest.errors import NotFound
from digest.model import Keyword, Profile, Weight
from digest.store.schema import ForgottenTermRow, ProfileRow, WeightRow
from digest.store.upserts import portions, upsert

Parse = Callable[[str], tuple[Keyword, ...]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A profile as asked for: ``bar`` and ``limit`` are ``None`` where the defaults shall count."""

    name: str
    text: str
    bar: float | None = None
    limit: int | None = None
    learning: bool = True


def of_subscribers(session: Session, ids: Iterable[int], parse: Parse) -> dict[int, list[Profile]]:
    """The profiles of many subscribers, each list in its owner's order; one entry per id asked for."""
    numbers = list(ids)
    found: dict[int, list[Profile]] = {number: [] for number in numbers}
    read = _once(parse)
    for some in portions(numbers):
        weights = _weights(session, ProfileRow.subscriber_id.in_(some))
        for row in session.execute(_question().where(ProfileRow.subscriber_id.in_(some))):
            profile = _value(row, read, weights)
            found[profile.subscriber_id].append(profile)
    return found


def of_subscriber(session: Session, subscriber_id: int, parse: Parse) -> list[Profile]:
    """One subscriber's profiles, in their order."""
    return of_subscribers(session, [subscriber_id], parse)[subscriber_id]


def get(session: Session, profile_id: int, parse: Parse) -> Profile:
    """One profile. Raises ``NotFound``."""
    row = session.execute(_question().where(ProfileRow.id == profile_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such profile")
    return _value(row, parse, _weights(session, ProfileRow.id == profile_id))


def add(session: Session, subscriber_id: int, draft: Draft, now: datetime) -> int:
    """Store a new profile after the others and return its number."""
    last = select(func.coalesce(func.max(ProfileRow.position), -1) + 1).where(
        ProfileRow.subscriber_id == subscriber_id
    )
    values = _row(draft) | {
        "subscriber_id": subscriber_id,
        "position": session.execute(last).scalar_one(),
        "changed_at": now,
    }
    number: int = session.execute(insert(ProfileRow).values(values).returning(ProfileRow.id)).scalar_one()
    return number


def save(session: Session, profile_id: int, draft: Draft, now: datetime) -> None:
    """Change a profile; its number, and with it its feed and what it learnt, stays. Raises ``NotFound``."""
    done: Any = session.execute(
        update(ProfileRow).where(ProfileRow.id == profile_id).values(_row(draft) | {"changed_at": now})
    )
    if not done.rowcount:
        raise NotFound("there is no such profile")


def remove(session: Session, profile_id: int) -> None:
    """Remove a profile with what it learnt. Removing twice is the same as once."""
    session.execute(delete(ProfileRow).where(ProfileRow.id == profile_id))


def replace_all(session: Session, subscriber_id: int, drafts: Sequence[Draft], now: datetime) -> None:
    """Put these profiles in the place of all the subscriber had; those of the same name keep their number."""
    question = select(ProfileRow.name, ProfileRow.id).where(ProfileRow.subscriber_id == subscriber_id)
    before = {row.name: row.id for row in session.execute(question)}
    for name in before.keys() - {draft.name for draft in drafts}:
        remove(session, before[name])
    for draft in drafts:
        if draft.name in before:
            save(session, before[draft.name], draft, now)
        else:
            add(session, subscriber_id, draft, now)


def set_weights(session: Session, profile_id: int, weights: Sequence[Weight]) -> None:
    """Put these weights in the place of all the profile had."""
    session.execute(delete(WeightRow).where(WeightRow.profile_id == profile_id))
    rows = [
        {"profile_id": profile_id, "term": one.term, "weight": one.weight, "origin": one.origin}
        for one in weights
    ]
    if rows:
        session.execute(insert(WeightRow), rows)


def forget_weight(session: Session, profile_id: int, term: str) -> None:
    """Take one learnt term away and remember that; what was never learnt is not remembered."""
    done: Any = session.execute(
        delete(WeightRow).where(WeightRow.profile_id == profile_id, WeightRow.term == term)
    )
    if done.rowcount:
        known = upsert(session, ForgottenTermRow).values(profile_id=profile_id, term=term)
        session.execute(known.on_conflict_do_nothing())


def forgotten(session: Session, profile_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """The terms each of these profiles was told to forget."""
    found: dict[int, set[str]] = {number: set() for number in profile_ids}
    question = select(ForgottenTermRow.profile_id, ForgottenTermRow.term)
    for number, term in session.execute(question.where(ForgottenTermRow.profile_id.in_(profile_ids))):
        found[number].add(term)
    return {number: frozenset(terms) for number, terms in found.items()}


def reset_weights(session: Session, profile_id: int) -> None:
    """Take away all that was learnt, and what was forgotten: the profile learns as a new one does."""
    set_weights(session, profile_id, ())
    session.execute(delete(ForgottenTermRow).where(ForgottenTermRow.profile_id == profile_id))


# --- rows to values --------------------------------------------------------------------------


def _question() -> Any:
    return select(
        ProfileRow.id,
        ProfileRow.subscriber_id,
        ProfileRow.name,
        ProfileRow.text,
        ProfileRow.bar,
        ProfileRow.entry_limit,
        ProfileRow.learning,
    ).order_by(ProfileRow.subscriber_id, ProfileRow.position, ProfileRow.id)


def _value(row: Any, parse: Parse, weights: dict[int, tuple[Weight, ...]]) -> Profile:
    number, subscriber_id, name, text, bar, limit, learning = row
    return Profile(
        number, subscriber_id, name, text, parse(text), bar, limit, learning, weights.get(number, ())
    )


def _weights(session: Session, where: Any) -> dict[int, tuple[Weight, ...]]:
    question = (
        select(WeightRow.profile_id, WeightRow.term, WeightRow.weight, WeightRow.origin)
        .join(ProfileRow, ProfileRow.id == WeightRow.profile_id)
        .where(where)
        .order_by(WeightRow.profile_id, WeightRow.term)
    )
    found: dict[int, list[Weight]] = defaultdict(list)
    for row in session.execute(question):
        origin: Literal["feedback", "learnt"] = "feedback" if row.origin == "feedback" else "learnt"
        found[row.profile_id].append(Weight(row.term, row.weight, origin))
    return {number: tuple(weights) for number, weights in found.items()}


def _row(draft: Draft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "text": draft.text,
        "bar": draft.bar,
        "entry_limit": draft.limit,
        "learning": draft.learning,
    }


def _once(parse: Parse) -> Parse:
    known: dict[str, tuple[Keyword, ...]] = {}

    def read(text: str) -> tuple[Keyword, ...]:
        if text not in known:
            known[text] = parse(text)
        return known[text]

    return read
