"""What the answers need: the store and the defaults; and what an answer is."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.channels.slack_text import MAX_BLOCKS, Block, clean, cut, section
from digest.config import DigestSettings
from digest.errors import (
    ConfigError,
    DeliveryError,
    DigestError,
    NotFound,
    SourceError,
    StoreError,
    Suppressed,
)
from digest.model import ChannelName, Profile, Subscriber, SubscriberState
from digest.pipeline.shelf import Material, Shelf, filled
from digest.ranking.stored_profiles import read_stored
from digest.slots import first_due
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers
from digest.tokens import Keys

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """The store, the defaults for new subscribers, and the keys of the suppression list."""

    engine: Engine
    defaults: DigestSettings
    keys: Keys
    shelf: Shelf = field(default_factory=Shelf)

    def material(self, now: datetime) -> Material:
        """The store's statistics and last days, read anew when something came since."""
        return self.shelf.material(self.engine, now=now)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the asking person alone sees. ``text`` is mrkdwn; ``modal`` is a view to open with it."""

    text: str
    blocks: tuple[Block, ...] = ()
    modal: Block | None = field(default=None)

    @property
    def shown(self) -> list[Block]:
        return list(self.blocks or (section(self.text),))[:MAX_BLOCKS]


def sorry(error: DigestError) -> Reply:
    """An error as a sentence with its remedy; whatever it quotes is cut and cannot mention anybody.

    What only the operator can mend is logged for them: nobody in Slack can run their commands.
    """
    if isinstance(error, (StoreError, ConfigError, SourceError, DeliveryError)):
        LOG.warning("a command in Slack failed: %s: %s", type(error).__name__, error)
        return Reply(
            "That did not work: something is wrong here, and it is noted.\n→ try again in a few minutes"
        )
    if isinstance(error, Suppressed):
        return Reply("Nothing is sent here any more.\n→ ask whoever runs this digest to lift it")
    told = cut(clean(str(error)), 600)
    remedy = f"\n→ {cut(clean(error.remedy), 400)}" if error.remedy else ""
    return Reply(f"{told}{remedy}")


def active(session: Session, address: str) -> Subscriber:
    """The address's live subscription. Raises ``NotFound`` with the way to get one."""
    known = store_subscribers.find(session, ChannelName.SLACK, address)
    if known is None or not known.active:
        raise NotFound("there is no subscription here", remedy="try /digest subscribe diffusion, agents")
    return known


def profiles_of(session: Session, subscriber: Subscriber, defaults: DigestSettings) -> list[Profile]:
    """The subscriber's profiles with the defaults filled in."""
    found = store_profiles.of_subscriber(session, subscriber.id, read_stored)
    return [filled(profile, defaults) for profile in found]


def next_line(subscriber: Subscriber, now: datetime) -> str:
    """When the next digest comes, in Slack's own notation: shown in each reader's zone."""
    if subscriber.state is SubscriberState.PAUSED and subscriber.paused_until is None:
        return "Paused; no digest until you resume."
    due = first_due(subscriber, now)
    fallback = f"{due:%Y-%m-%d %H:%M} UTC"
    told = f"<!date^{int(due.timestamp())}^{{date_short_pretty}} at {{time}}|{fallback}>"
    paused = "Paused. " if subscriber.state is SubscriberState.PAUSED else ""
    return f"{paused}Next digest: {told} ({cut(subscriber.timezone, 80)})."
