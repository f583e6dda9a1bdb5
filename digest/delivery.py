"""Delivery: what becomes of a delivery after each outcome, and when it is tried again. Pure.

A delivery is claimed under a lease, passes the gate (*handing-over* is committed) immediately
before the point of no return, and then gets an answer or none. Only an answer is final. What is
found past its lease tells where its worker died: *claimed* means that nothing was handed over,
*handing-over* that it may have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model import (
    Deferred,
    Delivery,
    DeliveryState,
    Faulty,
    HandOver,
    Refused,
    Ruling,
    Sent,
    Unknown,
    UnknownPolicy,
)

State = DeliveryState

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
PROBES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 10, 20, 30))
PASSING = frozenset({"", "connect", "cut"})
"""Codes of faults that may be over by themselves: no connection, or one that ended."""
LONGEST_WAIT = timedelta(hours=6)
"""A counterpart may ask for a wait; for more than this it may ask again."""
LOOK_AFTER = timedelta(seconds=60)
"""How long after a worker's death its last post may still be on its way (policy ``reconcile``)."""
LATE_ANSWER = timedelta(seconds=5)
"""A worker that was only stopped, or kept from the store, past its lease has so long to say what it knows."""
MOST_RESENDS = 1
"""Under ``resend`` a hand-over without an answer is repeated once; then an operator decides."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a channel's deliveries may cost: total age, killed workers, and the policy on *unknown*."""

    max_age: timedelta
    max_kills: int
    on_unknown: UnknownPolicy


def settle(delivery: Delivery, outcome: HandOver, rules: Rules, now: datetime) -> Ruling:
    """What becomes of a claimed delivery after an outcome of its channel."""
    match outcome:
        case Sent():
            return _ruling(delivery, State.SENT, None, reference=outcome.reference, reason=outcome.warning)
        case Deferred():
            return _deferred(delivery, outcome, rules, now)
        case Refused():
            return _ruling(
                delivery,
                State.REFUSED,
                None,
                reason=outcome.reason,
                code=outcome.code,
                suspend=outcome.suspend,
                note="refused",
            )
        case Unknown():
            return _unknown(delivery, outcome, rules, now)
        case Faulty():
            return _faulty(delivery, outcome, now)


def _ruling(
    delivery: Delivery,
    state: DeliveryState,
    next_attempt_at: datetime | None,
    *,
    attempts: int | None = None,
    unanswered: int | None = None,
    reference: str = "",
    reason: str = "",
    code: str = "",
    suspend: bool = False,
    note: str = "",
) -> Ruling:
    return Ruling(
        state,
        next_attempt_at,
        attempts=delivery.attempts if attempts is None else attempts,
        kills=delivery.kills,
        unanswered=delivery.unanswered if unanswered is None else unanswered,
        reference=reference or delivery.reference,
        reason=reason,
        code=code,
        suspend=suspend,
        note=note,
    )


def _waiting(delivery: Delivery) -> DeliveryState:
    """The state of a delivery that is tried again: what may have arrived stays *unknown*."""
    return State.UNKNOWN if delivery.unanswered else State.DEFERRED


def _deferred(delivery: Delivery, outcome: Deferred, rules: Rules, now: datetime) -> Ruling:
    attempts = delivery.attempts if outcome.counts else max(delivery.attempts - 1, 0)
    asked = min(timedelta(seconds=max(outcome.retry_after or 0.0, 0.0)), LONGEST_WAIT)
    own = back_off(delivery.id, attempts) if outcome.counts or not asked else timedelta(0)
    at = now + max(asked, own)
    if outcome.counts and _too_old(delivery, rules, at):
        return _ruling(
            delivery,
            State.REFUSED,
            None,
            reason=f"given up after {_hours(rules.max_age)}: {outcome.reason}",
            code=outcome.code,
            note="given up",
        )
    return _ruling(
        delivery,
        _waiting(delivery),
        at,
        attempts=attempts,
        reference=outcome.reference,
        reason=outcome.reason,
        code=outcome.code,
        note="deferred",
    )


def _faulty(delivery: Delivery, outcome: Faulty, now: datetime) -> Ruling:
    """Our fault or the relay's: it costs the delivery no age, but another one probes first."""
    return _ruling(
        delivery,
        _waiting(delivery),
        now + back_off(delivery.id, delivery.attempts),
        reference=outcome.reference,
        reason=outcome.reason,
        code=outcome.code,
        note="faulty",
    )


