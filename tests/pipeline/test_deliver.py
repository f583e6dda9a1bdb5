"""Deliver: claims, gate, SMTP and record together, over real sockets and on both databases."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event, text

from digest.channels import Sender
from digest.errors import StoreError
from digest.model import (
    ChannelName,
    Deferred,
    Delivery,
    DeliveryState,
    HandOver,
    Message,
    Sent,
    Sheet,
    SubscriberState,
    Unknown,
    UnknownPolicy,
)
from digest.pipeline.deliver import Allowance, Report, deliver, never, sweep
from digest.pipeline.handing import LAST_TRIES, Batch, Hand
from digest.pipeline.health import Thresholds, look
from digest.store import circuits, claims, deliveries, subscribers, suppressions
from digest.store.database import hasty, reading, transaction
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import keyed_hash
from tests.faults.outbox import NOW, TERMS, PlainMail, at, sheets
from tests.faults.relay import CUT, Accepted, Fault, Relay
from tests.store.outbox import (
    address_of,
    all_of,
    end_leases,
    fill,
    freeze,
    one_of,
    plan,
    set_state,
    subscribe,
)

EMAIL = ChannelName.EMAIL


def run(
    engine: Engine,
    channel: PlainMail,
    *,
    later: timedelta = timedelta(0),
    connections: int = 1,
    batch: int = 50,
    per_minute: int = 0,
) -> Report:
    allowances = {EMAIL: Allowance("mail:test", per_minute)} if per_minute else {}
    terms = replace(TERMS, connections={EMAIL: connections}, batch=batch, allowances=allowances)
    return deliver(engine, {EMAIL: channel}, sheets, terms, clock=at(NOW + later))


def states(engine: Engine) -> list[DeliveryState]:
    return [one.state for one in all_of(engine)]


def test_everything_due_is_sent_once_over_one_connection(engine: Engine) -> None:
    fill(engine, 120)
    with Relay() as relay:
        report = run(engine, PlainMail(relay.port))
        assert report.outcomes == {"sent": 120}
        assert sorted(one.recipient for one in relay.accepted) == sorted(map(address_of, range(1, 121)))
        assert relay.connections == 1
        assert not run(engine, PlainMail(relay.port)).outcomes
    assert set(states(engine)) == {DeliveryState.SENT}


def test_several_connections_share_the_work(engine: Engine) -> None:
    fill(engine, 60)
    meeting = threading.Barrier(3, timeout=60)

    def fault(phase: str, _argument: str) -> str | None:
        if phase == "greeting":
            meeting.wait()
        return None

    with Relay(fault) as relay:
        run(engine, PlainMail(relay.port, gate_size=5), connections=3, batch=5)
        assert len(relay.accepted) == 60
        assert relay.connections == 3


@pytest.mark.parametrize("connections", [1, 3])
def test_no_more_than_the_allowance_is_sent_in_a_minute_and_the_rest_after(
    engine: Engine, connections: int
) -> None:
    fill(engine, 50)
    with Relay() as relay:
        for minutes, seconds in ((0, 0), (0, 30), (1, 10), (1, 50), (2, 20)):
            later = timedelta(minutes=minutes, seconds=seconds)
            mail = PlainMail(relay.port)
            run(engine, mail, later=later, connections=connections, batch=8, per_minute=20)
            assert len(relay.accepted) == min(20 * (minutes + 1), 50)
    assert set(states(engine)) == {DeliveryState.SENT}


def test_several_workers_at_once_send_each_once(engine: Engine) -> None:
    fill(engine, 100)
    with Relay() as relay:
        workers = [
            threading.Thread(target=run, args=(engine, PlainMail(relay.port)), kwargs={"batch": 7})
            for _ in range(4)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(relay.accepted) == len({one.recipient for one in relay.accepted}) == 100


def test_a_refused_address_suspends_its_subscriber_and_nobody_else(engine: Engine) -> None:
    ids = fill(engine, 3)

    def fault(phase: str, argument: str) -> str | None:
        return "550 5.1.1 no such user" if phase == "RCPT" and argument == address_of(2) else None

    with Relay(fault) as relay:
        report = run(engine, PlainMail(relay.port))
    assert report.outcomes == {"sent": 2, "refused": 1}
    with reading(engine) as session:
        states = [subscribers.get(session, one.subscriber_id).state for one in all_of(engine)]
    assert states == [SubscriberState.CONFIRMED, SubscriberState.SUSPENDED, SubscriberState.CONFIRMED]
    assert one_of(engine, ids[1]).reason == "RCPT: 550 5.1.1 no such user"


def test_a_suppressed_address_gets_nothing_even_if_its_row_says_confirmed(engine: Engine) -> None:
    ids = fill(engine, 3)
    with transaction(engine) as session:
        stored = keyed_hash(TERMS.keys, ADDRESS, address_of(2))
        suppressions.add(session, EMAIL, stored, "asked never to be written to", NOW)
    with Relay() as relay:
        report = run(engine, PlainMail(relay.port))
        assert sorted(one.recipient for one in relay.accepted) == [address_of(1), address_of(3)]
    assert report.outcomes == {"sent": 2, "suppressed": 1}
    refused = one_of(engine, ids[1])
    assert (refused.state, refused.reason) == (
        DeliveryState.REFUSED,
        "the address is on the suppression list",
    )
    with reading(engine) as session:
        assert subscribers.get(session, refused.subscriber_id).state is SubscriberState.SUSPENDED


def test_the_suppression_list_is_asked_once_a_batch(sqlite_engine: Engine) -> None:
    fill(sqlite_engine, 30)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM suppressions" in statement:
            asked.append(statement)

    event.listen(sqlite_engine, "before_cursor_execute", note)
    with Relay() as relay:
        run(sqlite_engine, PlainMail(relay.port, gate_size=5), batch=15)
        assert len(relay.accepted) == 30
    assert len(asked) == 2


def test_a_cut_after_the_dot_is_one_more_copy_with_the_same_bytes(engine: Engine) -> None:
    fill(engine, 1)
    left = [1]

    def fault(phase: str, _argument: str) -> str | None:
        if phase == "dot:after" and left[0]:
            left[0] -= 1
            return CUT
        return None

    with Relay(fault) as relay:
        assert run(engine, PlainMail(relay.port)).outcomes == {"unknown": 1}
        assert not run(engine, PlainMail(relay.port)).outcomes
        assert run(engine, PlainMail(relay.port), later=timedelta(minutes=2)).outcomes == {"sent": 1}
        first, second = relay.bodies(address_of(1))
        assert first == second


def test_under_hold_no_second_copy_is_ever_sent(engine: Engine) -> None:
    fill(engine, 1)
    with Relay(lambda phase, _: CUT if phase == "dot:after" else None) as relay:
        channel = PlainMail(relay.port, on_unknown=UnknownPolicy.HOLD)
        run(engine, channel)
        run(engine, channel, later=timedelta(days=3))
        assert len(relay.accepted) == 1
    assert states(engine) == [DeliveryState.UNKNOWN]


def test_what_may_have_arrived_is_not_sent_with_other_bytes(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    with Relay(lambda phase, _: CUT if phase == "dot:after" else None) as relay:
        run(engine, PlainMail(relay.port))
        renewed = PlainMail(relay.port, words="other words", template="plain-2")
        assert run(engine, renewed, later=timedelta(minutes=2)).outcomes == {"held": 1}
        assert len(relay.accepted) == 1
    held = one_of(engine, number)
    assert (held.state, held.next_attempt_at) == (DeliveryState.UNKNOWN, None)
    assert "other bytes" in held.reason


def test_what_was_certainly_not_accepted_may_be_sent_with_other_bytes(engine: Engine) -> None:
    fill(engine, 1)
    left = [1]

    def fault(phase: str, _argument: str) -> str | None:
        if phase == "RCPT" and left[0]:
            left[0] -= 1
            return "451 4.7.1 later"
        return None

    with Relay(fault) as relay:
        run(engine, PlainMail(relay.port))
        run(engine, PlainMail(relay.port, words="other words"), later=timedelta(minutes=2))
        assert b"other words" in relay.accepted[0].body


def test_our_own_fault_opens_the_circuit_and_costs_nobody_anything(engine: Engine) -> None:
    fill(engine, 30)
    broken = [True]

    def fault(phase: str, _argument: str) -> str | None:
        return "550 5.1.8 bad sender" if phase == "MAIL" and broken[0] else None

    with Relay(fault) as relay:
        report = run(engine, PlainMail(relay.port))
        assert report.faulty == {EMAIL: "MAIL: 550 5.1.8 bad sender"}
        assert report.outcomes == {"faulty": 1}
        tried = relay.connections
        resting = run(engine, PlainMail(relay.port)).resting[EMAIL]
        assert relay.connections == tried, "nobody knocks before the probe's time"
        assert (resting.waiting, resting.circuit.reason) == (30, "MAIL: 550 5.1.8 bad sender")
        run(engine, PlainMail(relay.port), later=timedelta(minutes=2))
        with reading(engine) as session:
            (circuit,) = circuits.opened(session)
        assert circuit.failures == 2
        broken[0] = False
        assert not run(engine, PlainMail(relay.port), later=timedelta(minutes=30), connections=4).resting
        assert len(relay.accepted) == 30
    with reading(engine) as session:
        assert circuits.opened(session) == []
    assert set(states(engine)) == {DeliveryState.SENT}


def test_a_probe_is_one_message_of_one_worker(engine: Engine) -> None:
    fill(engine, 10)
    with Relay(lambda phase, _: "535 5.7.8 no" if phase == "MAIL" else None) as relay:
        run(engine, PlainMail(relay.port))
        run(engine, PlainMail(relay.port), later=timedelta(minutes=2), connections=4)
        assert sum(line.startswith("MAIL") for line in relay.lines) <= 4  # pipelined: each mail asks once
        assert relay.connections == 2


def test_a_probe_without_anything_to_send_leaves_the_right_to_others(engine: Engine) -> None:
    with transaction(engine) as session:
        circuits.trip(session, EMAIL, "down", now=NOW, probe_at=NOW)
    with Relay() as relay:
        run(engine, PlainMail(relay.port))
        fill(engine, 2)
        run(engine, PlainMail(relay.port), later=timedelta(minutes=1))
        assert len(relay.accepted) == 2


@pytest.mark.parametrize(("greeting", "told"), [("554 5.7.1 not you", True), ("421 4.3.2 load: 5", False)])
def test_a_fault_that_lasts_is_told_at_once_and_one_that_passes_is_not(
    engine: Engine, greeting: str, told: bool
) -> None:
    fill(engine, 1)
    with Relay(lambda phase, _: greeting if phase == "greeting" else None) as relay:
        assert run(engine, PlainMail(relay.port)).faulty
    found = {problem.key for problem in look(engine, Thresholds(), now=NOW)}
    assert ("circuit.email" in found) is told


def tripping(engine: Engine, at_phase: str, answer: str | None = None) -> Fault:
    """At the first such phase another process lets mail rest for a day; then this is answered."""
    done: list[str] = []

    def fault(phase: str, _argument: str) -> str | None:
        if phase != at_phase or done:
            return None
        done.append(phase)
        with transaction(engine) as session:
            circuits.trip(session, EMAIL, "spam", now=NOW, probe_at=NOW + timedelta(days=1))
        return answer

    return fault


def rests_until(engine: Engine) -> datetime:
    with reading(engine) as session:
        (circuit,) = circuits.opened(session)
    return circuit.probe_at


def test_a_run_under_way_sends_no_further_batch_once_another_opened_the_circuit(engine: Engine) -> None:
    fill(engine, 20)
    with Relay(tripping(engine, "dot")) as relay:
        assert run(engine, PlainMail(relay.port), batch=5).outcomes == {"sent": 5}
        run(engine, PlainMail(relay.port), later=timedelta(hours=23))
        assert len(relay.accepted) == 5
        assert rests_until(engine) == NOW + timedelta(days=1)
        run(engine, PlainMail(relay.port), later=timedelta(days=1))
        assert len(relay.accepted) == 20
    with reading(engine) as session:
        assert circuits.opened(session) == []


def test_a_probe_that_succeeds_leaves_open_what_another_opened_meanwhile(engine: Engine) -> None:
    fill(engine, 3)
    with transaction(engine) as session:
        circuits.trip(session, EMAIL, "down", now=NOW, probe_at=NOW)
    with Relay(tripping(engine, "dot")) as relay:
        assert run(engine, PlainMail(relay.port)).outcomes == {"sent": 1}
    assert rests_until(engine) == NOW + timedelta(days=1)


def test_a_failure_does_not_cut_short_the_rest_that_another_asked_for(engine: Engine) -> None:
    fill(engine, 3)
    with Relay(tripping(engine, "MAIL", "550 5.1.8 bad sender")) as relay:
        assert run(engine, PlainMail(relay.port)).faulty
    assert rests_until(engine) == NOW + timedelta(days=1)


def test_a_probe_with_nothing_to_send_does_not_cut_short_the_rest_that_another_asked_for(
    engine: Engine,
) -> None:
    with transaction(engine) as session:
        circuits.trip(session, EMAIL, "down", now=NOW, probe_at=NOW)

    class Tripped(PlainMail):
        def open(self) -> Sender:
            tripping(engine, "open")("open", "")
            return super().open()

    with Relay() as relay:
        run(engine, Tripped(relay.port))
    assert rests_until(engine) == NOW + timedelta(days=1)


def test_while_a_channel_rests_nobody_waits_for_another_writer(sqlite_engine: Engine) -> None:
    (number,) = fill(sqlite_engine, 1)
    with transaction(sqlite_engine) as session:
        circuits.trip(session, EMAIL, "down", now=NOW, probe_at=NOW + timedelta(days=1))
    hurried = hasty(sqlite_engine, timedelta(milliseconds=20))
    with transaction(sqlite_engine) as writer, Relay() as relay:
        writer.execute(text("SELECT 1"))  # now it has the lock
        channels = {EMAIL: PlainMail(relay.port)}
        assert not deliver(hurried, channels, sheets, TERMS, clock=at(), only=[number]).outcomes
        assert relay.connections == 0


def test_unsubscribing_stops_what_is_planned(engine: Engine) -> None:
    ids = fill(engine, 2)
    set_state(engine, one_of(engine, ids[0]).subscriber_id, SubscriberState.UNSUBSCRIBED)
    with Relay() as relay:
        run(engine, PlainMail(relay.port))
        assert [one.recipient for one in relay.accepted] == [address_of(2)]
    assert states(engine) == [DeliveryState.REFUSED, DeliveryState.SENT]


def test_one_bad_digest_is_set_aside_and_the_others_go_on(engine: Engine) -> None:
    ids = fill(engine, 3)

    class Picky(PlainMail):
        def render(self, sheet: Sheet) -> bytes:
            if sheet.address == address_of(2):
                raise ValueError("a line break in the subject")
            return super().render(sheet)

    with Relay() as relay:
        assert run(engine, Picky(relay.port)).outcomes == {"poison": 1, "sent": 2}
    aside = one_of(engine, ids[1])
    assert (aside.state, aside.reason) == (DeliveryState.POISON, "it cannot be rendered: ValueError")


def test_a_digest_that_is_gone_is_set_aside(engine: Engine) -> None:
    fill(engine, 1)

    def nothing(_deliveries: Sequence[Delivery]) -> Mapping[int, Sheet]:
        return {}

    with Relay() as relay:
        deliver(engine, {EMAIL: PlainMail(relay.port)}, nothing, TERMS, clock=at())
    assert states(engine) == [DeliveryState.POISON]


def test_a_stop_finishes_the_message_in_hand_and_gives_the_rest_back(engine: Engine) -> None:
    fill(engine, 30)
    with Relay() as relay:
        stop = lambda: len(relay.accepted) >= 5  # noqa: E731  one line says it
        deliver(engine, {EMAIL: PlainMail(relay.port)}, sheets, TERMS, clock=at(), stop=stop)
        assert 5 <= len(relay.accepted) <= 6
        found = states(engine)
        assert found.count(DeliveryState.SENT) == len(relay.accepted)
        assert found.count(DeliveryState.PLANNED) == 30 - len(relay.accepted)
        run(engine, PlainMail(relay.port))
        assert len(relay.accepted) == 30


def test_an_accident_in_the_sender_leaves_the_unrecorded_to_the_lease(engine: Engine) -> None:
    fill(engine, 3)

    class Accident(PlainMail):
        def open(self) -> Sender:
            return Stumbling(super().open())

    class Stumbling:
        def __init__(self, sender: Sender) -> None:
            self.sender = sender

        def hand_over(self, messages, gate):  # type: ignore[no-untyped-def]
            outcomes = self.sender.hand_over(messages, gate)
            yield next(outcomes)
            raise MemoryError

        def __enter__(self) -> Stumbling:
            return self

        def __exit__(self, *_: object) -> None:
            self.sender.__exit__(None, None, None)

    with Relay() as relay, pytest.raises(MemoryError):
        run(engine, Accident(relay.port))
    assert states(engine) == [DeliveryState.SENT, DeliveryState.HANDING_OVER, DeliveryState.HANDING_OVER]
    end_leases(engine)
    swept = sweep(engine, {EMAIL: PlainMail(1)}, TERMS, now=NOW)
    assert len(swept) == 2
    assert states(engine)[1:] == [DeliveryState.UNKNOWN, DeliveryState.UNKNOWN]


@pytest.mark.parametrize(
    ("seen", "state", "copies"),
    [
        (Sent("found it"), DeliveryState.SENT, 1),
        (None, DeliveryState.SENT, 2),
        (Deferred("half", reference="part-1"), DeliveryState.SENT, 2),
        (Deferred("slow down", retry_after=60, counts=False), DeliveryState.UNKNOWN, 1),
        (Unknown("cannot be asked"), DeliveryState.UNKNOWN, 1),
    ],
)
def test_under_reconcile_we_look_before_we_send_again(
    engine: Engine, seen: HandOver | None, state: DeliveryState, copies: int
) -> None:
    fill(engine, 1)

    class Looking(PlainMail):
        def find(self, message: Message) -> HandOver | None:
            return seen

    with Relay() as relay:
        channel = Looking(relay.port, on_unknown=UnknownPolicy.RECONCILE)
        (one,) = _claimed(engine, 1)
        body = channel.render(sheets([one])[one.id])
        with transaction(engine) as session:
            fingerprint = hashlib.sha256(body).hexdigest()
            claims.gate(session, "dead", {one.id: fingerprint}, lease=timedelta(minutes=1))
        relay.take(Accepted(0.0, one.address, "", body))  # then the worker dies
        end_leases(engine)
        run(engine, channel)
        run(engine, channel, later=timedelta(minutes=2))
        assert len(relay.accepted) == copies
    assert states(engine) == [state]


def _claimed(engine: Engine, count: int) -> list[Delivery]:
    how = claims.Claim("dead", timedelta(minutes=1), "example.net", "plain-1")
    with transaction(engine) as session:
        return claims.claim(session, EMAIL, how, limit=count, now=NOW)


def test_what_cannot_be_recorded_is_not_sent(sqlite_engine: Engine) -> None:
    """The store turns read-only after the claim, and writable again later."""
    fill(sqlite_engine, 5)

    class Frozen(PlainMail):
        def render(self, sheet: Sheet) -> bytes:
            freeze(sqlite_engine, frozen=True)
            return super().render(sheet)

    with Relay() as relay:
        channel = Frozen(relay.port)
        healed: list[float] = []

        def pause(seconds: float) -> None:
            healed.append(seconds)
            freeze(sqlite_engine, frozen=False)

        hand = Hand(
            sqlite_engine,
            channel,
            channel.open(),
            TERMS.rules(channel),
            TERMS.lease,
            "w",
            TERMS.keys,
            at(),
            never,
            pause,
        )
        taken = _claimed(sqlite_engine, 5)
        with hand.sender:
            hand.over(Batch("dead", taken), sheets)
        assert relay.accepted == []
        assert healed == [1.0]
        assert set(states(sqlite_engine)) == {DeliveryState.PLANNED}
        run(sqlite_engine, PlainMail(relay.port))
        assert len(relay.accepted) == 5


@pytest.mark.parametrize(("broken_for", "state"), [(2, DeliveryState.SENT), (99, DeliveryState.HANDING_OVER)])
def test_a_stop_does_not_forget_what_a_busy_store_has_not_taken_yet(
    sqlite_engine: Engine, broken_for: int, state: DeliveryState
) -> None:
    """The store is read-only when the answer and the stop come: it is tried again, but not for ever."""
    fill(sqlite_engine, 1)
    pauses: list[float] = []

    def fault(phase: str, _argument: str) -> str | None:
        if phase == "dot:after":
            freeze(sqlite_engine, frozen=True)
        return None

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        freeze(sqlite_engine, frozen=len(pauses) < broken_for)

    with Relay(fault) as relay:
        channel = PlainMail(relay.port)
        hand = Hand(
            sqlite_engine,
            channel,
            channel.open(),
            TERMS.rules(channel),
            TERMS.lease,
            "w",
            TERMS.keys,
            at(),
            lambda: bool(relay.accepted),
            pause,
        )
        taken = _claimed(sqlite_engine, 1)
        with hand.sender, suppress(StoreError):
            hand.over(Batch("dead", taken), sheets)
        assert min(broken_for, LAST_TRIES - 1) <= len(pauses) <= 2 * LAST_TRIES
    freeze(sqlite_engine, frozen=False)
    assert states(sqlite_engine) == [state]


def test_planned_for_another_channel_waits_for_it(engine: Engine) -> None:
    fill(engine, 1, channel=ChannelName.SLACK)
    with Relay() as relay:
        assert not run(engine, PlainMail(relay.port)).outcomes
    assert states(engine) == [DeliveryState.PLANNED]


def test_an_operator_can_put_back_what_was_refused_or_held(engine: Engine) -> None:
    ids = fill(engine, 1)
    with Relay(lambda phase, _: "552 5.2.2 full" if phase == "RCPT" else None) as relay:
        run(engine, PlainMail(relay.port))
    with transaction(engine) as session:
        assert deliveries.put_back(session, ids, [DeliveryState.REFUSED], now=NOW) == ids
    with Relay() as relay:
        run(engine, PlainMail(relay.port))
        assert len(relay.accepted) == 1


def test_two_slots_of_one_subscriber_are_two_deliveries(engine: Engine) -> None:
    numbers = subscribe(engine, 1)
    plan(engine, numbers)
    plan(engine, numbers, slot=NOW.date() + timedelta(days=1))
    with Relay() as relay:
        assert run(engine, PlainMail(relay.port)).outcomes == {"sent": 2}


def test_an_unusable_store_is_said_so(sqlite_engine: Engine) -> None:
    with sqlite_engine.begin() as connection:
        connection.execute(text("DROP TABLE deliveries"))
    with pytest.raises(StoreError):
        run(sqlite_engine, PlainMail(1))


def test_a_digest_that_cannot_be_read_is_set_aside_and_the_others_go_on(sqlite_engine: Engine) -> None:
    ids = fill(sqlite_engine, 3)

    def picky(claimed: Sequence[Delivery]) -> Mapping[int, Sheet]:
        if ids[1] in {one.id for one in claimed}:
            raise KeyError("sections")
        return sheets(claimed)

    with Relay() as relay:
        deliver(sqlite_engine, {EMAIL: PlainMail(relay.port)}, picky, TERMS, clock=at())
    assert states(sqlite_engine) == [DeliveryState.SENT, DeliveryState.POISON, DeliveryState.SENT]


def test_a_store_that_fails_while_sheets_are_made_costs_no_attempt(sqlite_engine: Engine) -> None:
    fill(sqlite_engine, 2)

    def busy(_claimed: Sequence[Delivery]) -> Mapping[int, Sheet]:
        raise StoreError("gone for a moment")

    with Relay() as relay, pytest.raises(StoreError):
        deliver(sqlite_engine, {EMAIL: PlainMail(relay.port)}, busy, TERMS, clock=at())
    assert [(one.state, one.attempts) for one in all_of(sqlite_engine)] == [(DeliveryState.PLANNED, 0)] * 2


def test_a_store_that_fails_for_one_sheet_of_a_bad_batch_sets_nothing_aside(sqlite_engine: Engine) -> None:
    """First a digest cannot be read, then the store is gone: that is no reason to call any digest bad."""
    fill(sqlite_engine, 3)

    def picky(claimed: Sequence[Delivery]) -> Mapping[int, Sheet]:
        if len(claimed) == 1:
            raise StoreError("gone for a moment")
        raise KeyError("sections")

    with Relay() as relay, pytest.raises(StoreError):
        deliver(sqlite_engine, {EMAIL: PlainMail(relay.port)}, picky, TERMS, clock=at())
    assert states(sqlite_engine) == [DeliveryState.PLANNED] * 3
