"""Suppression: who is never written to again, asked at every door and before every hand-over.

What is stored is a keyed hash, so the list outlives erasure and names nobody. An admin's
``unsuppress`` is the only way off it: a confirmation mail to a dead mailbox would be one more bounce,
and whoever asked never to be written to did not ask for an exception.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog
from sqlalchemy.orm import Session

from digest.errors import NotFound, Suppressed
from digest.model import ChannelName
from digest.slack_address import WEBHOOK_HOSTS
from digest.store import suppressions
from digest.subscriptions.checks import check_address
from digest.tokens import Keys, keyed_hash

ADDRESS = "address"
"""The purpose of the keyed hash of an address: for suppressions and for bounding sign-ups."""

log = structlog.get_logger()


def refuse_suppressed(session: Session, keys: Keys, channel: ChannelName, address: str) -> None:
    """Raise ``Suppressed`` for an address on the list; the message does not repeat the address."""
    reason = suppression_of(session, keys, channel, address)
    if reason is not None:
        raise Suppressed(
            f"that address is on the suppression list ({reason})",
            remedy="if its owner wants mail again, run `digest subscribers unsuppress ADDRESS`",
        )


def suppression_of(session: Session, keys: Keys, channel: ChannelName, address: str) -> str | None:
    """Why an address is on the list; ``None`` where it is not."""
    return suppressions.reason(session, channel, keyed_hash(keys, ADDRESS, address))


def suppressed_among(
    session: Session, keys: Keys, channel: ChannelName, addresses: Collection[str]
) -> set[str]:
    """Those of ``addresses`` that are on the list, by one query."""
    hashes = {keyed_hash(keys, ADDRESS, address): address for address in addresses}
    return {hashes[found] for found in suppressions.among(session, channel, hashes)}


def unsuppress(
    session: Session,
    keys: Keys,
    channel: ChannelName,
    address: str,
    *,
    webhook_hosts: Sequence[str] = WEBHOOK_HOSTS,
) -> str:
    """Take an address off the list by an admin's word and return why it was on it. Subscribes nobody.

    Raises ``SubscriptionError`` for what is no address, ``NotFound`` for one that is not on the list.
    """
    stored = keyed_hash(keys, ADDRESS, check_address(channel, address, webhook_hosts=webhook_hosts))
    reason = suppressions.reason(session, channel, stored)
    if reason is None:
        raise NotFound(
            "that address is not on the suppression list", remedy="check the channel and the spelling"
        )
    suppressions.remove(session, channel, stored)
    log.info("suppression.lifted", channel=channel.value, reason=reason, hash=stored[:12])
    return reason
