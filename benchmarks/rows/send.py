"""Handing mails to a server: against smtp-source on loopback, against smtplib over a long round trip."""

from __future__ import annotations

import smtplib
from collections.abc import Collection, Iterable, Sequence

from benchmarks.harness import Budget, Row, once
from benchmarks.sinks import MISSING, available, sink, source
from benchmarks.slow_link import slow_link
from digest.channels.mime import Lines
from digest.channels.smtp import GATE_SIZE, SmtpSender
from digest.channels.smtp_session import Relay
from digest.model import Message, Sent

BYTES = 30_000
MAILS = 5_000
SLOW_MAILS = 150
ROUND_TRIP = 0.02
SINK = "send to a sink, one connection"
FAR = "send at 20 ms round trip, one connection"


def rows() -> Iterable[Row]:
    """The same mails by three senders."""
    if not available():
        yield Row(SINK, missing=MISSING)
        yield Row(FAR, missing=MISSING)
        return
    mails = messages(MAILS)
    with sink() as server:
        seconds = {"ours": 0.0, "smtp-source": 0.0, "smtplib reused": 0.0}
        for _ in range(3):
            seconds["ours"] += once(lambda: hand_over(server.port, mails))
            seconds["smtp-source"] += source(server.port, messages=MAILS, length=BYTES, sessions=1)
            seconds["smtplib reused"] += once(lambda: by_smtplib(server.port, mails[:1_000])) * MAILS / 1_000
        rates = {name: round(3 * MAILS / taken) for name, taken in seconds.items()}
        ratio = rates["ours"] / rates["smtp-source"]
        yield Row(SINK, "/s", rates, (Budget("× smtp-source", ratio, 0.5, 0.9, at_most=False),), "30 kB")
        with slow_link(server.port, ROUND_TRIP) as port:
            far = {
                "ours": SLOW_MAILS / once(lambda: hand_over(port, mails[:SLOW_MAILS])),
                "smtplib reused": SLOW_MAILS / once(lambda: by_smtplib(port, mails[:SLOW_MAILS])),
            }
        ratio = far["ours"] / far["smtplib reused"]
        figures = {name: round(rate, 1) for name, rate in far.items()}
        yield Row(FAR, "/s", figures, (Budget("× smtplib reused", ratio, 1.9, 3.5, at_most=False),), "30 kB")


def messages(count: int) -> list[Message]:
    """Mails of 30 kB, known to be made of whole lines as those are that our channel renders."""
    head = b"From: digest@example.org\r\nTo: reader@example.org\r\nSubject: a mail\r\n\r\n"
    body = Lines(
        head + b"All of it is a line of 64 characters, as a mail has them, always.\r\n" * (BYTES // 67)
    )
    return [
        Message(number, f"reader{number}@example.org", body, f"<{number}@example.org>")
        for number in range(count)
    ]


def hand_over(port: int, mails: Sequence[Message]) -> None:
    """By our sender; everything must be accepted."""
    relay = Relay("127.0.0.1", port, messages_per_connection=10**6)
    with SmtpSender(relay, "digest@example.org", gate_size=GATE_SIZE) as sender:
        sent = sum(isinstance(outcome, Sent) for _, outcome in sender.hand_over(mails, _open_gate))
    if sent != len(mails):
        raise RuntimeError(f"only {sent} of {len(mails)} mails were accepted")


def _open_gate(numbers: Sequence[int]) -> Collection[int]:
    return numbers


def by_smtplib(port: int, mails: Sequence[Message]) -> None:
    """By the standard library, the connection held."""
    with smtplib.SMTP("127.0.0.1", port) as server:
        for mail in mails:
            server.sendmail("digest@example.org", [mail.address], mail.body)
