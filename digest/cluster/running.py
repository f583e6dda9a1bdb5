"""Runs an app's jobs until told to stop: drains what is in hand, but not for ever, then ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import procrastinate
import structlog

from digest.cluster.lost import LOST, reason, told_shortly
from digest.errors import StoreBusy

SIGNALS = (signal.SIGTERM, signal.SIGINT)
ANEW_SECONDS = 5.0
"""Between losing the database and trying again."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Shift:
    """What a process works off: the jobs of ``queues``, ``at_once`` of them at a time.

    ``stopping`` is set by the first signal; what is in hand longer than ``patience`` after it is left.
    Without ``wait`` the shift ends when the queues are empty; with it they are looked at every
    ``poll_seconds``, besides the database's own word.
    """

    app: procrastinate.App
    queues: Sequence[str]
    at_once: int
    stopping: threading.Event
    patience: timedelta
    wait: bool = True
    poll_seconds: float = 5.0


def run_jobs(shift: Shift) -> None:
    """Work a shift, until a signal comes.

    The first SIGTERM or SIGINT sets ``stopping``, takes no further job and waits for those in hand. What is
    in hand longer than ``patience`` is left to its lease: the process ends with 0 all the same. The second
    signal ends it at once.

    A lost database, and having been counted as dead by the others meanwhile, ends nothing: it begins anew.
    Raises ``StoreBusy`` where that cannot be waited for: without ``wait``, or while stopping.
    """
    limit = threading.Timer(shift.patience.total_seconds(), _leave)
    limit.daemon = True

    def told_to_stop() -> None:
        shift.stopping.set()
        limit.start()

    try:
        with told_shortly():
            _run_anew(shift, told_to_stop)
    finally:
        limit.cancel()


def _leave() -> None:
    log.warning("cluster.left_running")
    os._exit(0)  # a thread that still waits for a server would keep the process


def _run_anew(shift: Shift, told_to_stop: Callable[[], None]) -> None:
    pause = 0.0
    while True:
        try:
            asyncio.run(_run(shift, told_to_stop, pause))
        except LOST as error:
            if shift.stopping.is_set() or not shift.wait:
                raise StoreBusy(
                    "the database was lost at work", remedy="check that it runs, then start this again"
                ) from error
            log.warning("cluster.begin_anew", reason=reason(error))
            pause = ANEW_SECONDS
        else:
            return


async def _run(shift: Shift, told_to_stop: Callable[[], None], pause: float) -> None:
    """Signals are heard all the while, also where the database is waited for."""
    loop = asyncio.get_running_loop()
    work = asyncio.create_task(_working(shift, pause))

    def stop() -> None:
        told_to_stop()
        work.cancel()
        for number in SIGNALS:
            loop.remove_signal_handler(number)

    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            loop.add_signal_handler(number, stop)
    with suppress(asyncio.CancelledError):
        await work


async def _working(shift: Shift, pause: float) -> None:
    await asyncio.sleep(pause)
    async with _opened(shift.app):
        await shift.app.run_worker_async(
            queues=list(shift.queues),
            name=socket.gethostname(),
            concurrency=shift.at_once,
            wait=shift.wait,
            fetch_job_polling_interval=shift.poll_seconds,
            delete_jobs="successful",
            install_signal_handlers=False,
        )


@asynccontextmanager
async def _opened(app: procrastinate.App) -> AsyncIterator[None]:
    """An app that could not be opened is closed, too: it would keep the dead pool for the next time."""
    try:
        await app.open_async()
        yield
    finally:
        await app.close_async()
