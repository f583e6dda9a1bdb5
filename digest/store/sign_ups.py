"""Sign-ups asked for on the web, to bound form bombing. Addresses and networks as keyed hashes only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from digest.store.schema import SignUpRow


class Outcome(StrEnum):
    """Whether a mail went out for a sign-up, was answered by a confirmation, or there was none."""

    MAILED = "mailed"
    ANSWERED = "answered"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sign-ups since a moment: from one network, from everywhere."""

    network: int
    total: int


def record(session: Session, address_hash: str, network_hash: str, outcome: Outcome, at: datetime) -> None:
    """Note one sign-up."""
    session.execute(
        insert(SignUpRow).values(address_hash=address_hash, network_hash=network_hash, outcome=outcome, at=at)
    )


def since(session: Session, moment: datetime, *, network_hash: str) -> Counts:
    """Sign-ups of one network and of all since a moment."""
    question = select(func.count().filter(SignUpRow.network_hash == network_hash), func.count()).where(
        SignUpRow.at > moment
    )
    network, total = session.execute(question).one()
    return Counts(network, total)


def mailed(session: Session, address_hash: str, moment: datetime) -> int:
    """How many mails went to one address since a moment and were not answered."""
    question = (
        select(func.count())
        .select_from(SignUpRow)
        .where(
            SignUpRow.address_hash == address_hash,
            SignUpRow.outcome == Outcome.MAILED,
            SignUpRow.at > moment,
        )
    )
    return session.execute(question).scalar_one()


def give_back(session: Session, address_hash: str) -> None:
    """Let the mails to one address count no more, as its owner answered. Networks and the total keep them."""
    session.execute(
        update(SignUpRow)
        .where(SignUpRow.address_hash == address_hash, SignUpRow.outcome == Outcome.MAILED)
        .values(outcome=Outcome.ANSWERED)
    )


def forget(session: Session, address_hash: str) -> None:
    """Remove what one address left here: it was erased."""
    session.execute(delete(SignUpRow).where(SignUpRow.address_hash == address_hash))


def expire(session: Session, before: datetime) -> int:
    """Remove what is too old to bound anything."""
    done: Any = session.execute(delete(SignUpRow).where(SignUpRow.at < before))
    return int(done.rowcount)
