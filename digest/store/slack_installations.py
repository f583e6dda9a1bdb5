"""Workspaces that installed the Slack app, and the OAuth rounds under way. Tokens come and go sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from digest.model import ChannelName, DeliveryState, SubscriberState
from digest.store.schema import DeliveryRow, SlackInstallationRow, SlackStateRow, SubscriberRow
from digest.store.upserts import upsert


@dataclass(frozen=True, slots=True)
class StoredInstallation:
    """One workspace (team id, or the organisation's id where the app is installed for all of it)."""

    workspace: str
    name: str
    sealed_token: bytes
    bot_id: str
    bot_user_id: str
    installer_id: str
    scopes: str
    organisation_wide: bool
    installed_at: datetime


_COLUMNS = (
    SlackInstallationRow.workspace,
    SlackInstallationRow.name,
    SlackInstallationRow.sealed_token,
    SlackInstallationRow.bot_id,
    SlackInstallationRow.bot_user_id,
    SlackInstallationRow.installer_id,
    SlackInstallationRow.scopes,
    SlackInstallationRow.organisation_wide,
    SlackInstallationRow.installed_at,
)


def save(session: Session, installation: StoredInstallation) -> None:
    """Store an installation; installing again takes the place of what was there."""
    values: dict[str, Any] = {column.key: getattr(installation, column.key) for column in _COLUMNS}
    statement = upsert(session, SlackInstallationRow).values(values)
    session.execute(
        statement.on_conflict_do_update(index_elements=[SlackInstallationRow.workspace], set_=values)
    )


def find(session: Session, workspace: str) -> StoredInstallation | None:
    question = select(*_COLUMNS).where(SlackInstallationRow.workspace == workspace)
    row = session.execute(question).one_or_none()
    return None if row is None else StoredInstallation(*row)


def listed(session: Session) -> list[StoredInstallation]:
    """All workspaces, by id."""
    rows = session.execute(select(*_COLUMNS).order_by(SlackInstallationRow.workspace))
    return [StoredInstallation(*row) for row in rows]


def remove(session: Session, workspace: str) -> bool:
    """Forget a workspace's token; tells whether there was one."""
    done: Any = session.execute(
        delete(SlackInstallationRow).where(SlackInstallationRow.workspace == workspace)
    )
    return bool(done.rowcount)


def close_workspace(session: Session, workspace: str, reason: str, now: datetime) -> tuple[int, int]:
    """Switch off the subscribers of a workspace that took the app out, and close what waits for them.

    Tells how many subscribers and deliveries. Who pauses stays paused; what is being handed over has its
    answer yet to come.
    """
    ours = _of_workspace(workspace)
    deliveries: Any = session.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.state.in_((DeliveryState.PLANNED, DeliveryState.DEFERRED)),
            DeliveryRow.subscriber_id.in_(select(SubscriberRow.id).where(*ours)),
        )
        .values(state=DeliveryState.REFUSED, reason=reason, next_attempt_at=None, finished_at=now)
    )
    subscribers: Any = session.execute(
        update(SubscriberRow)
        .where(*ours, SubscriberRow.state == SubscriberState.CONFIRMED)
        .values(state=SubscriberState.SUSPENDED, suspended_reason=reason, next_due_at=None)
    )
    return int(subscribers.rowcount), int(deliveries.rowcount)


def switched_off(session: Session, workspace: str, reasons: Sequence[str]) -> list[int]:
    """The numbers of the workspace's subscribers that are suspended for one of these reasons."""
    because = or_(*(SubscriberRow.suspended_reason.startswith(one, autoescape=True) for one in reasons))
    question = select(SubscriberRow.id).where(
        *_of_workspace(workspace), SubscriberRow.state == SubscriberState.SUSPENDED, because
    )
    return list(session.scalars(question.order_by(SubscriberRow.id)))


def _of_workspace(workspace: str) -> tuple[Any, ...]:
    return (
        SubscriberRow.channel == ChannelName.SLACK,
        SubscriberRow.address.startswith(f"{workspace}/", autoescape=True),
    )


# --- OAuth states ------------------------------------------------------------------------------


def keep_state(session: Session, fingerprint: str, expires_at: datetime) -> None:
    session.add(SlackStateRow(fingerprint=fingerprint, expires_at=expires_at))
    session.flush()


def take_state(session: Session, fingerprint: str, now: datetime) -> bool:
    """Whether the state is known and fresh; it is gone afterwards, whoever asks at the same moment."""
    done: Any = session.execute(
        delete(SlackStateRow).where(SlackStateRow.fingerprint == fingerprint, SlackStateRow.expires_at > now)
    )
    session.execute(delete(SlackStateRow).where(SlackStateRow.expires_at <= now))
    return bool(done.rowcount)
