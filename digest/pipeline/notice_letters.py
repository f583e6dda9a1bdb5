"""Writes notices as letters: reads what they are about, makes the links, renders the mail."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from digest.channels.letters import Letter, already_subscribed, confirmation, goodbye, write
from digest.config import EmailSettings
from digest.model import Message
from digest.ranking.stored_profiles import read_stored
from digest.schedule_wording import schedule_line
from digest.store import profiles, subscribers
from digest.store.database import reading
from digest.store.notices import Kind, Notice
from digest.tokens import LIFETIMES, Keys, Purpose, sign


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the letters of one house. ``domain`` stands in their Message-IDs.

    Tokens and Date carry the moment the notice was planned, so that every attempt is the same mail.
    """

    engine: Engine
    keys: Keys
    base_url: str
    settings: EmailSettings
    domain: str

    def __call__(self, notice: Notice) -> Message:
        """The notice as a message. Raises ``DeliveryError`` for an address that cannot be written to."""
        message_id = f"<notice.{notice.id}.{notice.created_at:%Y%m%d}@{self.domain}>"
        body = write(
            self._letter(notice),
            self.settings,
            to=notice.address,
            message_id=message_id,
            date=notice.created_at,
        )
        return Message(notice.id, notice.address, body, message_id)

    def _letter(self, notice: Notice) -> Letter:
        if notice.kind is Kind.KNOWN:
            return already_subscribed(
                self._link("p", Purpose.PREFERENCES, notice), self._link("u", Purpose.UNSUBSCRIBE, notice)
            )
        if notice.kind is Kind.GOODBYE:
            return goodbye(f"{self.base_url.rstrip('/')}/subscribe")
        with reading(self.engine) as session:
            one = subscribers.get(session, notice.subscriber_id)
            own = profiles.of_subscriber(session, one.id, read_stored)
        lifetime = LIFETIMES[Purpose.CONFIRM]
        return confirmation(
            self._link("confirm", Purpose.CONFIRM, notice),
            profiles=[profile.text for profile in own],
            schedule=schedule_line(one),
            hours=int(lifetime.total_seconds() // 3600) if lifetime else 0,
        )

    def _link(self, path: str, purpose: Purpose, notice: Notice) -> str:
        token = sign(self.keys, purpose, str(notice.subscriber_id), notice.created_at)
        return f"{self.base_url.rstrip('/')}/{path}/{token}"
