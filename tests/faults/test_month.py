"""A month of faults in simulated time: all is delivered within an hour of each fault's end; nothing grows."""

from __future__ import annotations

import os
import resource
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest import delivery
from digest.model import ChannelName, DeliveryState
from digest.pipeline.deliver import deliver
from tests.faults.outbox import NOW, TERMS, PlainMail, sheets
from tests.faults.relay import CUT, Relay
from tests.store.outbox import all_of, plan, subscribe

HOUR = timedelta(hours=1)
TICK = timedelta(minutes=5)
FAULTS: tuple[tuple[str, str, int], ...] = (  # phase, answer, hours
    ("greeting", CUT, 3),
    ("RCPT", "451 4.7.1 greylisted", 2),
    ("MAIL", "550 5.1.8 who are you", 4),
    ("greeting", "421 4.3.2 closing down", 1),
    ("dot", "452 4.3.1 no space left", 5),
    ("DATA", CUT, 2),
    ("EHLO", "554 5.7.1 listed", 6),
)


def month(engine: Engine, days: int) -> list[str]:
    """Live through the days; say which deliveries came later than an hour after their day's fault."""
    moment = [NOW]
    late: list[str] = []

    def fault(phase: str, _argument: str) -> str | None:
        day = (moment[0] - NOW).days
        where, answer, hours = FAULTS[day % len(FAULTS)]
        begins = NOW + timedelta(days=day)
        return answer if phase == where and moment[0] < begins + hours * HOUR else None

    numbers = subscribe(engine, 12)
    with Relay(fault, keep_bodies=False) as relay:
        channels, terms = {ChannelName.EMAIL: PlainMail(relay.port)}, replace(TERMS, batch=5)
        for day in range(days):
            begins = NOW + timedelta(days=day)
            plan(engine, numbers, slot=begins.date(), now=begins)
            moment[0] = begins
            while moment[0] < begins + 8 * HOUR:
                deliver(engine, channels, sheets, terms, clock=lambda: moment[0])
                moment[0] += TICK
            late += _late(engine, begins, FAULTS[day % len(FAULTS)][2])
            if day == 2:
                _remember("day 3")
    return late


def _late(engine: Engine, begins: datetime, hours: int) -> list[str]:
    limit = begins + (hours + 1) * HOUR
    return [
        f"{one.slot} {one.id}: {one.state} {one.finished_at} {one.reason}"
        for one in all_of(engine)
        if one.slot == begins.date()
        and (one.state is not DeliveryState.SENT or one.finished_at is None or one.finished_at > limit)
    ]


USED: dict[str, tuple[int, int, int]] = {}


def _remember(when: str) -> None:
    """Resident memory in kB, open descriptors, threads."""
    USED[when] = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        len(os.listdir("/proc/self/fd")),  # noqa: PTH208  descriptors are no paths of ours
        threading.active_count(),
    )


@pytest.mark.timeout(1800)
def test_everything_is_delivered_within_an_hour_of_each_faults_end(
    sqlite_engine: Engine, soak: bool, tmp_path: Path
) -> None:
    assert month(sqlite_engine, 30 if soak else 4) == []
    _remember("end")
    (memory, descriptors, threads), (memory_end, descriptors_end, threads_end) = USED["day 3"], USED["end"]
    assert memory_end - memory < 5 * 1024
    assert descriptors_end <= descriptors + 2
    assert threads_end <= threads + 2


@pytest.mark.timeout(300)
def test_the_judge_sees_a_twin_that_probes_too_seldom(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PROBES", (timedelta(hours=5),))
    assert month(sqlite_engine, 1)
