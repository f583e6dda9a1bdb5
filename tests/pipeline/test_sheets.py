"""Sheets: what a channel renders is what was frozen, at every attempt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import Engine, event

from digest.errors import DeliveryError
from digest.model import (
    Account,
    ChannelName,
    Delivery,
    DeliveryState,
    Digest,
    DigestKind,
    Entry,
    Mark,
    Paper,
    Score,
    Section,
)
from digest.pipeline.sheets import Desk
from digest.store import digests, papers
from digest.store.database import transaction
from digest.store.digests import Coverage
from digest.tokens import Keys
from tests.store.outbox import subscribe

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
DAY = date(2026, 3, 2)
ENTRY = Entry("2603.00001", 1, DAY, Mark.NEW, Score(7.0), 12)
DIGEST = Digest(
    1,
    DAY,
    DigestKind.DAILY,
    (Section(1, "main", "diffusion", (ENTRY,)),),
    Account(NOW, (), 1, 1, 1, 0, 0, 0, 0),
    "UTC",
    time(7, 30),
)
DELIVERY = Delivery(
    5,
    1,
    1,
    ChannelName.EMAIL,
    "ada@example.org",
    DAY,
    DeliveryState.CLAIMED,
    message_id="<m>",
    message_date=NOW,
)


def desk(engine: Engine) -> Desk:
    return Desk(engine, Keys((b"a key of sixteen bytes",)), "https://papers.example", "in.example")


def prepare(engine: Engine) -> Delivery:
    (number,) = subscribe(engine, 1)
    with transaction(engine) as session:
        mine = replace(DIGEST, subscriber_id=number)
        (stored,) = digests.add(session, [(mine, Coverage(None, 1, None))], now=NOW)
        papers.store(session, [Paper("2603.00001", "A title as it was")], now=NOW)
    return replace(DELIVERY, digest_id=stored.id, subscriber_id=number)


def test_a_paper_that_changed_later_is_shown_as_it_was(engine: Engine) -> None:
    delivery = prepare(engine)
    before = desk(engine).sheets([delivery])
    with transaction(engine) as session:
        papers.store(session, [Paper("2603.00001", "A corrected title")], now=NOW)
    after = desk(engine).sheets([delivery])
    assert after == before
    assert after[5].papers["2603.00001"].title == "A title as it was"
    assert after[5].bounce_address.startswith("b.5.")
    assert after[5].message_id == "<m>"


def test_a_digest_that_is_gone_has_no_sheet(engine: Engine) -> None:
    assert desk(engine).sheets([replace(DELIVERY, digest_id=99)]) == {}


def test_a_delivery_without_identity_has_no_sheet(engine: Engine) -> None:
    delivery = prepare(engine)
    with pytest.raises(DeliveryError, match="no date"):
        desk(engine).sheets([replace(delivery, message_date=None)])


def test_a_paper_is_read_once_for_all_batches_of_a_desk(engine: Engine) -> None:
    delivery = prepare(engine)
    mine = desk(engine)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    first, again = (mine.sheets([delivery]) for _ in range(2))
    assert first == again
    assert sum("FROM papers" in statement for statement in asked) == 1


def test_a_desk_forgets_papers_before_they_fill_the_memory(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.pipeline.sheets.PAPERS_KEPT", 0)
    delivery = prepare(engine)
    mine = desk(engine)
    assert mine.sheets([delivery]) == mine.sheets([delivery])
