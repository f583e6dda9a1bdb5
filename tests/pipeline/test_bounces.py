"""Taking back what came back: only what is signed counts, and each kind has its effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from digest.links import bounce_address, make_links
from digest.model import ChannelName, Delivery, DeliveryState, Subscriber, SubscriberState
from digest.pipeline.bounces import SOFT_LIMIT, take
from digest.store import bounces, circuits, notices, subscribers, suppressions
from digest.store.database import reading, transaction
from digest.store.schema import AlarmRow, DeliveryRow
from digest.subscriptions.holding import erase
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import Keys, keyed_hash
from tests.channels.returns import bounce, complaint, letter
from tests.store.outbox import NOW, all_of, plan, subscribe

KEYS = Keys((b"a key of sixteen bytes",))
DOMAIN = "bounces.example.org"


@pytest.fixture
def delivery(engine: Engine) -> Delivery:
    plan(engine, subscribe(engine, 2))
    return all_of(engine)[0]


def ours(delivery: Delivery) -> str:
    return bounce_address(KEYS, delivery.id, DOMAIN)


def leave(delivery: Delivery) -> str:
    links = make_links(
        KEYS,
        "https://d.example",
        subscriber_id=delivery.subscriber_id,
        digest_id=1,
        at=NOW,
        return_domain=DOMAIN,
    )
    return links.unsubscribe_mailto


def state(engine: Engine, delivery: Delivery) -> Subscriber:
    with reading(engine) as session:
        return subscribers.get(session, delivery.subscriber_id)


def effects(engine: Engine, *mails: bytes, days: int = 0) -> dict[str, int]:
    return dict(take(engine, KEYS, mails, now=NOW + timedelta(days=days)).effects)


def suppressed(engine: Engine, address: str) -> str | None:
    with reading(engine) as session:
        return suppressions.reason(session, ChannelName.EMAIL, keyed_hash(KEYS, ADDRESS, address))


def test_a_hard_bounce_suppresses_and_outlives_erasure(engine: Engine, delivery: Delivery) -> None:
    assert effects(engine, bounce(ours(delivery))) == {"suppressed": 1}
    assert state(engine, delivery).state is SubscriberState.SUSPENDED
    with transaction(engine) as session:
        erase(session, delivery.subscriber_id, KEYS, NOW)
    assert suppressed(engine, delivery.address) == "bounced: 5.1.1"


def test_taking_the_same_report_twice_changes_nothing_more(engine: Engine, delivery: Delivery) -> None:
    effects(engine, bounce(ours(delivery)))
    before = state(engine, delivery)
    effects(engine, bounce(ours(delivery)))
    assert state(engine, delivery) == before


def test_soft_bounces_count_once_a_day_and_suspend_in_the_end(engine: Engine, delivery: Delivery) -> None:
    full = bounce(ours(delivery), "5.2.2", "mailbox full")
    for day in range(int(SOFT_LIMIT) - 1):
        assert effects(engine, full, full, full, days=day) == {"counted": 3}
    assert state(engine, delivery).state is SubscriberState.CONFIRMED
    assert effects(engine, full, days=int(SOFT_LIMIT) - 1) == {"suspended": 1}
    assert state(engine, delivery).state is SubscriberState.SUSPENDED
    assert suppressed(engine, delivery.address) is None


def test_a_mailbox_that_worked_in_between_starts_anew(engine: Engine, delivery: Delivery) -> None:
    full = bounce(ours(delivery), "5.2.2", "mailbox full")
    for day in range(0, 20 * int(SOFT_LIMIT), 20):
        assert effects(engine, full, days=day) == {"counted": 1}
    assert state(engine, delivery).state is SubscriberState.CONFIRMED


def test_a_refusal_by_policy_suppresses_nobody_and_raises_one_alarm(
    engine: Engine, delivery: Delivery
) -> None:
    blocked = bounce(ours(delivery), "5.7.1", "blocked by policy")
    assert effects(engine, blocked, blocked) == {"alarmed": 2}
    assert state(engine, delivery).state is SubscriberState.CONFIRMED
    with reading(engine) as session:
        (alarm,) = session.scalars(select(AlarmRow)).all()
    assert "5.7.1" in alarm.detail
    assert delivery.address not in alarm.detail


def test_an_alarm_that_was_cleared_is_raised_again(engine: Engine, delivery: Delivery) -> None:
    blocked = bounce(ours(delivery), "5.7.1", "blocked by policy")
    effects(engine, blocked)
    with transaction(engine) as session:
        alarm = session.scalars(select(AlarmRow)).one()
        alarm.told_at = alarm.cleared_at = NOW
    effects(engine, blocked, days=1)
    with reading(engine) as session:
        alarm = session.scalars(select(AlarmRow)).one()
        assert (alarm.cleared_at, alarm.told_at, alarm.raised_at) == (None, None, NOW + timedelta(days=1))


@pytest.mark.parametrize("how", ["complaint", "letter"])
def test_complaints_and_requests_unsubscribe_at_once(engine: Engine, delivery: Delivery, how: str) -> None:
    mail = complaint(ours(delivery)) if how == "complaint" else letter(leave(delivery))
    assert effects(engine, mail) == {"unsubscribed": 1}
    assert state(engine, delivery).state is SubscriberState.UNSUBSCRIBED
    with reading(engine) as session:
        assert notices.counts(session) == ({} if how == "complaint" else {"planned": 1})  # a goodbye
    assert effects(engine, bounce(ours(delivery))) == {"ignored": 1}


def test_a_complaint_may_name_the_subscriber_by_the_unsubscribe_address(
    engine: Engine, delivery: Delivery
) -> None:
    assert effects(engine, complaint("lost@example.org", leave=leave(delivery))) == {"unsubscribed": 1}


def test_unsigned_and_forged_reports_are_ignored(engine: Engine, delivery: Delivery) -> None:
    forged = f"b.{delivery.id}.{'0' * 20}@{DOMAIN}"
    other = bounce_address(Keys((b"another key of sixteen",)), delivery.id, DOMAIN)
    mails = [
        make(address)
        for address in (forged, other, "reader@example.net")
        for make in (bounce, complaint, lambda to: bounce(to, "5.7.1", "blocked"))
    ]
    assert effects(engine, *mails, letter(f"u.{delivery.subscriber_id}.{'0' * 20}@{DOMAIN}")) == {
        "ignored": 10
    }
    assert state(engine, delivery).state is SubscriberState.CONFIRMED


def test_a_bounce_of_an_address_that_was_changed_since_is_about_nobody(
    engine: Engine, delivery: Delivery
) -> None:
    with transaction(engine) as session:
        subscribers.save(
            session, replace(subscribers.get(session, delivery.subscriber_id), address="new@example.org")
        )
    assert effects(engine, bounce(ours(delivery))) == {"ignored": 1}


def test_a_bounce_of_somebody_erased_is_ignored(engine: Engine, delivery: Delivery) -> None:
    with transaction(engine) as session:
        erase(session, delivery.subscriber_id, KEYS, NOW)
    assert effects(engine, bounce(ours(delivery)), letter(leave(delivery))) == {"ignored": 2}


def test_a_bounce_cannot_be_used_to_leave(engine: Engine, delivery: Delivery) -> None:
    assert effects(engine, bounce(leave(delivery))) == {"ignored": 1}


@pytest.mark.parametrize(
    ("readers", "complaining", "told", "rests"),
    [(2, 2, False, False), (5000, 3, False, False), (2000, 3, True, False), (1000, 3, True, True)],
)
def test_too_many_complaints_are_told_and_far_too_many_rest_the_mail(
    sqlite_engine: Engine, readers: int, complaining: int, told: bool, rests: bool
) -> None:
    plan(sqlite_engine, subscribe(sqlite_engine, readers))
    with transaction(sqlite_engine) as session:
        session.execute(update(DeliveryRow).values(state=DeliveryState.SENT.value))
    some = all_of(sqlite_engine)[:complaining]

    effects(sqlite_engine, *(complaint(ours(one)) for one in some for _ in range(2)))

    with reading(sqlite_engine) as session:
        assert bounces.complaints(session, NOW.date()) == bounces.Complaints(complaining, readers)
        assert bounces.complaints(session, NOW.date() + timedelta(days=8)).count == 0
        alarms = session.scalars(select(AlarmRow)).all()
        circuit = circuits.get(session, "email")
    assert [one.key for one in alarms] == ["event.complaints"] * told
    assert (circuit is not None) is rests
    if circuit:
        assert circuit.probe_at == NOW + timedelta(days=1)
