"""What is held on a person: handed out in full, erased in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from digest.store import held, sign_ups, suppressions
from digest.store import subscribers as store_subscribers
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import Keys, keyed_hash

TAGLESS = ("gmail.com", "googlemail.com")
"""Where dots in the local part mean nothing."""


def export(session: Session, subscriber_id: int) -> dict[str, Any]:
    """Everything held on a subscriber, table by table, as plain values. Raises ``NotFound``."""
    store_subscribers.get(session, subscriber_id)
    return held.everything(session, subscriber_id)


def erase(
    session: Session, subscriber_id: int, keys: Keys, now: datetime, *, never_again: bool = False
) -> None:
    """Remove every row that names a subscriber, in this transaction. Raises ``NotFound``.

    With ``never_again`` a keyed hash of the address stays on the suppression list, so that nobody
    can subscribe it again; nothing else stays.
    """
    known = store_subscribers.get(session, subscriber_id, lock=True)
    fingerprint = keyed_hash(keys, ADDRESS, known.address)
    held.erase(session, subscriber_id)
    sign_ups.forget(session, keyed_hash(keys, ADDRESS, bounding_form(known.address)))
    if never_again:
        suppressions.add(session, known.channel, fingerprint, "asked never to be written to", now)


def bounding_form(address: str) -> str:
    """An address without what makes aliases of one mailbox: tags after a plus, dots where they mean nothing.

    >>> bounding_form("ada.l+x@gmail.com"), bounding_form("ada.l+x@example.org")
    ('adal@gmail.com', 'ada.l@example.org')
    """
    local, mark, domain = address.lower().rpartition("@")
    if not mark:
        return address
    local = local.partition("+")[0] or local
    return f"{local.replace('.', '') if domain in TAGLESS else local}@{domain}"
