"""Notices: each goes out once; whatever the relay does is settled by rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace, TracebackType
from typing import Self

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from digest.channels import Gate
from digest.errors import StoreError
from digest.model import (
    ChannelName,
    Deferred,
    DeliveryState,
    Faulty,
    HandOver,
    Message,
    Refused,
    Sent,
    Subscriber,
    SubscriberState,
    Unknown,
)
from digest.pipeline.notices import LEASE, MOST_ATTEMPTS, Report, send_notices
from digest.store import notices, subscribers, suppressions
from digest.store.database import reading, transaction
from digest.store.notices import Kind, Notice
from digest.store.profiles import Draft
from digest.store.schema import NoticeRow
from digest.subscriptions import Bounds, Wishes, confirm, sign_up, unsubscribe
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import keyed_hash
from tests.keys import KEYS
from tests.store.outbox import freeze

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process ends here, as by a signal."""


@dataclass
class Relay:
    """A counterpart that answers as told, and notes what passed the point of no return."""

    answers: list[HandOver | type[Killed]] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    opened: int = 0

    def __call__(self) -> Self:
        self.opened += 1
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def hand_over(self, messages: Sequence[Message], gate: Gate) -> Iterator[tuple[int, HandOver]]:
        for message in messages:
            if message.delivery_id not in gate([message.delivery_id]):
                continue
            answer = self.answers.pop(0) if self.answers else Sent("ok")
            if isinstance(answer, type):
                raise answer
            if isinstance(answer, Sent | Unknown):
                self.accepted.append(message.body)
            yield message.delivery_id, answer
            if isinstance(answer, Faulty):
                return


def write(notice: Notice) -> Message:
    body = f"{notice.kind} {notice.address} {notice.created_at}".encode()
    return Message(notice.id, notice.address, body, f"<notice.{notice.id}@example.org>")


def plan(engine: Engine, number: int = 1, kind: Kind = Kind.CONFIRM) -> int:
    reader = Subscriber(
        0,
        ChannelName.EMAIL,
        f"reader{number}@example.org",
        SubscriberState.UNCONFIRMED,
        "UTC",
        time(7, 30),
        created_at=NOW,
    )
    with transaction(engine) as session:
        found = subscribers.add(session, reader).id
        notices.plan(session, found, kind, NOW)
    return found


def end_leases(engine: Engine) -> None:
    """As if they had run out."""
    with transaction(engine) as session:
        held = NoticeRow.lease_until.is_not(None)
        session.execute(update(NoticeRow).where(held).values(lease_until=datetime(2000, 1, 1, tzinfo=UTC)))


def send(engine: Engine, relay: Relay, now: datetime = NOW) -> Report:
    return send_notices(engine, relay, write, keys=KEYS, clock=lambda: now)


