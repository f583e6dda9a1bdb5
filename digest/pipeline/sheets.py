"""Builds what a channel renders, from what the store froze: the same at every attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.errors import DeliveryError
from digest.links import bounce_address, make_links
from digest.model import Delivery, Digest, Paper, Sheet
from digest.store import digests, papers
from digest.store.database import reading
from digest.tokens import Keys

Revision = tuple[str, int]
"""A paper's id and revision: what an ``Entry`` begins with."""
PAPERS_KEPT = 2_000
"""Papers remembered between batches: a fortnight's. A day's digests share a few dozen."""


class Shelf:
    """Papers at a revision, each read once: nobody changes what was. Safe between threads."""

    def __init__(self) -> None:
        self._read: dict[Revision, Paper] = {}

    def holding(self, session: Session, wanted: Set[Revision]) -> Mapping[Revision, Paper]:
        """A mapping that holds those of the wanted papers that the store has."""
        read = self._read
        new = wanted - read.keys()
        if not new:
            return read
        kept = (
            read if len(read) + len(new) <= PAPERS_KEPT else {key: read[key] for key in wanted & read.keys()}
        )
        self._read = read = kept | papers.at_revision(session, new)
        return read


@dataclass(frozen=True, slots=True)
class Desk:
    """Where sheets are made: the store, the keys of links, and the names that links start with."""

    engine: Engine
    keys: Keys
    base_url: str
    return_domain: str = ""
    _shelf: Shelf = field(default_factory=Shelf, compare=False, repr=False)

    def sheets(self, deliveries: Sequence[Delivery]) -> dict[int, Sheet]:
        """The sheets of claimed deliveries, by delivery; one whose digest is gone is left out.

        Raises ``DeliveryError`` for a delivery without an identity: it was never claimed.
        """
        with reading(self.engine) as session:
            found = digests.load(session, {delivery.digest_id for delivery in deliveries})
            read = self._shelf.holding(
                session, {entry[:2] for digest in found.values() for entry in digest.entries}
            )
        return {
            delivery.id: self._sheet(delivery, found[delivery.digest_id], read)
            for delivery in deliveries
            if delivery.digest_id in found
        }

    def _sheet(self, delivery: Delivery, digest: Digest, read: Mapping[Revision, Paper]) -> Sheet:
        if delivery.message_date is None:
            raise DeliveryError(f"delivery {delivery.id} has no date yet", remedy="claim it first")
        return Sheet(
            digest=digest,
            papers={entry[0]: paper for entry in digest.entries if (paper := read.get(entry[:2]))},
            address=delivery.address,
            links=make_links(
                self.keys,
                self.base_url,
                subscriber_id=delivery.subscriber_id,
                digest_id=delivery.digest_id,
                at=digest.account.as_of,
                return_domain=self.return_domain,
            ),
            message_id=delivery.message_id,
            message_date=delivery.message_date,
            bounce_address=bounce_address(self.keys, delivery.id, self.return_domain),
        )
