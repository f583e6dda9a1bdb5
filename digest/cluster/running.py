"""Runs an app's jobs until told to stop: drains what is in hand, then ends."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException

SIGNALS = (signal.SIGTERM, signal.SIGINT)
ANEW_SECONDS = 5.0
"""Between losing the database and trying again."""
PATIENCE_SECONDS = 25.0
"""What is still in hand so long after the first signal is given up: jobs are taken up again by others."""

log = structlog.get_logger()


def run_jobs(
    app: procrastinate.App,
    queues: Sequence[str],
    *,
    concurrency: int,
    stopping: threading.Event,
    wait: bool = True,
    poll_seconds: float = 5.0,
) -> None:
    """Run the jobs of ``queues``, ``concurrency`` at a time, until a signal comes.

    The first SIGTERM or SIGINT sets ``stopping``, takes no further job and waits for those in hand; the
    second one ends the process at once. Without ``wait`` it ends when the queues are empty.

    A lost database, and having been counted as dead by the others meanwhile, ends nothing: it begins anew.
    """
    while True:
        try:
            asyncio.run(_run(app, queues, concurrency, stopping, wait=wait, poll_seconds=poll_seconds))
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
    stopping: threading.Event,
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
            stopping.set()
            work.cancel()
            loop.call_later(PATIENCE_SECONDS, work.cancel)  # one that comes while it registers is lost
            for number in SIGNALS:
                loop.remove_signal_handler(number)

        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                loop.add_signal_handler(number, stop)
        with suppress(asyncio.CancelledError):
            await work
