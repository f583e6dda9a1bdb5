"""How much a kill leaves in doubt: what passed the gate together. Under ``hold`` that is one message."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from digest.bootstrap import mail_sender
from digest.config import Settings
from digest.model import ChannelName, DeliveryState, Message, Sent, UnknownPolicy
from digest.pipeline.deliver import sweep
from digest.store.database import open_engine
from tests.faults.outbox import NOW, TERMS, PlainMail
from tests.faults.relay import Relay
from tests.faults.storm import PROCESSES
from tests.faults.workers import Work, work
from tests.store.outbox import address_of, all_of, end_leases, fill

COUNT, KILLED_AT = 8, 4


@pytest.mark.parametrize(("gate_size", "most"), [(1, 1), (5, 5)])
def test_a_kill_leaves_no_more_in_doubt_than_passed_the_gate_together(
    store_url: str, gate_size: int, most: int
) -> None:
    """Killed with its fourth mail accepted and not answered. What it had sent before is on record."""
    engine = open_engine(store_url)
    fill(engine, COUNT)
    pids: list[int] = []

    def fault(phase: str, _argument: str) -> str | None:
        if phase == "dot:after" and len(relay.accepted) == KILLED_AT:
            os.kill(pids[0], signal.SIGKILL)
        return None

    with Relay(fault) as relay:
        how = Work(store_url, relay.port, batch=COUNT, gate_size=gate_size, lease=3600.0)
        patient = replace(how, command_seconds=30.0, final_dot_seconds=30.0, fresh_seconds=30.0)
        process = PROCESSES.Process(target=work, args=(patient,), daemon=True)
        process.start()
        assert process.pid is not None
        pids.append(process.pid)
        process.join(100)
        assert process.exitcode == -signal.SIGKILL
        assert len(relay.accepted) == KILLED_AT
    end_leases(engine)
    sweep(engine, {ChannelName.EMAIL: PlainMail(1, on_unknown=UnknownPolicy.HOLD)}, TERMS, now=NOW)
    states = [one.state for one in all_of(engine)]
    assert 1 <= states.count(DeliveryState.UNKNOWN) <= most
    assert states.count(DeliveryState.SENT) >= KILLED_AT - most
    engine.dispose()


@pytest.mark.parametrize(("policy", "gates"), [("hold", [[1], [2], [3]]), ("resend", [[1, 2, 3]])])
def test_where_a_person_decides_mails_pass_the_gate_one_by_one(policy: str, gates: list[list[int]]) -> None:
    seen: list[list[int]] = []

    def gate(ids: Sequence[int]) -> Collection[int]:
        seen.append(list(ids))
        return ids

    with Relay() as relay:
        settings = Settings(
            email={"host": "127.0.0.1", "port": relay.port, "security": "none"},
            delivery={"on_unknown_email": policy},
        )
        mails = [
            Message(n, address_of(n), b"To: you\r\n\r\nhello\r\n", f"<{n}@example.net>") for n in (1, 2, 3)
        ]
        with mail_sender(settings) as sender:
            assert all(isinstance(outcome, Sent) for _, outcome in sender.hand_over(mails, gate))
    assert seen == gates
