"""A delivery worker as a process of its own, to be killed and stopped. Some twins are broken on purpose."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from digest.channels import Sender
from digest.channels.smtp import SmtpSender
from digest.channels.smtp_session import Relay as Server
from digest.errors import StoreError
from digest.model import ChannelName, DeliveryState
from digest.pipeline.deliver import deliver
from digest.store import claims
from digest.store.database import open_engine
from digest.store.deliveries import COLUMNS, TABLE, value_of
from tests.faults.outbox import TERMS, PlainMail, sheets


@dataclass(frozen=True)
class Work:
    """What a worker process is told."""

    url: str
    port: int
    lease: float = 4.0
    batch: int = 10
    gate_size: int = 5
    fresh_seconds: float = 1.0
    twin: str = ""


@dataclass
class NamedMail(PlainMail):
    """Greets with the number of its process, so that the relay's log says who sent what."""

    fresh_seconds: float = 1.0

    def open(self) -> Sender:
        server = Server(
            self.host,
            self.port,
            hello=f"worker-{os.getpid()}",
            connect_seconds=5.0,
            command_seconds=1.0,
            final_dot_seconds=1.0,
        )
        return SmtpSender(
            server, "digest@example.net", gate_size=self.gate_size, fresh_seconds=self.fresh_seconds
        )


def work(how: Work) -> None:
    """Deliver until killed."""
    TWINS[how.twin]()
    engine = open_engine(how.url)
    channel = NamedMail(how.port, gate_size=how.gate_size, fresh_seconds=how.fresh_seconds)
    terms = replace(
        TERMS,
        worker=f"worker-{os.getpid()}",
        lease=timedelta(seconds=how.lease),
        batch=how.batch,
        max_kills=1_000_000,
    )
    while True:
        with suppress(StoreError):  # the store is busy: the next round tries again
            deliver(engine, {ChannelName.EMAIL: channel}, sheets, terms, clock=lambda: datetime.now(UTC))
        time.sleep(0.01)


# --- broken twins: each must be caught by the oracle -----------------------------------------


def _sound() -> None:
    """The real thing."""


def _records_before_it_sends() -> None:
    """Marks as sent at the gate: a kill after it loses the message."""
    real = claims.gate

    def gate(session: Any, token: str, fingerprints: Mapping[int, str], *, lease: timedelta) -> set[int]:
        passed = real(session, token, fingerprints, lease=lease)
        session.execute(
            update(TABLE).where(TABLE.c.id.in_(passed)).values(state=DeliveryState.SENT, lease_until=None)
        )
        return passed

    claims.gate = gate


def _ignores_leases() -> None:
    """Takes rows back from workers that live: they are sent twice."""

    def expired(session: Any, *, channels: Any, limit: int) -> list[Any]:
        rows = select(*COLUMNS).where(TABLE.c.lease_until.is_not(None)).limit(limit)
        return list(map(value_of, session.execute(rows.with_for_update(skip_locked=True))))

    claims.expired = expired


TWINS: dict[str, Callable[[], None]] = {
    "": _sound,
    "records before it sends": _records_before_it_sends,
    "ignores leases": _ignores_leases,
}
