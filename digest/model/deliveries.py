"""Deliveries, messages and the outcomes of handing over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digest.model.subscribers import ChannelName


class DeliveryState(StrEnum):
    """Where a delivery stands (docs/architecture.md, *Delivery contract*; docs/operation.md).

    Final are sent, refused, merged and poison.
    """

    PLANNED = "planned"
    CLAIMED = "claimed"
    HANDING_OVER = "handing-over"
    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    MERGED = "merged"
    POISON = "poison"


class UnknownPolicy(StrEnum):
    """What to do with a delivery whose hand-over has no answer."""

    RESEND = "resend"
    HOLD = "hold"
    RECONCILE = "reconcile"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the outbox: one digest on its way to one address.

    ``attempts`` counts claims, ``kills`` those whose worker died, ``unanswered`` the hand-overs that
    may have arrived. ``claimed_by`` is the fencing token of the claim.
    """

    id: int
    digest_id: int
    subscriber_id: int
    channel: ChannelName
    address: str
    slot: date
    state: DeliveryState
    attempts: int = 0
    kills: int = 0
    claim: int = 0
    next_attempt_at: datetime | None = None
    lease_until: datetime | None = None
    claimed_by: str = ""
    message_id: str = ""
    message_date: datetime | None = None
    template: str = ""
    fingerprint: str = ""
    reference: str = ""
    reason: str = ""
    created_at: datetime | None = None
    first_attempt_at: datetime | None = None
    finished_at: datetime | None = None
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a delivery: the values to write, decided purely.

    ``next_attempt_at`` is ``None`` where nobody tries again by itself. ``suspend`` is for a bad
    address, ``note`` an attempt worth keeping in the attempts ledger (the first success is not).
    """

    state: DeliveryState
    next_attempt_at: datetime | None
    attempts: int
    kills: int
    unanswered: int
    reference: str = ""
    reason: str = ""
    code: str = ""
    suspend: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a delivery that did not simply succeed, for the operator."""

    delivery_id: int
    number: int
    worker: str
    at: datetime
    outcome: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Circuit:
    """A counterpart that fails for everybody: no traffic but a probe from ``probe_at`` on.

    ``code`` is that of the last fault; none where no counterpart said no.
    """

    key: str
    opened_at: datetime
    probe_at: datetime
    failures: int
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """Rendered, ready to send: ``body`` is the exact bytes (MIME for mail, JSON for Slack)."""

    delivery_id: int
    address: str
    body: bytes
    message_id: str
    bounce_address: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted. ``reference`` is the counterpart's word for it (queue id, message ts).

    ``warning`` is for the operator: accepted, but not as it should have been (a fallback).
    """

    reference: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: nothing was accepted, trying again is safe. ``retry_after`` in seconds, if told.

    ``counts`` is False where waiting was asked of us (429): it is no failure. ``reference`` says how
    far a message of several parts came; the next attempt goes on from there, so it must be stored.
    """

    reason: str
    code: str = ""
    retry_after: float | None = None
    counts: bool = True
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A final no for this address. ``suspend`` when the address itself is bad."""

    reason: str
    code: str = ""
    suspend: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Handed over, no answer: it may or may not have been accepted.

    ``reference`` as for ``Deferred``. ``look_after``: seconds until looking for it (again) makes sense;
    ``None`` where nobody can look, so that the channel's policy or an operator decides.
    """

    reason: str
    reference: str = ""
    look_after: float | None = None


@dataclass(frozen=True, slots=True)
class Faulty:
    """Our fault or the relay's, for everybody: the circuit opens, nobody is marked bad.

    ``reference`` as for ``Deferred``.
    """

    reason: str
    code: str = ""
    reference: str = ""


HandOver = Sent | Deferred | Refused | Unknown | Faulty


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something an operator must know; told once, with an all-clear."""

    key: str
    detail: str
    raised_at: datetime
    told_at: datetime | None = None
    cleared_at: datetime | None = None