def _unknown(delivery: Delivery, outcome: Unknown, rules: Rules, now: datetime) -> Ruling:
    unanswered = delivery.unanswered + 1
    again = _when_again(delivery, outcome, rules, unanswered, now)
    return _ruling(
        delivery,
        State.UNKNOWN,
        again,
        unanswered=unanswered,
        reference=outcome.reference,
        reason=outcome.reason,
        note="unknown",
    )


def _when_again(
    delivery: Delivery, outcome: Unknown, rules: Rules, unanswered: int, now: datetime
) -> datetime | None:
    if rules.on_unknown is UnknownPolicy.RESEND and unanswered <= MOST_RESENDS:
        return now + back_off(delivery.id, delivery.attempts)
    if rules.on_unknown is UnknownPolicy.RECONCILE and outcome.look_after is not None:
        at = now + timedelta(seconds=outcome.look_after)
        return None if _too_old(delivery, rules, at) else at
    return None


def recover(delivery: Delivery, rules: Rules, now: datetime) -> Ruling:
    """What becomes of a delivery found past its lease: its worker was killed, or slept too long."""
    kills = delivery.kills + 1
    over = delivery.state is State.HANDING_OVER
    unanswered = delivery.unanswered + over
    if kills >= rules.max_kills:
        ruling = _ruling(delivery, State.POISON, None, reason=f"its worker died {kills} times")
    elif not over:
        ruling = _ruling(delivery, _waiting(delivery), now, reason="its worker died before the hand-over")
    else:
        ruling = _ruling(
            delivery, State.UNKNOWN, _after_kill(rules, now), reason="its worker died in between"
        )
    return _with_kill(ruling, kills, unanswered)


def _with_kill(ruling: Ruling, kills: int, unanswered: int) -> Ruling:
    return Ruling(
        ruling.state,
        ruling.next_attempt_at,
        attempts=ruling.attempts,
        kills=kills,
        unanswered=unanswered,
        reference=ruling.reference,
        reason=ruling.reason,
        note="killed",
    )


def _after_kill(rules: Rules, now: datetime) -> datetime | None:
    if rules.on_unknown is UnknownPolicy.HOLD:
        return None
    return now + (LATE_ANSWER if rules.on_unknown is UnknownPolicy.RESEND else LOOK_AFTER)


def suppress(delivery: Delivery, rules: Rules, now: datetime) -> Ruling:
    """A delivery to an address on the suppression list: refused, and its subscriber suspended."""
    return settle(
        delivery, Refused("the address is on the suppression list", "suppressed", suspend=True), rules, now
    )


def set_aside(delivery: Delivery, reason: str) -> Ruling:
    """A delivery that cannot be rendered: set aside for an operator, the others go on."""
    return _ruling(delivery, State.POISON, None, reason=reason, note="poison")


def hold(delivery: Delivery, reason: str) -> Ruling:
    """A delivery that nobody may send by itself any more; an operator decides."""
    return _ruling(delivery, State.UNKNOWN, None, reason=reason, note="held")


def back_off(delivery_id: int, attempts: int) -> timedelta:
    """The wait before the next attempt: 1, 5, 15, 60 minutes, shortened by up to a half.

    The jitter is a function of the delivery and the attempt, so that it needs no randomness.
    """
    step = BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1]
    return step * (1 - 0.5 * _spread(delivery_id, attempts))


def _spread(delivery_id: int, attempts: int) -> float:
    """An even spread over 0..1: Knuth's multiplicative hash of the two numbers."""
    return ((delivery_id * 31 + attempts) * 2654435761 % 2**32) / 2**32


def next_probe(failures: int, now: datetime) -> datetime:
    """When an open circuit is tried again: slower with each failure, so that no login is locked out."""
    return now + PROBES[min(max(failures, 1), len(PROBES)) - 1]


def lasts(code: str) -> bool:
    """Whether a fault with this code stays until somebody mends it: a refusal of us, or of our settings.

    What a mail server puts off (4xx) passes like a connection that is lost.
    """
    return code not in PASSING and not code.startswith("4")


def _too_old(delivery: Delivery, rules: Rules, at: datetime) -> bool:
    return delivery.first_attempt_at is not None and at > delivery.first_attempt_at + rules.max_age


def _hours(age: timedelta) -> str:
    return f"{age.total_seconds() / 3600:g} h"
