"""Connections cut at every phase: no copy for a cut before the dot or at QUIT, at most one after it."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from digest.channels import smtp
from digest.model import ChannelName, Deferred, DeliveryState, UnknownPolicy
from digest.pipeline.deliver import deliver
from tests.faults.outbox import NOW, TERMS, PlainMail, at, sheets
from tests.faults.relay import CUT, Relay
from tests.store.outbox import address_of, all_of, fill

PHASES = ("MAIL", "RCPT", "DATA", "content", "dot", "dot:after", "QUIT")
SHARE = 0.1


class Cutter:
    """Cuts a share of all messages, each at one phase; remembers whom and where."""

    def __init__(self) -> None:
        self.chance = random.Random(11)
        self.cut: dict[str, list[str]] = defaultdict(list)

    def __call__(self, phase: str, argument: str) -> str | None:
        if phase not in PHASES or self.chance.random() > SHARE / len(PHASES):
            return None
        self.cut[argument].append(phase)
        return CUT


def send_all(engine: Engine, relay: Relay, policy: UnknownPolicy) -> None:
    """Deliver in simulated time until nothing is tried any more."""
    channels = {ChannelName.EMAIL: PlainMail(relay.port, on_unknown=policy)}
    terms = replace(TERMS, batch=200)
    for step in range(60):
        deliver(engine, channels, sheets, terms, clock=at(NOW + step * timedelta(minutes=31)))
        if not any(one.next_attempt_at for one in all_of(engine)):
            return


def judge(engine: Engine, relay: Relay, cutter: Cutter, policy: UnknownPolicy, count: int) -> list[str]:
    """What broke the promise."""
    copies = Counter(one.recipient for one in relay.accepted)
    held = {one.address for one in all_of(engine) if one.state is DeliveryState.UNKNOWN}
    allowed = 1 if policy is UnknownPolicy.RESEND else 0
    wrong = []
    for number in range(1, count + 1):
        name = address_of(number)
        after_dot = "dot:after" in cutter.cut[name]
        if copies[name] > 1 + (allowed if after_dot else 0):
            wrong.append(f"{name}: {copies[name]} times, cut at {cutter.cut[name]}")
        if copies[name] == 0 and name not in held:
            wrong.append(f"{name}: lost, cut at {cutter.cut[name]}")
    return wrong


@pytest.mark.timeout(900)
@pytest.mark.parametrize("policy", [UnknownPolicy.RESEND, UnknownPolicy.HOLD])
def test_cuts_at_every_phase_cost_no_more_than_promised(
    sqlite_engine: Engine, policy: UnknownPolicy, soak: bool
) -> None:
    count = 10_000 if soak else 400
    fill(sqlite_engine, count)
    cutter = Cutter()
    with Relay(cutter) as relay:
        send_all(sqlite_engine, relay, policy)
        assert judge(sqlite_engine, relay, cutter, policy, count) == []
    assert sum(map(len, cutter.cut.values())) > count * SHARE / 2


def test_the_judge_sees_a_twin_that_takes_silence_for_a_no(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin tries again after every cut, as a client does that knows only the exception."""
    monkeypatch.setattr(smtp, "Unknown", Deferred)
    count = 400
    fill(sqlite_engine, count)
    cutter = Cutter()
    with Relay(cutter) as relay:
        send_all(sqlite_engine, relay, UnknownPolicy.HOLD)
        assert judge(sqlite_engine, relay, cutter, UnknownPolicy.HOLD, count)
