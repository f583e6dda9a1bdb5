"""Workspaces that installed the Slack app, and the OAuth rounds under way. Tokens come and go sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from digest.model import ChannelName, SubscriberState
from digest.store.schema import SlackInstallationRow, SlackStateRow, SubscriberRow
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


def suspend_subscribers(session: Session, workspace: str, reason: str) -> int:
    """Stop the digests into a workspace that took the app out; tells how many."""
    done: Any = session.execute(
        update(SubscriberRow)
        .where(
            SubscriberRow.channel == ChannelName.SLACK,
            SubscriberRow.address.startswith(f"{workspace}/", autoescape=True),
            SubscriberRow.state.in_((SubscriberState.CONFIRMED, SubscriberState.PAUSED)),
        )
        .values(state=SubscriberState.SUSPENDED, suspended_reason=reason, next_due_at=None)
    )
    return int(done.rowcount)


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
