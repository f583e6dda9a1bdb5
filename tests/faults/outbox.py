"""A small delivery set-up for tests: a plain mail channel over real SMTP, and sheets without papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from time import monotonic, sleep
from typing import Any

from digest.channels import Sender
from digest.channels.smtp import SmtpSender
from digest.channels.smtp_session import Relay as Server
from digest.model import (
    Account,
    ChannelName,
    Delivery,
    Digest,
    DigestKind,
    HandOver,
    Links,
    Message,
    Sheet,
    Unknown,
    UnknownPolicy,
)
from digest.pipeline.deliver import Terms
from tests.keys import KEYS

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
LINKS = Links(
    "https://d/p", "https://d/pause", "https://d/u", "https://d/u", "", "https://d/f", "https://d/d"
)
ACCOUNT = Account(NOW, (), 0, 0, 0, 0, 0, 0, 0)
TERMS = Terms(worker="test", domain="example.net", keys=KEYS, batch=50, lease=timedelta(minutes=20))


@dataclass
class PlainMail:
    """A mail channel whose mails are three lines long. ``words`` stand in each."""

    port: int
    on_unknown: UnknownPolicy = UnknownPolicy.RESEND
    gate_size: int = 20
    words: str = "papers"
    template: str = "plain-1"
    final_dot_seconds: float = 30.0
    host: str = "127.0.0.1"
    name: ChannelName = ChannelName.EMAIL

    def render(self, sheet: Sheet) -> bytes:
        lines = (
            f"To: {sheet.address}",
            f"Message-ID: {sheet.message_id}",
            f"Date: {sheet.message_date.isoformat()}",
            "",
            self.words,
            "",
        )
        return "\r\n".join(lines).encode()

    def open(self) -> Sender:
        limits = {"connect_seconds": 30.0, "command_seconds": 30.0}
        server = replace(
            Server(self.host, self.port, final_dot_seconds=self.final_dot_seconds),
            **limits,  # type: ignore[arg-type]
        )
        return SmtpSender(server, "digest@example.net", gate_size=self.gate_size)

    def find(self, message: Message) -> HandOver | None:
        return Unknown("mail cannot be looked up")


def sheets(deliveries: Sequence[Delivery]) -> Mapping[int, Sheet]:
    """A sheet for each claimed delivery."""
    return {one.id: _sheet(one) for one in deliveries}


def _sheet(one: Delivery) -> Sheet:
    digest = Digest(
        one.subscriber_id, one.slot, DigestKind.DAILY, (), ACCOUNT, "UTC", time(7, 30), id=one.digest_id
    )
    assert one.message_date is not None
    return Sheet(digest, {}, one.address, LINKS, one.message_id, one.message_date)


def await_refused_records(logs: Sequence[Mapping[str, Any]]) -> None:
    """Wait until a worker has failed to record what it sent, three times over."""
    until = monotonic() + 60
    while sum(one["event"] == "delivery.not_recorded" for one in logs) < 3:
        assert monotonic() < until, logs
        sleep(0.02)


def at(moment: datetime = NOW) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: moment
