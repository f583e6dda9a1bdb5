"""Retention: the old goes, what still matters stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, insert, select, update

from digest.config import RetentionSettings
from digest.model import DeliveryState
from digest.pipeline.tidying import tidy_deliveries
from digest.store import retention
from digest.store.database import reading, transaction
from digest.store.deliveries import TABLE
from digest.store.schema import AttemptRow, DigestRow
from tests.store.outbox import NOW, SLOT, all_of, plan, subscribe

OLD = NOW - timedelta(days=500)


def digests(engine: Engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(DigestRow)) or 0


def test_old_digests_go_but_the_newest_and_the_unfinished_stay(engine: Engine) -> None:
    (number,) = subscribe(engine, 1)
    for days in (3, 2, 1, 0):
        plan(engine, [number], slot=SLOT - timedelta(days=days), now=OLD)
    with transaction(engine) as session:
        session.execute(update(TABLE).where(TABLE.c.id > 1).values(state=DeliveryState.SENT))
    assert tidy_deliveries(engine, RetentionSettings(), now=NOW)["digests"] == 2
    assert [one.id for one in all_of(engine)] == [1, 4]
    assert digests(engine) == 2


def test_digests_go_page_by_page_past_those_that_stay(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages end in the middle of a moment, and some hold nothing that may go."""
    numbers = subscribe(engine, 5)
    for days in range(4):
        plan(engine, numbers, slot=SLOT - timedelta(days=days), now=OLD - timedelta(days=days % 2))
    with transaction(engine) as session:
        session.execute(update(TABLE).values(state=DeliveryState.SENT))
    monkeypatch.setattr(retention.forget_digests, "__kwdefaults__", {"after": None, "portion": 3})
    assert tidy_deliveries(engine, RetentionSettings(), now=NOW)["digests"] == 15
    assert [one.slot for one in all_of(engine)] == [SLOT] * 5


def test_young_digests_stay(engine: Engine) -> None:
    (number,) = subscribe(engine, 1)
    plan(engine, [number], now=NOW)
    plan(engine, [number], slot=SLOT + timedelta(days=1), now=NOW)
    assert tidy_deliveries(engine, RetentionSettings(), now=NOW)["digests"] == 0


def test_attempts_go_portion_by_portion(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    (number,) = subscribe(engine, 1)
    plan(engine, [number])
    with transaction(engine) as session:
        rows = [
            {"delivery_id": 1, "number": n, "worker": "w", "at": at, "outcome": "o", "code": "", "detail": ""}
            for n, at in enumerate([OLD] * 5 + [NOW])
        ]
        session.execute(insert(AttemptRow), rows)
        assert retention.forget_attempts(session, before=NOW, portion=2) == 2
    assert tidy_deliveries(engine, RetentionSettings(), now=NOW)["attempts"] == 3
