"""Workers on separate hosts, one of them cut off in the middle: is anything lost, or sent twice?

``python -m benchmarks.shows.hosts [SUBSCRIBERS] [--hosts 3] [--on-unknown hold]``, as root on Linux, with
iproute2. Hosts are network namespaces on a bridge: the hub with Postgres and the mail server, one with
``digest scheduler``, the others with a ``digest worker`` each. When a third of the mails has come, the line
of the first worker goes down without a word (no reset, no end of connection). It stays down until everybody
else is done; then it comes back, and the old worker with what it had in hand.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from sqlalchemy import Engine, text

from benchmarks import house
from benchmarks.shows.day import DIGEST, environment, states
from benchmarks.shows.server import postgres
from digest.cluster.queue import install
from digest.store.database import open_engine, transaction
from digest.store.migrating import upgrade
from tests.ports import held_port

NET = "10.77.0"
HUB = "digest-hub"
INSIDE = "SHOWS_INSIDE"
SLOW_SECONDS = 0.01
"""The mail server takes its time, so that there is a middle to cut in."""
PATIENCE = {
    "DIGEST_DELIVERY__LEASE_SECONDS": "75",
    "DIGEST_DELIVERY__CONNECT_SECONDS": "5",
    "DIGEST_DELIVERY__COMMAND_SECONDS": "10",
    "DIGEST_DELIVERY__FINAL_DOT_SECONDS": "20",
}
"""Shorter than the defaults, so that the show ends while one watches."""
UNFINISHED = ("planned", "claimed", "handing-over", "deferred")
AGAIN = 50
"""Deliveries for the old worker to do alone when its line is back."""
GIVE_UP_SECONDS = 400
SETTLING_SECONDS = 90
"""How long the old worker is watched after its line is back."""


def main() -> None:
    given = _arguments()
    if INSIDE in os.environ:
        show(given)
        return
    with lan(given.hosts + 1):
        command = [sys.executable, "-m", "benchmarks.shows.hosts", *sys.argv[1:]]
        done = subprocess.run(
            ["ip", "netns", "exec", HUB, *command], env=os.environ | {INSIDE: "1"}, check=False
        )
    raise SystemExit(done.returncode)


# --- the network -----------------------------------------------------------------------------


@contextmanager
def lan(hosts: int) -> Iterator[None]:
    """A bridge in a namespace of its own, and so many hosts on it; this machine's network is not touched."""
    names = [HUB, *map(_host, range(1, hosts + 1))]
    try:
        for name in names:
            _ip(f"netns add {name}")
            _ip(f"-n {name} link set lo up")
        _ip(f"-n {HUB} link add br0 type bridge")
        _ip(f"-n {HUB} addr add {NET}.1/24 dev br0")
        _ip(f"-n {HUB} link set br0 up")
        for number in range(1, hosts + 1):
            _join(number)
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False)


def _join(number: int) -> None:
    host, line = _host(number), _line(number)
    _ip(f"-n {HUB} link add {line} type veth peer name eth0 netns {host}")
    _ip(f"-n {HUB} link set {line} master br0")
    _ip(f"-n {HUB} link set {line} up")
    _ip(f"-n {host} addr add {NET}.{10 + number}/24 dev eth0")
    _ip(f"-n {host} link set eth0 up")


def _host(number: int) -> str:
    return f"digest-host{number}"


def _line(number: int) -> str:
    return f"line{number}"


def _ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True)


# --- the show, inside the hub ----------------------------------------------------------------


@dataclass(slots=True)
class Postbox:
    """Accepts mail and remembers who got which message; ``handle_DATA`` is called by aiosmtpd."""

    received: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  its protocol
        number = str(message_from_bytes(envelope.content)["Message-ID"])
        with self.lock:
            self.received += [(recipient, number) for recipient in envelope.rcpt_tos]
        time.sleep(SLOW_SECONDS)
        return "250 2.0.0 kept"


