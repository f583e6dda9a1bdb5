"""The reply to a COMMIT is lost: what was committed is read back or repeated without harm, never doubled."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from typing import Self

import pytest
from sqlalchemy.engine import make_url

from digest.errors import StoreError
from digest.model import ChannelName, Delivery, DeliveryState, Message
from digest.pipeline import claiming, handing
from digest.pipeline import notices as sending
from digest.pipeline.deliver import deliver
from digest.pipeline.notices import send_notices
from digest.store import notices
from digest.store.database import open_engine, reading, transaction
from tests.faults.outbox import NOW, TERMS, PlainMail, at, sheets
from tests.faults.relay import Relay
from tests.keys import KEYS
from tests.store.outbox import address_of, all_of, fill, subscribe

COUNT = 3
MINUTE = timedelta(minutes=1)
SENT = DeliveryState.SENT


class Proxy:
    """Stands before Postgres and passes everything on, but for COMMITs of given numbers.

    The connection is cut before such a COMMIT reaches the server, or before its reply reaches the client.
    """

    def __init__(self, server: str, cut_at: Collection[int], *, before: bool) -> None:
        self.server = server
        self.cut_at = cut_at
        self.before = before
        self.commits = 0
        self.lock = threading.Lock()

    def __enter__(self) -> Self:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self._accept, daemon=True)
        self.accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.accepting.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.server)
                cut = threading.Event()
                threading.Thread(target=self._ask, args=(client, server, cut), daemon=True).start()
                threading.Thread(target=self._reply, args=(server, client, cut), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, cut: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if b"COMMIT" in data and self._is_one():
                    if self.before:
                        break
                    cut.set()  # before it is passed on: its reply must find it set
                server.sendall(data)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _is_one(self) -> bool:
        with self.lock:
            self.commits += 1
            return self.commits in self.cut_at

    def _reply(self, server: socket.socket, client: socket.socket, cut: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while (data := server.recv(65536)) and not cut.is_set():
                client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        server.close()


def by_proxy(url: str, proxy: Proxy) -> str:
    """The same database, asked through the proxy."""
    address = make_url(url)
    through = address.set(host="127.0.0.1", port=proxy.port, query={})
    return through.render_as_string(hide_password=False)


def socket_of(url: str) -> str:
    folder = make_url(url).query["host"]
    return f"{folder}/.s.PGSQL.5432"


COMMITS = (
    "sweep",
    "circuit",
    "claim",
    "suppression list",
    "gate",
    "record",
    "circuit again",
    "claim of none",
    "of no suspects",
    "what rests",
)
"""Each COMMIT of a delivery, in order."""
CUTS = [*((number,) for number in range(1, len(COMMITS) + 1)), (3, 4), (6, 7, 8)]
"""Each of them once; the claim with its first read-back, the record with its first repetitions."""


@pytest.mark.parametrize("before", [False, True], ids=["reply", "COMMIT"])
def test_a_lost_commit_loses_and_doubles_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    """Nobody died, so no lease has to run out either, and no kill is counted."""
    monkeypatch.setattr(claiming, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(handing, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(handing, "FLUSH_SECONDS", 60.0)  # on a slow machine outcomes are recorded in portions
    for cut_at in CUTS:
        with Relay() as relay:
            found = delivered(postgres_url, relay, cut_at, before=before)
            names = [COMMITS[number - 1] for number in cut_at]
            assert Counter(one.recipient for one in relay.accepted) == {one.address: 1 for one in found}, (
                names
            )
            assert {(one.state, one.kills, one.unanswered) for one in found} == {(SENT, 0, 0)}, names


def delivered(url: str, relay: Relay, cut_at: Collection[int], *, before: bool) -> list[Delivery]:
    """A few deliveries, sent through a proxy that cuts; a round more than cuts."""
    direct = open_engine(url)
    numbers = fill(direct, COUNT)
    with Proxy(socket_of(url), cut_at, before=before) as proxy:
        engine = open_engine(by_proxy(url, proxy))
        for _ in range(len(cut_at) + 1):
            with contextlib.suppress(StoreError):
                deliver(engine, {ChannelName.EMAIL: PlainMail(relay.port)}, sheets, TERMS, clock=at())
        engine.dispose()
        assert proxy.commits >= max(len(COMMITS), *cut_at), "nothing was cut"
    found = [one for one in all_of(direct) if one.id in numbers]
    direct.dispose()
    return found


def test_a_delivery_takes_as_many_commits_as_are_cut(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing, "FLUSH_SECONDS", 60.0)
    engine = open_engine(postgres_url)
    fill(engine, COUNT)
    with Proxy(socket_of(postgres_url), (), before=False) as proxy, Relay() as relay:
        through = open_engine(by_proxy(postgres_url, proxy))
        deliver(through, {ChannelName.EMAIL: PlainMail(relay.port)}, sheets, TERMS, clock=at())
        through.dispose()
        assert proxy.commits == len(COMMITS)
    engine.dispose()


NOTICE_COMMITS = ("claim", "suppression list", "gate", "record", "record", "record", "claim of none")
"""Each COMMIT of a run that sends ``COUNT`` notices, in order."""


@pytest.mark.parametrize("before", [False, True], ids=["reply", "COMMIT"])
def test_a_lost_commit_loses_and_doubles_no_notice(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    """What is put off comes within two minutes: no lease has to run out."""
    monkeypatch.setattr(claiming, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(sending, "PAUSE_SECONDS", 0.01)
    cuts = [*((number,) for number in range(1, len(NOTICE_COMMITS) + 1)), (1, 2), (4, 5, 6)]
    for cut_at in cuts:
        with Relay() as relay:
            names = [NOTICE_COMMITS[number - 1] for number in cut_at]
            addresses = notified(postgres_url, relay, cut_at, before=before)
            assert Counter(one.recipient for one in relay.accepted) == dict.fromkeys(addresses, 1), names


def notified(url: str, relay: Relay, cut_at: Collection[int], *, before: bool) -> list[str]:
    """A few notices, sent through a proxy that cuts, and again a minute or two later; to whom."""
    direct = open_engine(url)
    numbers = subscribe(direct, COUNT)
    with transaction(direct) as session:
        for number in numbers:
            notices.plan(session, number, notices.Kind.KNOWN, NOW)
    with Proxy(socket_of(url), cut_at, before=before) as proxy:
        engine = open_engine(by_proxy(url, proxy))
        for minute in range(3):
            with contextlib.suppress(StoreError):
                send_notices(
                    engine, PlainMail(relay.port).open, as_mail, keys=KEYS, clock=at(NOW + minute * MINUTE)
                )
        engine.dispose()
        assert proxy.commits >= len(NOTICE_COMMITS), "nothing was cut"
    with reading(direct) as session:
        assert set(notices.counts(session)) == {SENT}
    direct.dispose()
    return [address_of(number) for number in numbers]


def as_mail(notice: notices.Notice) -> Message:
    return Message(notice.id, notice.address, b"To: you\r\n\r\nhello\r\n", f"<{notice.id}@example.net>")
