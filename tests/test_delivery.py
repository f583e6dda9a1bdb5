"""The retry decision: only an answer is final; what may have arrived is never silently planned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery import LATE_ANSWER, Rules, back_off, hold, next_probe, recover, set_aside, settle
from digest.model import (
    ChannelName,
    Deferred,
    Delivery,
    DeliveryState,
    Faulty,
    Refused,
    Sent,
    Unknown,
    UnknownPolicy,
)

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
ONE = Delivery(
    7,
    1,
    1,
    ChannelName.EMAIL,
    "ada@example.org",
    date(2026, 3, 2),
    DeliveryState.HANDING_OVER,
    attempts=1,
    claim=1,
    first_attempt_at=NOW,
)
RESEND = Rules(timedelta(hours=24), 3, UnknownPolicy.RESEND)
HOLD = replace(RESEND, on_unknown=UnknownPolicy.HOLD)
RECONCILE = replace(RESEND, on_unknown=UnknownPolicy.RECONCILE)


def test_an_acceptance_is_final() -> None:
    ruling = settle(ONE, Sent("queue-1"), RESEND, NOW)
    assert (ruling.state, ruling.next_attempt_at, ruling.reference) == (DeliveryState.SENT, None, "queue-1")
    assert not ruling.note


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (40, 60)])
def test_back_off_grows_to_an_hour_and_is_shortened_by_at_most_a_half(attempts: int, minutes: int) -> None:
    waits = [back_off(number, attempts) for number in range(1000)]
    assert max(waits) <= timedelta(minutes=minutes)
    assert min(waits) >= timedelta(minutes=minutes) / 2
    assert len(set(waits)) > 900


@given(st.integers(0, 2**40), st.integers(0, 100))
def test_back_off_needs_no_randomness(number: int, attempts: int) -> None:
    assert back_off(number, attempts) == back_off(number, attempts)


def test_a_wait_that_was_asked_for_is_obeyed_and_costs_no_attempt() -> None:
    ruling = settle(ONE, Deferred("slow down", "429", 120, counts=False), RESEND, NOW)
    assert ruling.next_attempt_at == NOW + timedelta(seconds=120)
    assert ruling.attempts == 0


def test_a_wait_of_ten_years_is_cut() -> None:
    ruling = settle(ONE, Deferred("later", retry_after=3e8), replace(RESEND, max_age=timedelta(days=9)), NOW)
    assert ruling.next_attempt_at == NOW + timedelta(hours=6)


def test_a_nonsense_wait_is_our_own_back_off() -> None:
    ruling = settle(ONE, Deferred("later", retry_after=-5, counts=False), RESEND, NOW)
    assert ruling.next_attempt_at is not None
    assert NOW + timedelta(seconds=30) <= ruling.next_attempt_at <= NOW + timedelta(minutes=1)


def test_too_old_is_given_up_visibly() -> None:
    old = replace(ONE, attempts=20, first_attempt_at=NOW - timedelta(hours=24))
    ruling = settle(old, Deferred("mailbox busy", "450"), RESEND, NOW)
    assert ruling.state is DeliveryState.REFUSED
    assert ruling.reason == "given up after 24 h: mailbox busy"
    assert not ruling.suspend


def test_waiting_that_was_asked_for_never_counts_as_age() -> None:
    old = replace(ONE, first_attempt_at=NOW - timedelta(hours=24))
    assert settle(old, Deferred("wait", counts=False), RESEND, NOW).state is DeliveryState.DEFERRED


def test_our_own_fault_gives_nobody_up() -> None:
    old = replace(ONE, first_attempt_at=NOW - timedelta(hours=48))
    ruling = settle(old, Faulty("535 bad password"), RESEND, NOW)
    assert ruling.state is DeliveryState.DEFERRED
    assert ruling.next_attempt_at is not None
    assert not ruling.suspend


@pytest.mark.parametrize("suspend", [True, False])
def test_a_refusal_says_whether_the_address_is_bad(suspend: bool) -> None:
    assert settle(ONE, Refused("no", "550", suspend), RESEND, NOW).suspend is suspend


def test_no_answer_under_resend_is_one_more_copy_and_then_an_operators_word() -> None:
    first = settle(ONE, Unknown("silence"), RESEND, NOW)
    assert first.state is DeliveryState.UNKNOWN
    assert first.next_attempt_at is not None
    second = settle(replace(ONE, unanswered=first.unanswered), Unknown("silence"), RESEND, NOW)
    assert (second.state, second.next_attempt_at) == (DeliveryState.UNKNOWN, None)


def test_no_answer_under_hold_is_never_sent_again() -> None:
    assert settle(ONE, Unknown("silence"), HOLD, NOW).next_attempt_at is None


def test_no_answer_under_reconcile_is_looked_for_when_it_can_be() -> None:
    assert settle(ONE, Unknown("?", look_after=60), RECONCILE, NOW).next_attempt_at == NOW + timedelta(
        seconds=60
    )
    assert settle(ONE, Unknown("?"), RECONCILE, NOW).next_attempt_at is None
    old = replace(ONE, first_attempt_at=NOW - timedelta(hours=24))
    assert settle(old, Unknown("?", look_after=60), RECONCILE, NOW).next_attempt_at is None


def test_how_far_a_message_came_is_kept() -> None:
    half = replace(ONE, reference="ts-1")
    assert settle(half, Deferred("429", counts=False), RECONCILE, NOW).reference == "ts-1"
    assert settle(half, Deferred("429", reference="ts-2"), RECONCILE, NOW).reference == "ts-2"


def test_what_may_have_arrived_stays_unknown_when_it_is_put_off() -> None:
    again = replace(ONE, unanswered=1)
    assert settle(again, Deferred("busy"), RESEND, NOW).state is DeliveryState.UNKNOWN


def test_a_worker_killed_before_the_gate_sent_nothing() -> None:
    ruling = recover(replace(ONE, state=DeliveryState.CLAIMED), RESEND, NOW)
    assert (ruling.state, ruling.next_attempt_at, ruling.kills, ruling.unanswered) == (
        DeliveryState.DEFERRED,
        NOW,
        1,
        0,
    )


@pytest.mark.parametrize(
    ("rules", "again"), [(RESEND, NOW + LATE_ANSWER), (HOLD, None), (RECONCILE, NOW + timedelta(seconds=60))]
)
def test_a_worker_killed_behind_the_gate_leaves_it_to_the_policy(
    rules: Rules, again: datetime | None
) -> None:
    ruling = recover(ONE, rules, NOW)
    assert (ruling.state, ruling.next_attempt_at, ruling.unanswered) == (DeliveryState.UNKNOWN, again, 1)


def test_three_kills_are_poison() -> None:
    ruling = recover(replace(ONE, kills=2), RESEND, NOW)
    assert (ruling.state, ruling.next_attempt_at, ruling.kills) == (DeliveryState.POISON, None, 3)
    assert ruling.unanswered == 1


def test_held_and_set_aside_wait_for_an_operator() -> None:
    assert hold(ONE, "changed").state is DeliveryState.UNKNOWN
    assert set_aside(ONE, "broken").state is DeliveryState.POISON
    assert hold(ONE, "changed").next_attempt_at is None
    assert set_aside(ONE, "broken").next_attempt_at is None


def test_probes_grow_slower_but_come_at_least_each_half_hour() -> None:
    waits = [next_probe(failures, NOW) - NOW for failures in range(1, 9)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == timedelta(minutes=30)
