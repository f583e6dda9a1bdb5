"""Preview: what was prepared is shown as it was frozen, however long ago."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from digest.model import ChannelName, Sheet
from digest.pipeline.editions import Limits
from digest.pipeline.preview import MESSAGE_ID, preview
from digest.pipeline.rankings import Rules
from digest.pipeline.sheets import Desk
from digest.store import deliveries, digests, subscribers
from digest.store.database import reading, transaction
from digest.store.deliveries import TABLE
from tests.keys import KEYS
from tests.store.outbox import COVERAGE, DIGEST, NOW, SLOT, subscribe

DAY = timedelta(days=1)
RULES = Rules(bar=5.0, limit=10, limits=Limits(catch_up=7, late=14))


def shown(engine: Engine, number: int) -> Sheet:
    with reading(engine) as session:
        one = subscribers.get(session, number)
    return preview(Desk(engine, KEYS, "https://papers.example"), RULES, one, day=SLOT, now=NOW + 500 * DAY)


def prepare(engine: Engine, number: int, days: int, *, wanted: bool = True) -> int:
    """Digests of so many days from ``SLOT`` on, with deliveries if they are wanted; the first's number."""
    ids: list[int] = []
    with transaction(engine) as session:
        for slot in (SLOT + day * DAY for day in range(days)):
            digest = replace(DIGEST, subscriber_id=number, slot=slot)
            ids += [one.id for one in digests.add(session, [(digest, COVERAGE)], now=NOW)]
            plan = deliveries.Planned(ids[-1], number, ChannelName.EMAIL, "reader1@example.org", slot)
            deliveries.plan(session, [plan] if wanted else [], now=NOW)
    return ids[0]


def test_a_digest_of_long_ago_is_shown_as_it_was_frozen_with_the_identity_it_was_sent_with(
    engine: Engine,
) -> None:
    (number,) = subscribe(engine, 1)
    first = prepare(engine, number, 402)
    with transaction(engine) as session:
        identity = {"message_id": "<1@example.net>", "message_date": NOW}
        session.execute(update(TABLE).where(TABLE.c.digest_id == first).values(identity))
    sheet = shown(engine, number)
    assert (sheet.digest.id, sheet.message_id, sheet.message_date) == (first, "<1@example.net>", NOW)


@pytest.mark.parametrize("channel", [ChannelName.EMAIL, ChannelName.SLACK])
def test_an_empty_digest_that_nobody_wanted_is_shown_too(engine: Engine, channel: ChannelName) -> None:
    (number,) = subscribe(engine, 1, channel=channel)
    first = prepare(engine, number, 1, wanted=False)
    sheet = shown(engine, number)
    assert (sheet.digest.id, sheet.message_id, sheet.address) == (first, MESSAGE_ID, "reader1@example.org")


def test_anothers_digest_of_the_same_slot_is_not_shown(engine: Engine) -> None:
    mine, other = subscribe(engine, 2)
    prepare(engine, other, 1)
    first = prepare(engine, mine, 1)
    assert shown(engine, mine).digest.id == first