def states(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return notices.counts(session)


def test_a_suppressed_address_gets_no_notice_and_the_others_do(engine: Engine) -> None:
    plan(engine, 1)
    plan(engine, 2)
    with transaction(engine) as session:
        stored = keyed_hash(KEYS, ADDRESS, "reader1@example.org")
        suppressions.add(session, ChannelName.EMAIL, stored, "bounced: 5.1.1", NOW)
    relay = Relay()
    assert send(engine, relay) == Report(sent=1, failed=1)
    assert [b"reader2@" in body for body in relay.accepted] == [True]
    assert states(engine) == {"sent": 1, "refused": 1}


def test_what_is_planned_is_sent_once_and_no_connection_is_opened_for_nothing(engine: Engine) -> None:
    relay = Relay()
    assert send(engine, relay) == Report()
    assert relay.opened == 0
    for number in range(25):
        plan(engine, number)
    assert send(engine, relay) == Report(sent=25)
    assert send(engine, relay, NOW + timedelta(days=1)) == Report()
    assert len(set(relay.accepted)) == len(relay.accepted) == 25
    assert relay.opened == 1


def test_a_confirmation_for_somebody_confirmed_meanwhile_is_not_sent_and_never_tried_again(
    engine: Engine,
) -> None:
    ada = plan(engine)
    with transaction(engine) as session:
        confirm(session, ada, KEYS, NOW)
    plan(engine, 2)
    relay = Relay()
    assert send(engine, relay) == Report(sent=1)
    assert [b"reader2@" in body for body in relay.accepted] == [True]
    assert states(engine) == {"refused": 1, "sent": 1}
    assert send(engine, relay, NOW + timedelta(days=2)) == Report()
    with transaction(engine) as session:
        assert notices.unended(session, NOW + timedelta(days=3)) == 0
        assert notices.expire(session, NOW + timedelta(days=3)) == 2


def test_who_left_and_is_asked_to_confirm_gets_the_mail_unless_they_leave_again(engine: Engine) -> None:
    with transaction(engine) as session:
        for number, again in ((1, False), (2, True)):
            address, state = f"reader{number}@example.org", SubscriberState.UNSUBSCRIBED
            gone = Subscriber(0, ChannelName.EMAIL, address, state, "UTC", time(7, 30), created_at=NOW)
            known = subscribers.add(session, gone)
            wishes = Wishes(ChannelName.EMAIL, address, (Draft("Robots", "robots"),))
            sign_up(session, wishes, keys=KEYS, client="192.0.2.1", bounds=Bounds(), now=NOW)
            if again:
                unsubscribe(session, known.id)
    relay = Relay()
    assert send(engine, relay).sent == 1
    assert relay.accepted == [b"confirm reader1@example.org 2026-03-02 09:00:00+00:00"]


def test_a_killed_hand_over_is_repeated_once_its_lease_is_over_with_the_same_bytes(engine: Engine) -> None:
    plan(engine)
    relay = Relay([Killed])
    with pytest.raises(Killed):
        send(engine, relay)
    assert states(engine) == {"handing-over": 1}
    assert send(engine, relay, NOW + timedelta(days=3)) == Report(), "a lease runs on the database's clock"
    end_leases(engine)
    assert send(engine, relay) == Report(sent=1)
    assert relay.accepted == [b"confirm reader1@example.org 2026-03-02 09:00:00+00:00"]


def test_a_notice_that_kills_its_process_each_time_is_set_aside(engine: Engine) -> None:
    plan(engine)
    relay = Relay([Killed] * 20)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(Killed):
            send(engine, relay)
        end_leases(engine)
    assert send(engine, relay) == Report()
    assert states(engine) == {"poison": 1}


@pytest.mark.parametrize("answer", [Deferred("451 later"), Unknown("no answer"), Faulty("relay down")])
def test_no_final_answer_means_again_later_but_not_for_ever(engine: Engine, answer: HandOver) -> None:
    plan(engine)
    relay = Relay([answer] * 40)
    now = NOW
    while states(engine) != {"refused": 1}:
        assert send(engine, relay, now).sent == 0
        now += timedelta(hours=2)
    assert now < NOW + timedelta(hours=30)
    assert len(relay.accepted) <= MOST_ATTEMPTS


def test_a_wait_that_is_asked_for_is_kept(engine: Engine) -> None:
    plan(engine)
    relay = Relay([Deferred("450 greylisted", retry_after=1800)])
    assert send(engine, relay) == Report(deferred=1)
    assert send(engine, relay, NOW + timedelta(minutes=29)) == Report()
    assert send(engine, relay, NOW + timedelta(minutes=31)) == Report(sent=1)


def test_a_refused_notice_is_final(engine: Engine) -> None:
    plan(engine)
    assert send(engine, Relay([Refused("550 no such mailbox")])) == Report(failed=1)
    assert send(engine, Relay(), NOW + timedelta(days=1)) == Report()


def test_a_fault_of_the_relay_puts_the_whole_batch_off(engine: Engine) -> None:
    for number in range(3):
        plan(engine, number)
    assert send(engine, Relay([Faulty("535 wrong password")])) == Report(deferred=3)
    assert states(engine) == {"deferred": 3}


def claim(session: Session, token: str) -> Notice:
    [found] = notices.claim(session, token, NOW, lease=LEASE, limit=1, most_attempts=9)
    return found


def test_a_worker_that_slept_past_its_lease_sends_nothing(engine: Engine) -> None:
    """Neither before nor after another one has taken its claim does the gate let it through."""
    plan(engine)
    with transaction(engine) as session:
        mine = claim(session, "mine")
    end_leases(engine)
    with transaction(engine) as session:
        assert notices.begin_hand_over(session, "mine", [mine.id], NOW, lease=LEASE) == set()
        claim(session, "theirs")
        assert notices.begin_hand_over(session, "mine", [mine.id], NOW, lease=LEASE) == set()
        assert not notices.record(session, mine, notices.Verdict(DeliveryState.SENT), NOW)
        assert notices.begin_hand_over(session, "theirs", [mine.id], NOW, lease=LEASE) == {mine.id}


def test_the_gate_may_be_passed_again_after_the_connection_broke(engine: Engine) -> None:
    plan(engine)
    with transaction(engine) as session:
        mine = claim(session, "mine")
        for _ in range(2):
            assert notices.begin_hand_over(session, "mine", [mine.id], NOW, lease=LEASE) == {mine.id}


def test_what_was_sent_is_recorded_before_anything_else_is_sent(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is read-only when the first answer comes: that is waited for, so nothing goes out twice."""
    plan(sqlite_engine, 1)
    plan(sqlite_engine, 2)
    seen: list[int] = []

    class Freezing(Relay):
        def hand_over(self, messages: Sequence[Message], gate: Gate) -> Iterator[tuple[int, HandOver]]:
            for told in super().hand_over(messages, gate):
                freeze(sqlite_engine, frozen=not seen)
                yield told

    def thaw(_seconds: float) -> None:
        seen.append(len(relay.accepted))
        freeze(sqlite_engine, frozen=False)

    relay = Freezing()
    monkeypatch.setattr("digest.pipeline.notices.time", SimpleNamespace(sleep=thaw))
    assert send(sqlite_engine, relay).sent == 2
    assert seen == [1]
    end_leases(sqlite_engine)
    assert send(sqlite_engine, relay) == Report()
    assert len(relay.accepted) == 2


def test_a_store_that_fails_before_the_hand_over_costs_no_lease(sqlite_engine: Engine) -> None:
    plan(sqlite_engine)

    def broken(_notice: Notice) -> Message:
        raise StoreError("gone for a moment")

    with pytest.raises(StoreError):
        send_notices(sqlite_engine, Relay(), broken, keys=KEYS, clock=lambda: NOW)
    assert send(sqlite_engine, Relay(), NOW + timedelta(minutes=2)).sent == 1


def test_a_stop_ends_after_the_notice_in_hand(engine: Engine) -> None:
    for number in range(1, 4):
        plan(engine, number)
    relay = Relay()
    report = send_notices(
        engine, relay, write, keys=KEYS, clock=lambda: NOW, stop=lambda: bool(relay.accepted)
    )
    assert report == Report(sent=1, deferred=2)
    assert len(relay.accepted) == 1


def test_notices_that_ended_expire(engine: Engine) -> None:
    plan(engine)
    send(engine, Relay())
    plan(engine, 2)
    with transaction(engine) as session:
        assert notices.expire(session, NOW) == 0
        assert notices.expire(session, NOW + timedelta(seconds=1)) == 1
    assert states(engine) == {"planned": 1}
