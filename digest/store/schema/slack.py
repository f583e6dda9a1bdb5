"""Tables of Slack workspaces that installed the app."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, String
from sqlalchemy.orm import Mapped, mapped_column

from digest.store.schema.base import Base


class SlackInstallationRow(Base):
    """A workspace that installed the app. ``sealed_token`` is encrypted; the key is not in the store."""

    __tablename__ = "slack_installations"

    workspace: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str]
    sealed_token: Mapped[bytes]
    bot_id: Mapped[str] = mapped_column(String(32))
    bot_user_id: Mapped[str] = mapped_column(String(32))
    installer_id: Mapped[str] = mapped_column(String(32))
    scopes: Mapped[str]
    organisation_wide: Mapped[bool] = mapped_column(Boolean)
    installed_at: Mapped[datetime]


class SlackStateRow(Base):
    """A running OAuth: its state, as a fingerprint, may come back once and soon."""

    __tablename__ = "slack_states"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
