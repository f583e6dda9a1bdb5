"""A whole house to measure: a store with papers and subscribers, settings that send to a sink."""

from __future__ import annotations

import logging
import multiprocessing
import resource
import time
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Engine

from benchmarks import crowd, material
from benchmarks.quota import share_of_a_core
from digest.bootstrap import delivery_terms, open_channels, prepare_rules, sheet_desk
from digest.cluster.queue import Enqueuer
from digest.config import Settings
from digest.house import House
from digest.model import ChannelName
from digest.pipeline.collect import collect
from digest.pipeline.deliver import deliver
from digest.pipeline.prepare import prepare
from digest.pipeline.rankings import Enqueue
from digest.store.database import open_engine
from tests.shelf import Shelf

DAYS = 2
PAPERS = 50


def settings(url: str, port: int) -> Settings:
    """A house that sends to a port of this machine."""
    return Settings(
        store={"url": url},
        email={"host": "127.0.0.1", "port": port, "bounce_domain": "bounce.example.org"},
        web={"secret_keys": ("k" * 32,)},
    )


def furnish(engine: Engine, subscribers: int) -> None:
    """Papers of two days, and subscribers who are due."""
    quiet()
    days = [material.DAY - timedelta(days=n) for n in range(DAYS)]
    shelf = Shelf({day: material.records(PAPERS, day=day) for day in days})
    collect(engine, shelf, now=material.NOW, days=days)
    crowd.subscribe(engine, subscribers)


def quiet() -> None:
    """Say warnings only: a line for each mail would be measured, too."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def prepare_all(engine: Engine, port: int, enqueue: Enqueue | None = None) -> int:
    """Prepare everybody; return how many deliveries were planned."""
    rules = prepare_rules(settings(_url(engine), port))
    return prepare(engine, rules, now=material.NOW, enqueue=enqueue).planned


def prepare_with_jobs(engine: Engine, port: int) -> int:
    """Prepare everybody and put the deliveries into the queue."""
    return prepare_all(engine, port, Enqueuer())


def deliver_all(engine: Engine, port: int) -> int:
    """Deliver everything by one process; return how many were sent."""
    house = House(settings(_url(engine), port), engine)
    channel = open_channels(house.settings, engine)[ChannelName.EMAIL]
    terms = delivery_terms(house.settings)
    report = deliver(engine, {channel.name: channel}, sheet_desk(house).sheets, terms, clock=_clock)
    return report.outcomes["sent"]


def _clock() -> datetime:
    return material.NOW + timedelta(seconds=1)


def _url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


STEPS = {"prepare": prepare_all, "prepare with jobs": prepare_with_jobs, "deliver": deliver_all}


def by_processes(
    step: str, url: str, port: int, workers: int, *, share: float | None = None
) -> dict[str, float]:
    """Run one of ``STEPS`` in so many processes: wall seconds, CPU seconds, most MiB of one.

    ``share`` is what each of them gets of a core, if not as much as there is.
    """
    context = multiprocessing.get_context("spawn")
    ready, told = context.Barrier(workers + 1), context.Queue()
    crew = [context.Process(target=_work, args=(step, url, port, share, ready, told)) for _ in range(workers)]
    for process in crew:
        process.start()
    ready.wait()
    begun = time.perf_counter()
    reports = [told.get() for _ in crew]
    wall = time.perf_counter() - begun
    for process in crew:
        process.join()
    return {
        "wall": wall,
        "cpu": sum(report["cpu"] for report in reports),
        "mib": max(report["mib"] for report in reports),
        "done": sum(report["done"] for report in reports),
    }


def _work(step: str, url: str, port: int, share: float | None, ready: Any, told: Any) -> None:
    quiet()
    engine = open_engine(url)
    run = STEPS[step]
    ready.wait()
    begun = time.process_time()
    with share_of_a_core(share) if share else nullcontext():
        done = run(engine, port)
    cpu = time.process_time() - begun
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told.put({"cpu": cpu, "mib": mib, "done": done})
    engine.dispose()
