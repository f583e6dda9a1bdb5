"""Counterparts of Postfix for sending: its sink, and its load generator as the measure of speed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.ports import held_port

BACKLOG = "512"
MISSING = "smtp-source and smtp-sink are missing: apt-get install postfix"


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink: it takes every mail and keeps none."""

    port: int
    pid: int


def available() -> bool:
    """Whether Postfix's tools are installed."""
    return all(_tool(name) for name in ("smtp-source", "smtp-sink"))


def _tool(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


@contextmanager
def sink(*options: str) -> Iterator[Sink]:
    """A sink on loopback with options of ``smtp-sink``, e.g. ``-w 1``: a second before each answer."""
    tool = _tool("smtp-sink")
    if tool is None:
        raise RuntimeError(MISSING)
    with held_port() as port:
        # it refuses to run as root
        command = [tool, "-u", "nobody", *options, f"inet:127.0.0.1:{port}", BACKLOG]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield Sink(port, process.pid)
        finally:
            process.terminate()
            process.wait()


def source(port: int, *, messages: int, length: int, sessions: int) -> float:
    """Seconds that ``smtp-source`` takes for so many mails of so many bytes on so many connections."""
    tool = _tool("smtp-source")
    if tool is None:
        raise RuntimeError(MISSING)
    begun = time.perf_counter()
    subprocess.run(
        [
            tool, "-d", "-s", str(sessions), "-m", str(messages), "-l", str(length),
            "-f", "digest@example.org", "-t", "reader@example.org", f"inet:127.0.0.1:{port}",
        ],
        check=True,
    )  # fmt: skip
    return time.perf_counter() - begun


def _wait_for(port: int, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
