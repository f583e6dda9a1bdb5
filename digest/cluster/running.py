"""Runs an app's jobs until told to stop: drains what is in hand, but not for ever, then ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException

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
    """
    limit = threading.Timer(shift.patience.total_seconds(), _leave)
    limit.daemon = True

    def told_to_stop() -> None:
        shift.stopping.set()
        limit.start()

    try:
        _run_anew(shift, told_to_stop)
    finally:
        limit.cancel()


def _leave() -> None:
    log.warning("cluster.left_running")
    os._exit(0)  # a thread that still waits for a server would keep the process


def _run_anew(shift: Shift, told_to_stop: Callable[[], None]) -> None:
    while True:
        try:
            asyncio.run(_run(shift, told_to_stop))
        except ConnectorException as error:
            if shift.stopping.is_set() or not shift.wait:
                raise
            log.warning("cluster.begin_anew", reason=str(error.__cause__ or error).strip())
            shift.stopping.wait(ANEW_SECONDS)
        else:
            return


async def _run(shift: Shift, told_to_stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    async with shift.app.open_async():
        work = asyncio.create_task(_working(shift))

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


async def _working(shift: Shift) -> None:
    await shift.app.run_worker_async(
        queues=list(shift.queues),
        name=socket.gethostname(),
        concurrency=shift.at_once,
        wait=shift.wait,
        fetch_job_polling_interval=shift.poll_seconds,
        delete_jobs="successful",
        install_signal_handlers=False,
    )
