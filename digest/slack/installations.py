"""Bolt's installation and state stores, over ours: tokens sealed, states used once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from slack_sdk.oauth.installation_store import Bot, Installation, InstallationStore
from slack_sdk.oauth.state_store import OAuthStateStore
from sqlalchemy import Engine

from digest import subscriptions
from digest.channels.slack_answers import CLOSED, NOT_INSTALLED
from digest.channels.slack_text import clean
from digest.pipeline.telling import TARGET
from digest.sealing import Seal
from digest.store import alarms, slack_installations
from digest.store.database import reading, transaction
from digest.store.slack_installations import StoredInstallation

STATE_LIFETIME = timedelta(minutes=10)
GONE = "the app was taken out of the workspace"
OVER = (GONE, CLOSED, NOT_INSTALLED)
"""Reasons that a new installation ends."""

Clock = Callable[[], datetime]


class Installations(InstallationStore):
    """One bot token per workspace. People's own tokens are not asked for and not kept."""

    def __init__(self, engine: Engine, seal: Seal, clock: Clock) -> None:
        self._engine = engine
        self._seal = seal
        self._clock = clock

    def save(self, installation: Installation) -> None:
        """Store an installation. Who was switched off because the app was gone is written to again."""
        if not installation.bot_token:
            return
        stored = StoredInstallation(
            workspace=_workspace(
                installation.enterprise_id, installation.team_id, wide=installation.is_enterprise_install
            ),
            name=installation.team_name or installation.enterprise_name or "",
            sealed_token=self._seal.close(installation.bot_token),
            bot_id=installation.bot_id or "",
            bot_user_id=installation.bot_user_id or "",
            installer_id=installation.user_id,
            scopes=",".join(installation.bot_scopes or ()),
            organisation_wide=bool(installation.is_enterprise_install),
            installed_at=self._clock(),
        )
        with transaction(self._engine) as session:
            slack_installations.save(session, stored)
            for number in slack_installations.switched_off(session, stored.workspace, OVER):
                subscriptions.resume(session, number, self._clock())
            alarms.clear(session, [_alarm(stored.workspace)], now=self._clock())

    def save_bot(self, bot: Bot) -> None:
        """Nothing more to keep: ``save`` has it."""

    def find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The workspace's bot with its token opened; the organisation's where that installed the app."""
        stored = self._find(enterprise_id, team_id, wide=is_enterprise_install)
        if stored is None:
            return None
        return Bot(
            enterprise_id=enterprise_id,
            team_id=team_id,
            team_name=stored.name,
            bot_token=self._seal.open(stored.sealed_token),
            bot_id=stored.bot_id,
            bot_user_id=stored.bot_user_id,
            bot_scopes=stored.scopes,
            is_enterprise_install=stored.organisation_wide,
            installed_at=stored.installed_at,
        )

    def find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        bot = self.find_bot(
            enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=is_enterprise_install
        )
        if bot is None:
            return None
        return Installation(
            enterprise_id=enterprise_id,
            team_id=team_id,
            team_name=bot.team_name,
            bot_token=bot.bot_token,
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
            bot_scopes=bot.bot_scopes,
            user_id=user_id or "",
            is_enterprise_install=bot.is_enterprise_install,
            installed_at=bot.installed_at,
        )

    def delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The bot's token was revoked: it is removed, and the workspace's digests stop."""
        workspace = team_id or enterprise_id or ""
        now = self._clock()
        with transaction(self._engine) as session:
            known = slack_installations.find(session, workspace)
            if known is None:
                return  # told twice
            slack_installations.remove(session, workspace)
            counts = slack_installations.close_workspace(session, workspace, GONE, now)
            alarms.happened(session, _alarm(workspace), _told(known, *counts), now=now)

    def delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """A person's token was revoked: none is kept. Without a person it is the whole installation."""
        if user_id is None:
            self.delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    def delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The app was uninstalled."""
        self.delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    def _find(
        self, enterprise_id: str | None, team_id: str | None, *, wide: bool | None
    ) -> StoredInstallation | None:
        with reading(self._engine) as session:
            found = slack_installations.find(session, _workspace(enterprise_id, team_id, wide=wide))
            if found is None and enterprise_id:
                found = slack_installations.find(session, enterprise_id)
        return found


def _alarm(workspace: str) -> str:
    return f"{TARGET}workspace.{workspace}"


def _told(gone: StoredInstallation, subscribers: int, deliveries: int) -> str:
    name = clean(gone.name)[:80]
    return (
        f"the Slack workspace {name} ({gone.workspace}) took the app out; subscribers switched off: "
        f"{subscribers}, deliveries closed: {deliveries}; they are resumed when it installs the app again"
    )


def _workspace(enterprise_id: str | None, team_id: str | None, *, wide: bool | None) -> str:
    return (enterprise_id if wide else team_id) or enterprise_id or ""


class States(OAuthStateStore):
    """OAuth states: random, kept as fingerprints, valid once and for ten minutes."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def issue(self, *_: object, **__: object) -> str:
        state = secrets.token_urlsafe(32)
        with transaction(self._engine) as session:
            slack_installations.keep_state(session, _fingerprint(state), self._clock() + STATE_LIFETIME)
        return state

    def consume(self, state: str) -> bool:
        with transaction(self._engine) as session:
            return slack_installations.take_state(session, _fingerprint(state), self._clock())


def _fingerprint(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
