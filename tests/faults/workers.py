"""A delivery worker as a process of its own, to be killed and stopped. Some twins are broken on purpose."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, select, update
from sqlalchemy.orm import Session

from digest.channels import Sender
from digest.channels.smtp import SmtpSender
from digest.channels.smtp_session import Relay as Server
from digest.errors import StoreError
from digest.model import ChannelName, DeliveryState, Ruling
from digest.pipeline import handing
from digest.pipeline.deliver import deliver
from digest.store import claims
from digest.store.database import open_engine, transaction
from digest.store.deliveries import COLUMNS, TABLE, value_of
from tests.faults.outbox import TERMS, PlainMail, sheets


@dataclass(frozen=True)
class Work:
    """What a worker process is told.

    ``number`` is its own: that of its process may have been another's before, in a long storm. ``records``
    is the file in which it notes what it recorded. ``leap`` is a file, too: once it is there, so many seconds
    more have passed since the last gate as if the worker had been stopped for them. A lease outlasts the
    freshness of a gate and the two limits together, as the settings demand.
    """

    url: str
    port: int
    number: int = 0
    lease: float = 4.0
    command_seconds: float = 1.0
    final_dot_seconds: float = 1.0
    batch: int = 10
    gate_size: int = 5
    fresh_seconds: float = 1.0
    twin: str = ""
    records: str = ""
    leap: str = ""


LEAP_SECONDS = 3600.0


@dataclass
class NamedMail(PlainMail):
    """Greets with the number of its worker, so that the relay's log says who sent what."""

    number: int = 0
    fresh_seconds: float = 1.0
    command_seconds: float = 1.0
    leap: str = ""

    def open(self) -> Sender:
        server = Server(
            self.host,
            self.port,
            hello=f"worker-{self.number}",
            connect_seconds=self.command_seconds + 4.0,
            command_seconds=self.command_seconds,
            final_dot_seconds=self.final_dot_seconds,
        )
        return SmtpSender(
            server,
            "digest@example.net",
            gate_size=self.gate_size,
            fresh_seconds=self.fresh_seconds,
            clock=self.clock,
        )

    def clock(self) -> float:
        leapt = bool(self.leap) and Path(self.leap).exists()
        return time.monotonic() + (LEAP_SECONDS if leapt else 0.0)


def work(how: Work) -> None:
    """Deliver until killed."""
    if how.records:
        _note_records(how)
    engine = open_engine(how.url)
    TWINS[how.twin](engine, how)
    channel = NamedMail(
        how.port,
        number=how.number,
        gate_size=how.gate_size,
        fresh_seconds=how.fresh_seconds,
        command_seconds=how.command_seconds,
        final_dot_seconds=how.final_dot_seconds,
        leap=how.leap,
    )
    terms = replace(
        TERMS,
        worker=f"worker-{how.number}",
        lease=timedelta(seconds=how.lease),
        batch=how.batch,
        max_kills=1_000_000,
    )
    while True:
        with suppress(StoreError):  # the store is busy: the next round tries again
            deliver(engine, {ChannelName.EMAIL: channel}, sheets, terms, clock=lambda: datetime.now(UTC))
        time.sleep(0.01)


def _note_records(how: Work) -> None:
    """Note each delivery recorded as sent, with the moment, once its transaction is committed.

    Noted after the COMMIT: a kill between the two makes the oracle lenient for one delivery, never unjust.
    """
    real = claims.record

    def record(
        session: Session, token: str, rulings: Mapping[int, Ruling], *, worker: str, now: datetime
    ) -> int:
        sent = [number for number, ruling in rulings.items() if ruling.state is DeliveryState.SENT]

        if sent:
            event.listen(session, "after_commit", lambda _session: _note(how, sent), once=True)
        return real(session, token, rulings, worker=worker, now=now)

    claims.record = record


def _note(how: Work, numbers: Collection[int]) -> None:
    """In one write, so that a kill leaves no half line."""
    line = [how.number, time.monotonic(), list(numbers)]
    file = os.open(how.records, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, (json.dumps(line) + "\n").encode())
    os.close(file)


# --- broken twins: each must be caught by the oracle -----------------------------------------


def _sound(_engine: Engine, _how: Work) -> None:
    """The real thing."""


def _records_before_it_sends(engine: Engine, how: Work) -> None:
    """Marks as sent what passed the gate, and is slow then: a kill in between loses the message."""
    real = handing._Passage._gate

    def gate(passage: Any, ids: Sequence[int]) -> Collection[int]:
        passed = real(passage, ids)
        sent = {"state": DeliveryState.SENT, "lease_until": None}
        with transaction(engine) as session:
            session.execute(update(TABLE).where(TABLE.c.id.in_(passed)).values(sent))
        _note(how, passed)
        time.sleep(3600)
        return passed

    handing._Passage._gate = gate  # type: ignore[assignment,method-assign]


def _ignores_leases(_engine: Engine, how: Work) -> None:
    """The first is slow to record, the second takes rows back from workers that live: they are sent twice."""
    real = handing._Passage._write

    def expired(session: Any, *, channels: Any, limit: int) -> list[Any]:
        rows = select(*COLUMNS).where(TABLE.c.state == DeliveryState.HANDING_OVER).limit(limit)
        return list(map(value_of, session.execute(rows.with_for_update(skip_locked=True))))

    def write(passage: Any, *, release: bool = False) -> None:
        if passage.rulings:
            time.sleep(3600)
        real(passage, release=release)

    if how.number == 1:
        handing._Passage._write = write  # type: ignore[assignment,method-assign]
    if how.number == 2:
        claims.expired = expired


def _doubts_what_was_recorded(engine: Engine, _how: Work) -> None:
    """Begins by sending again what its predecessor recorded last, as if it had not been."""
    last = select(TABLE.c.id).where(TABLE.c.state == DeliveryState.SENT).order_by(TABLE.c.finished_at.desc())
    again = {"state": DeliveryState.PLANNED, "next_attempt_at": datetime.now(UTC), "finished_at": None}
    with transaction(engine) as session:
        session.execute(update(TABLE).where(TABLE.c.id.in_(last.limit(3))).values(again))


TWINS: dict[str, Callable[[Engine, Work], None]] = {
    "": _sound,
    "records before it sends": _records_before_it_sends,
    "ignores leases": _ignores_leases,
    "doubts what was recorded": _doubts_what_was_recorded,
}
