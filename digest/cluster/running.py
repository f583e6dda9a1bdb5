"""Runs an app's jobs until told to stop: drains what is in hand, but not for ever, then ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException

SIGNALS = (signal.SIGTERM, signal.SIGINT)
ANEW_SECONDS = 5.0
"""Between losing the database and trying again."""

log = structlog.get_logger()


def run_jobs(
    app: procrastinate.App,
    queues: Sequence[str],
    *,
    concurrency: int,
    stopping: threading.Event,
    patience: timedelta,
    wait: bool = True,
    poll_seconds: float = 5.0,
) -> None:
    """Run the jobs of ``queues``, ``concurrency`` at a time, until a signal comes.

    The first SIGTERM or SIGINT sets ``stopping``, takes no further job and waits for those in hand. What is
    in hand longer than ``patience`` is left to its lease: the process ends with 0 all the same. The second
    signal ends it at once. Without ``wait`` it ends when the queues are empty.

    A lost database, and having been counted as dead by the others meanwhile, ends nothing: it begins anew.
    """
    limit = threading.Timer(patience.total_seconds(), _leave)
    limit.daemon = True

    def told_to_stop() -> None:
        stopping.set()
        limit.start()

    try:
        _run_anew(app, queues, concurrency, stopping, told_to_stop, wait=wait, poll_seconds=poll_seconds)
    finally:
        limit.cancel()


def _leave() -> None:
    log.warning("cluster.left_running")
    os._exit(0)  # a thread that still waits for a server would keep the process


def _run_anew(
    app: procrastinate.App,
    queues: Sequence[str],
    concurrency: int,
    stopping: threading.Event,
    told_to_stop: Callable[[], None],
    *,
    wait: bool,
    poll_seconds: float,
) -> None:
    while True:
        try:
            asyncio.run(_run(app, queues, concurrency, told_to_stop, wait=wait, poll_seconds=poll_seconds))
        except ConnectorException as error:
            if stopping.is_set() or not wait:
                raise
            log.warning("cluster.begin_anew", reason=str(error.__cause__ or error).strip())
            stopping.wait(ANEW_SECONDS)
        else:
            return


async def _run(
    app: procrastinate.App,
    queues: Sequence[str],
    concurrency: int,
    told_to_stop: Callable[[], None],
    *,
    wait: bool,
    poll_seconds: float,
) -> None:
    loop = asyncio.get_running_loop()
    async with app.open_async():
        work = asyncio.create_task(
            app.run_worker_async(
                queues=list(queues),
                name=socket.gethostname(),
                concurrency=concurrency,
                wait=wait,
                fetch_job_polling_interval=poll_seconds,
                delete_jobs="successful",
                install_signal_handlers=False,
            )
        )

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
