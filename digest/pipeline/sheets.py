"""Builds what a channel renders, from what the store froze: the same at every attempt."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
PAPERS_KEPT = 2_000
"""Papers remembered between batches: a fortnight's. A day's digests share a few dozen."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where sheets are made: the store, the keys of links, and the names that links start with."""

    engine: Engine
    keys: Keys
    base_url: str
    return_domain: str = ""
    _read: dict[Revision, Paper] = field(default_factory=dict, compare=False, repr=False)

    def sheets(self, deliveries: Sequence[Delivery]) -> dict[int, Sheet]:
        """The sheets of claimed deliveries, by delivery; one whose digest is gone is left out.

        Raises ``DeliveryError`` for a delivery without an identity: it was never claimed.
        """
        with reading(self.engine) as session:
            found = digests.load(session, {delivery.digest_id for delivery in deliveries})
            wanted = {
                (entry.paper_id, entry.revision) for digest in found.values() for entry in digest.entries
            }
            read = self._papers(session, wanted)
        return {
            delivery.id: self._sheet(delivery, found[delivery.digest_id], read)
            for delivery in deliveries
            if delivery.digest_id in found
        }

    def _papers(self, session: Session, wanted: Collection[Revision]) -> Mapping[Revision, Paper]:
        """Papers at a revision; each read once, since nobody changes what was."""
        new = [key for key in wanted if key not in self._read]
        known = {key: self._read[key] for key in wanted if key in self._read}
        found = papers.at_revision(session, new) if new else {}
        if len(self._read) + len(found) > PAPERS_KEPT:
            self._read.clear()
        self._read.update(found)
        return known | found

    def _sheet(self, delivery: Delivery, digest: Digest, read: Mapping[Revision, Paper]) -> Sheet:
        if delivery.message_date is None:
            raise DeliveryError(f"delivery {delivery.id} has no date yet", remedy="claim it first")
        return Sheet(
            digest=digest,
            papers={
                entry.paper_id: read[entry.paper_id, entry.revision]
                for entry in digest.entries
                if (entry.paper_id, entry.revision) in read
            },
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
