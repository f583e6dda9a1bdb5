"""Addresses that are never written to again. Kept as keyed hashes, so they outlive erasure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from digest.model import ChannelName
from digest.store.schema import SuppressionRow
from digest.store.upserts import upsert


def add(session: Session, channel: ChannelName, address_hash: str, reason: str, at: datetime) -> None:
    """Suppress an address; the first reason stays."""
    values = {"channel": channel, "address_hash": address_hash, "reason": reason, "at": at}
    session.execute(upsert(session, SuppressionRow).values(values).on_conflict_do_nothing())


def reason(session: Session, channel: ChannelName, address_hash: str) -> str | None:
    """Why the address is suppressed, or ``None`` if it is not."""
    question = select(SuppressionRow.reason).where(
        SuppressionRow.channel == channel, SuppressionRow.address_hash == address_hash
    )
    return session.scalars(question).one_or_none()


def among(session: Session, channel: ChannelName, hashes: Collection[str]) -> set[str]:
    """Those of ``hashes`` that are suppressed: one query for a batch."""
    question = select(SuppressionRow.address_hash).where(
        SuppressionRow.channel == channel, SuppressionRow.address_hash.in_(list(hashes))
    )
    return set(session.scalars(question))


def remove(session: Session, channel: ChannelName, address_hash: str) -> bool:
    """Lift a suppression; tells whether there was one."""
    done: Any = session.execute(
        delete(SuppressionRow).where(
            SuppressionRow.channel == channel, SuppressionRow.address_hash == address_hash
        )
    )
    return bool(done.rowcount)
