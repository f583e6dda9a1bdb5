"""Claims: every update is fenced, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from digest.delivery import LATE_ANSWER, Rules, recover, set_aside, settle
from digest.model import (
    ChannelName,
    Deferred,
    Delivery,
    DeliveryState,
    Refused,
    Ruling,
    Sent,
    SubscriberState,
    UnknownPolicy,
)
from digest.store import claims, deliveries
from digest.store.database import reading, transaction
from tests.store.outbox import NOW, all_of, end_leases, fill, one_of, plan, set_state, subscribe

LEASE = timedelta(minutes=20)
RULES = Rules(timedelta(hours=24), 3, UnknownPolicy.RESEND)
EMAIL = ChannelName.EMAIL


def claim(
    engine: Engine, token: str, limit: int = 100, *, suspects: bool = False, later: timedelta = timedelta(0)
) -> list[Delivery]:
    how = claims.Claim(token, LEASE, "example.org", "t1")
    with transaction(engine) as session:
        return claims.claim(session, EMAIL, how, limit=limit, now=NOW + later, suspects=suspects)


def gate(engine: Engine, token: str, ids: list[int], fingerprint: str = "f") -> set[int]:
    with transaction(engine) as session:
        return claims.gate(session, token, dict.fromkeys(ids, fingerprint), lease=LEASE)


def record(engine: Engine, token: str, rulings: dict[int, Ruling]) -> int:
    with transaction(engine) as session:
        return claims.record(session, token, rulings, worker="w", now=NOW)


def sent(delivery: Delivery, reference: str = "") -> Ruling:
    return settle(delivery, Sent(reference), RULES, NOW)


def test_a_delivery_is_claimed_by_one_worker_only(engine: Engine) -> None:
    fill(engine, 5)
    assert len(claim(engine, "one", 3)) == 3
    assert len(claim(engine, "two", 3)) == 2
    assert claim(engine, "three") == []


def test_the_identity_is_frozen_at_the_first_claim(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    (first,) = claim(engine, "one")
    assert first.message_id == f"<one.{number}@example.org>"
    assert first.message_date == NOW
    record(engine, "one", {number: settle(first, Deferred("later"), RULES, NOW)})
    how = claims.Claim("two", LEASE, "other.example", "t2")
    with transaction(engine) as session:
        (second,) = claims.claim(session, EMAIL, how, limit=1, now=NOW + timedelta(hours=1))
    assert (second.message_id, second.message_date, second.template) == (
        first.message_id,
        first.message_date,
        "t1",
    )
    assert second.attempts == 2


def test_a_lost_answer_to_the_claim_can_be_read_back(engine: Engine) -> None:
    fill(engine, 2)
    taken = claim(engine, "one")
    with reading(engine) as session:
        assert claims.claimed(session, "one") == taken
        assert claims.claimed(session, "two") == []


def test_the_gate_passes_what_is_ours_and_confirmed(engine: Engine) -> None:
    ids = fill(engine, 3)
    claim(engine, "one", 2)
    assert gate(engine, "one", ids, "abc") == set(ids[:2])
    passed = one_of(engine, ids[0])
    assert (passed.state, passed.fingerprint) == (DeliveryState.HANDING_OVER, "abc")


def test_the_gate_may_be_passed_again_and_renews_the_lease(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    claim(engine, "one")
    gate(engine, "one", [number])
    before = one_of(engine, number).lease_until
    assert gate(engine, "one", [number]) == {number}
    after = one_of(engine, number).lease_until
    assert before is not None
    assert after is not None
    assert after > before


@pytest.mark.parametrize("state", [SubscriberState.UNSUBSCRIBED, SubscriberState.PAUSED])
def test_unsubscribing_stops_what_is_claimed_already(engine: Engine, state: SubscriberState) -> None:
    ids = fill(engine, 2)
    claim(engine, "one")
    set_state(engine, one_of(engine, ids[0]).subscriber_id, state)
    assert gate(engine, "one", ids) == {ids[1]}
    stopped = one_of(engine, ids[0])
    assert stopped.state is DeliveryState.REFUSED
    assert "stopped" in stopped.reason
    assert stopped.lease_until is None


def test_a_sleeper_past_its_lease_passes_no_gate(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    claim(engine, "one")
    end_leases(engine)
    assert gate(engine, "one", [number]) == set()


def test_a_sleeper_overwrites_nothing_of_the_newer_owner(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    (slept,) = claim(engine, "one")
    end_leases(engine)
    sweep(engine)
    (newer,) = claim(engine, "two", suspects=True)
    assert gate(engine, "one", [number]) == set()
    assert record(engine, "one", {number: sent(slept)}) == 0
    assert one_of(engine, number) == newer


def sweep(engine: Engine, rules: Rules = RULES) -> int:
    with transaction(engine) as session:
        found = claims.expired(session, channels=[EMAIL], limit=100)
        claims.recovered(
            session, [(one, recover(one, rules, NOW)) for one in found], worker="sweeper", now=NOW
        )
    return len(found)


def test_what_was_sent_is_recorded_once_and_may_be_repeated(engine: Engine) -> None:
    ids = fill(engine, 2)
    taken = claim(engine, "one")
    gate(engine, "one", ids)
    rulings = {one.id: sent(one, f"queue-{one.id}") for one in taken}
    assert record(engine, "one", rulings) == 2
    assert record(engine, "one", rulings) == 0
    assert [(one.state, one.reference, one.finished_at) for one in all_of(engine)] == [
        (DeliveryState.SENT, f"queue-{number}", NOW) for number in ids
    ]
    assert claim(engine, "two", later=timedelta(days=9)) == []


def test_what_was_deferred_is_claimed_again_in_its_time(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    (one,) = claim(engine, "one")
    record(engine, "one", {number: settle(one, Deferred("busy", "451"), RULES, NOW)})
    assert claim(engine, "two") == []
    assert [again.id for again in claim(engine, "two", later=timedelta(minutes=1))] == [number]


def test_a_refusal_is_final_and_kept_with_its_reason(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    (one,) = claim(engine, "one")
    record(engine, "one", {number: settle(one, Refused("no such mailbox", "550"), RULES, NOW)})
    assert one_of(engine, number).reason == "no such mailbox"
    with reading(engine) as session:
        (attempt,) = deliveries.attempts_of(session, number)
    assert (attempt.outcome, attempt.code, attempt.detail) == ("refused", "550", "no such mailbox")


def test_what_was_not_handed_over_is_given_back_uncounted(engine: Engine) -> None:
    ids = fill(engine, 2)
    claim(engine, "one")
    gate(engine, "one", ids[:1])
    with transaction(engine) as session:
        claims.release(session, "one", ids, now=NOW)
    again = claim(engine, "two")
    assert [(one.id, one.attempts) for one in again] == [(number, 1) for number in ids]


def test_suspects_are_claimed_apart(engine: Engine) -> None:
    ids = fill(engine, 3)
    claim(engine, "one", 1)
    end_leases(engine)
    assert sweep(engine) == 1
    assert [one.id for one in claim(engine, "two")] == ids[1:]
    assert [one.id for one in claim(engine, "three", suspects=True)] == ids[:1]


def test_a_live_lease_is_left_alone(engine: Engine) -> None:
    fill(engine, 1)
    claim(engine, "one")
    assert sweep(engine) == 0


def test_what_died_in_the_hand_over_is_unknown(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    claim(engine, "one")
    gate(engine, "one", [number])
    end_leases(engine)
    sweep(engine)
    assert one_of(engine, number).state is DeliveryState.UNKNOWN
    assert [one.unanswered for one in claim(engine, "two", suspects=True, later=LATE_ANSWER)] == [1]


@pytest.mark.parametrize("warning", ["", "as plain text"])
@pytest.mark.parametrize("rules", [RULES, Rules(timedelta(hours=24), 1, UnknownPolicy.RESEND)])
def test_an_answer_past_the_lease_counts_while_nobody_else_has_begun(
    engine: Engine, rules: Rules, warning: str
) -> None:
    """The store was out of reach for longer than the lease, and the sweep comes first: no copy for that."""
    (number,) = fill(engine, 1)
    (one,) = claim(engine, "one")
    gate(engine, "one", [number])
    end_leases(engine)
    sweep(engine, rules)
    assert record(engine, "one", {number: settle(one, Sent("", warning), RULES, NOW)}) == 1
    assert one_of(engine, number).state is DeliveryState.SENT
    assert claim(engine, "two", suspects=True, later=timedelta(days=9)) == []


def test_only_success_counts_past_the_lease(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    (one,) = claim(engine, "one")
    gate(engine, "one", [number])
    end_leases(engine)
    sweep(engine)
    assert record(engine, "one", {number: settle(one, Deferred("busy"), RULES, NOW)}) == 0
    assert one_of(engine, number).state is DeliveryState.UNKNOWN


def test_three_kills_set_a_delivery_aside(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    for attempt in range(3):
        claim(engine, f"try-{attempt}", suspects=attempt > 0)
        end_leases(engine)
        sweep(engine)
    assert one_of(engine, number).state is DeliveryState.POISON
    assert claim(engine, "more", suspects=True, later=timedelta(days=1)) == []


def test_what_cannot_be_rendered_is_set_aside(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    (one,) = claim(engine, "one")
    record(engine, "one", {number: set_aside(one, "cannot be rendered")})
    assert one_of(engine, number).state is DeliveryState.POISON


def test_a_slot_is_planned_once(engine: Engine) -> None:
    (number,) = fill(engine, 1)
    one = one_of(engine, number)
    again = deliveries.Planned(one.digest_id, one.subscriber_id, EMAIL, one.address, one.slot)
    with transaction(engine) as session:
        assert deliveries.plan(session, [again], now=NOW) == {}
        assert deliveries.plan(session, [], now=NOW) == {}


def test_what_was_handed_over_in_part_is_not_merged(engine: Engine) -> None:
    (number,) = subscribe(engine, 1)
    plan(engine, [number])
    (one,) = claim(engine, "one")
    record(engine, "one", {one.id: settle(one, Deferred("busy", reference="part-1"), RULES, NOW)})
    with transaction(engine) as session:
        assert deliveries.merge(session, [number], now=NOW) == {}


def test_what_waits_is_merged_into_a_newer_digest_but_what_may_have_arrived_is_not(engine: Engine) -> None:
    waiting, claimed, unknown = subscribe(engine, 3)
    plan(engine, [claimed])
    claim(engine, "held")
    plan(engine, [unknown])
    (one,) = claim(engine, "lost")
    gate(engine, "lost", [one.id])
    end_leases(engine)
    with transaction(engine) as session:
        found = [row for row in claims.expired(session, channels=[EMAIL], limit=9) if row.id == one.id]
        claims.recovered(session, [(row, recover(row, RULES, NOW)) for row in found], worker="w", now=NOW)
    plan(engine, [waiting])
    with transaction(engine) as session:
        merged = deliveries.merge(session, [waiting, claimed, unknown], now=NOW)
    assert merged == {waiting: [one.digest_id for one in all_of(engine) if one.subscriber_id == waiting]}
    assert {one.subscriber_id: one.state for one in all_of(engine)} == {
        waiting: DeliveryState.MERGED,
        claimed: DeliveryState.CLAIMED,
        unknown: DeliveryState.UNKNOWN,
    }
