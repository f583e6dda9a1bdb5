"""Subscribers: one address on one channel, once; who is due is a question to the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from digest.errors import NotFound
from digest.model import ChannelName, EmptyDigests, Subscriber, SubscriberState
from digest.store import held, subscribers
from digest.store.database import reading, transaction

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
ADA = Subscriber(
    0,
    ChannelName.EMAIL,
    "ada@example.org",
    SubscriberState.CONFIRMED,
    "Europe/Berlin",
    time(7, 30),
    weekdays=frozenset({0, 4}),
    empty_digests=EmptyDigests.NEVER,
    rising=False,
    next_due_at=NOW,
    created_at=NOW,
    confirmed_at=NOW,
    consent_source="cli",
)


def add(engine: Engine, number: int, **changes: object) -> Subscriber:
    one = replace(ADA, address=f"reader{number}@example.org", **changes)  # type: ignore[arg-type]
    with transaction(engine) as session:
        return subscribers.add(session, one)


def test_a_subscriber_comes_back_as_it_went_in(engine: Engine) -> None:
    with transaction(engine) as session:
        added = subscribers.add(session, ADA)
    with reading(engine) as session:
        assert subscribers.get(session, added.id) == added == replace(ADA, id=added.id)
        assert subscribers.find(session, ChannelName.EMAIL, ADA.address) == added


def test_one_address_subscribes_once_per_channel(engine: Engine) -> None:
    add(engine, 1)
    add(engine, 1, channel=ChannelName.FILE)
    with pytest.raises(IntegrityError):
        add(engine, 1)


def test_every_set_of_weekdays_survives_the_mask() -> None:
    for mask, days in enumerate(subscribers.WEEKDAYS):
        assert subscribers.mask_of(days) == mask
    assert len(set(subscribers.WEEKDAYS)) == 128


def test_changes_are_saved_and_a_gone_subscriber_is_named(engine: Engine) -> None:
    one = add(engine, 1)
    changed = replace(one, timezone="Asia/Tokyo", last_slot=date(2026, 3, 2))
    with transaction(engine) as session:
        subscribers.save(session, changed)
        assert subscribers.get(session, one.id, lock=True) == changed
        with pytest.raises(NotFound, match="99"):
            subscribers.save(session, replace(changed, id=99))
        with pytest.raises(NotFound, match="99"):
            subscribers.get(session, 99)


def test_only_confirmed_subscribers_whose_moment_has_come_are_due(engine: Engine) -> None:
    first = add(engine, 1, next_due_at=NOW - timedelta(days=2))
    second = add(engine, 2)
    add(engine, 3, next_due_at=NOW + timedelta(seconds=1))
    add(engine, 4, next_due_at=None)
    for number, state in enumerate(SubscriberState, 5):
        if state is not SubscriberState.CONFIRMED:
            add(engine, number, state=state)
    with reading(engine) as session:
        assert subscribers.due(session, NOW) == [first, second]


def test_batches_of_due_subscribers_leave_nobody_out_and_nobody_twice(engine: Engine) -> None:
    moments = [NOW - timedelta(minutes=number % 3) for number in range(20)]
    wanted = {add(engine, number, next_due_at=moment).id for number, moment in enumerate(moments)}
    found: list[Subscriber] = []
    with reading(engine) as session:
        while batch := subscribers.due(session, NOW, after=found[-1] if found else None, limit=6):
            found += batch
    assert [one.id for one in found] == [
        one.id for one in sorted(found, key=lambda one: (one.next_due_at or NOW, one.id))
    ]
    assert {one.id for one in found} == wanted
    assert len(found) == 20


def test_a_pause_that_is_over_ends_by_itself(engine: Engine) -> None:
    pause = {"state": SubscriberState.PAUSED, "paused_until": date(2026, 3, 2)}
    over = add(engine, 1, **pause)
    add(engine, 2, **pause | {"next_due_at": NOW + timedelta(days=1)})
    add(engine, 3, **pause | {"next_due_at": None})
    with transaction(engine) as session:
        assert subscribers.wake(session, NOW) == 1
        awake = subscribers.get(session, over.id)
    assert (awake.state, awake.paused_until) == (SubscriberState.CONFIRMED, None)


def test_prepared_subscribers_move_on_to_their_next_slot(engine: Engine) -> None:
    one, other = add(engine, 1), add(engine, 2)
    next_due = NOW + timedelta(days=4)
    with transaction(engine) as session:
        subscribers.record_prepared(session, [])
        subscribers.record_prepared(session, [subscribers.Prepared(one.id, NOW.date(), 17, NOW, next_due)])
        moved = subscribers.get(session, one.id)
        assert subscribers.get(session, other.id) == other
    assert moved == replace(
        one, last_slot=NOW.date(), covered_arrival=17, covered_at=NOW, next_due_at=next_due
    )


def test_a_page_of_subscribers_starts_after_the_last_one_seen(engine: Engine) -> None:
    ids = [add(engine, number).id for number in range(5)]
    add(engine, 9, state=SubscriberState.PAUSED)
    add(engine, 10, channel=ChannelName.FILE)
    with reading(engine) as session:
        page = subscribers.listed(
            session,
            states=[SubscriberState.CONFIRMED],
            channel=ChannelName.EMAIL,
            after_id=ids[1],
            limit=2,
        )
        assert [one.id for one in page] == ids[2:4]
        assert len(subscribers.listed(session)) == 7
        assert subscribers.counts(session)[SubscriberState.PAUSED] == 1
        assert subscribers.counts(session)[SubscriberState.SUSPENDED] == 0


def test_sign_ups_nobody_confirmed_expire(engine: Engine) -> None:
    add(engine, 1, state=SubscriberState.UNCONFIRMED, created_at=NOW - timedelta(days=8))
    young = add(engine, 2, state=SubscriberState.UNCONFIRMED)
    old = add(engine, 3, created_at=NOW - timedelta(days=800))
    with transaction(engine) as session:
        assert subscribers.expire_unconfirmed(session, NOW - timedelta(days=7)) == 1
        assert {one.id for one in subscribers.listed(session)} == {young.id, old.id}


def test_who_had_digests_stays_when_a_sign_up_expires(engine: Engine) -> None:
    ancient = NOW - timedelta(days=8)
    known = add(engine, 1, state=SubscriberState.UNCONFIRMED, created_at=ancient, last_slot=date(2026, 1, 5))
    with transaction(engine) as session:
        assert subscribers.expire_unconfirmed(session, NOW - timedelta(days=7)) == 0
        assert subscribers.get(session, known.id) == replace(known, state=SubscriberState.UNSUBSCRIBED)


def test_suspending_does_not_bring_back_who_left(engine: Engine) -> None:
    one = add(engine, 1)
    gone = add(engine, 2, state=SubscriberState.UNSUBSCRIBED)
    with transaction(engine) as session:
        subscribers.suspend(session, one.id, "550 5.1.1 no such mailbox")
        subscribers.suspend(session, gone.id, "550")
        suspended = subscribers.get(session, one.id)
        assert subscribers.get(session, gone.id) == gone
    assert suspended.state is SubscriberState.SUSPENDED
    assert suspended.suspended_reason == "550 5.1.1 no such mailbox"
    assert suspended.next_due_at is None


def test_the_number_of_an_erased_subscriber_never_comes_back(engine: Engine) -> None:
    one = add(engine, 1)
    with transaction(engine) as session:
        held.erase(session, one.id)
    assert add(engine, 2).id > one.id


def test_a_person_names_a_subscriber_by_number_or_address(engine: Engine) -> None:
    one, other = add(engine, 1), add(engine, 2)
    twin = add(engine, 2, channel=ChannelName.FILE)
    with reading(engine) as session:
        assert subscribers.named(session, str(one.id)) == one
        assert subscribers.named(session, " Reader1@Example.org") == one
        with pytest.raises(NotFound, match="no subscriber with that address"):
            subscribers.named(session, "nobody@example.org")
        with pytest.raises(NotFound, match="several channels") as caught:
            subscribers.named(session, other.address)
    assert f"{other.id} or {twin.id}" in caught.value.remedy