def show(given: argparse.Namespace) -> None:
    postbox = Postbox()
    with held_port(f"{NET}.1") as port:
        mails = Controller(postbox, hostname=f"{NET}.1", port=port)
        mails.start()
    with postgres(f"{NET}.1") as server, tempfile.TemporaryDirectory(prefix="digest-shows-") as folder:
        engine = open_engine(server.url)
        upgrade(engine)
        install(engine)
        house.furnish(engine, given.subscribers)
        house.prepare_with_jobs(engine, mails.port)
        with transaction(engine) as session:  # or the scheduler would prepare today beside that day
            session.execute(text("UPDATE subscribers SET next_due_at = now() + interval '30 days'"))
        surroundings = environment(server.url, mails.port, Path(folder), host=f"{NET}.1")
        surroundings |= PATIENCE | {"DIGEST_DELIVERY__ON_UNKNOWN_EMAIL": given.on_unknown}
        crew = [start(number, surroundings, "worker") for number in range(1, given.hosts + 1)]
        crew.append(start(given.hosts + 1, surroundings, "scheduler"))
        try:
            unfinished = [*UNFINISHED, *(("unknown",) if given.on_unknown == "resend" else ())]
            times = cut_and_heal(engine, postbox, given.subscribers, unfinished)
            tell(times, engine, postbox, given.subscribers)
            end(crew[1:-1])
            print(f"the old worker alone, afterwards: {again(engine, postbox)} of {AGAIN} delivered")
        finally:
            end(crew)
            engine.dispose()
            mails.stop()


def start(number: int, surroundings: dict[str, str], command: str) -> subprocess.Popen[bytes]:
    """Start a process of the house on a host."""
    return subprocess.Popen(["ip", "netns", "exec", _host(number), DIGEST, command], env=surroundings)


def end(crew: list[subprocess.Popen[bytes]]) -> None:
    for process in crew:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in crew:
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def again(engine: Engine, postbox: Postbox) -> int:
    """Put some deliveries back, as if their jobs were lost; return how many of them came once more."""
    before = len(postbox.received)
    with transaction(engine) as session:
        session.execute(
            text(
                "UPDATE deliveries SET state = 'planned', next_attempt_at = now() - interval '2 minutes',"
                f" finished_at = NULL WHERE state = 'sent' AND id <= {AGAIN}"
            )
        )
    wait_until(lambda: len(postbox.received) >= before + AGAIN, 180)
    return len(postbox.received) - before


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from the start of the workers."""

    cut: float
    others_done: float
    healed: float


def cut_and_heal(engine: Engine, postbox: Postbox, subscribers: int, unfinished: Collection[str]) -> Times:
    begun = time.perf_counter()
    wait_until(lambda: len(postbox.received) >= subscribers // 3)
    _ip(f"link set {_line(1)} down")
    cut = time.perf_counter() - begun
    print(f"cut after {len(postbox.received)} mails: {states(engine)}", flush=True)
    wait_until(lambda: not states(engine).keys() & set(unfinished))
    done = time.perf_counter() - begun
    print(f"the others are done: {states(engine)}", flush=True)
    _ip(f"link set {_line(1)} up")
    time.sleep(SETTLING_SECONDS)
    return Times(cut, done, done)


def wait_until(true: Callable[[], bool], seconds: float = GIVE_UP_SECONDS) -> None:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            print("gave up waiting", flush=True)
            return
        time.sleep(0.2)


def tell(times: Times, engine: Engine, postbox: Postbox, subscribers: int) -> None:
    copies = Counter(recipient for recipient, _ in postbox.received)
    numbers = {recipient: set[str]() for recipient in copies}
    for recipient, number in postbox.received:
        numbers[recipient].add(number)
    with engine.connect() as connection:
        kills = connection.execute(text("SELECT count(*) FROM deliveries WHERE kills > 0")).scalar_one()
    print(f"cut after {times.cut:.1f} s, the others done after {times.others_done:.1f} s")
    print(f"lost: {subscribers - len(copies)} of {subscribers}")
    print(f"in two copies: {sum(count > 1 for count in copies.values())}")
    print(f"of those, with a second Message-ID: {sum(len(found) > 1 for found in numbers.values())}")
    print(f"taken over from the worker that was cut off: {kills}; states at the end: {states(engine)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shows.hosts")
    parser.add_argument("subscribers", type=int, nargs="?", default=2_000)
    parser.add_argument("--hosts", type=int, default=3, help="with a worker each (default: 3)")
    parser.add_argument("--on-unknown", choices=("resend", "hold"), default="resend")
    return parser.parse_args()


if __name__ == "__main__":
    main()
