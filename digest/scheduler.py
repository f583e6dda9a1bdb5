"""Puts the steps on APScheduler. Says only when; what is due, the store knows.

Killing this loses nothing: every step may be run by hand, and by any number of processes at once.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import FrameType, TracebackType
from typing import Any, Self

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers import SchedulerNotRunningError
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from digest.bootstrap import (
    delivery_terms,
    mail_sender,
    open_channels,
    open_source,
    prepare_rules,
    send_due_notices,
    sheet_desk,
    thresholds,
)
from digest.clock import utc_now
from digest.errors import DigestError
from digest.house import House
from digest.pipeline.collect import Collecting, collect
from digest.pipeline.deliver import deliver
from digest.pipeline.extracting import keep_up
from digest.pipeline.operator import Operator
from digest.pipeline.prepare import prepare
from digest.pipeline.rankings import Enqueue
from digest.pipeline.situation import read_corpus
from digest.pipeline.tidying import tidy_deliveries, tidy_source
from digest.pipeline.watch import Watch

CLOCK_STEP = timedelta(seconds=5)
"""A wall clock that moved by more than this against the monotonic one was set."""

AFTER_ANOTHER = timedelta(minutes=10)
"""So long at most does a job wait, at the start, for the one that wakes it."""

log = structlog.get_logger()


class Stop:
    """Set by the first signal; the second ends the process."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __call__(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until the stop or so many seconds; whether it came."""
        return self._event.wait(seconds)

    def now(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Stop; asked for a second time, at once."""
        if self._event.is_set():
            os._exit(0)
        self._event.set()

    @contextmanager
    def on_signals(self) -> Iterator[Stop]:
        """Stop on SIGTERM and SIGINT while the block runs."""
        before = {number: signal.signal(number, self.now) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Job:
    """A step with how often it runs."""

    name: str
    every: timedelta
    run: Callable[[], object]
    then: tuple[str, ...] = ()


def planning(
    house: House,
    stop: Callable[[], bool],
    sleep: Callable[[float], object],
    *,
    enqueue: Enqueue | None = None,
) -> list[Job]:
    """What brings papers in and digests about: collect, prepare, watch, tidy.

    ``stop`` ends a collect between two days; ``sleep`` is what it waits with, and may end early.
    """
    settings, engine = house.settings, house.engine
    source = open_source(settings.source, engine, sleep=sleep)
    collecting = Collecting(settings.source.look_back_days, keep_raw=settings.source.keep_raw_days > 0)
    rules = prepare_rules(settings)
    watch = watch_of(house)
    return [
        Job(
            "collect",
            timedelta(minutes=settings.source.collect_minutes),
            lambda: collect(engine, source, now=utc_now(), settings=collecting, stop=stop),
        ),
        Job(
            "prepare",
            timedelta(seconds=30),
            lambda: prepare(engine, rules, now=utc_now(), enqueue=enqueue),
            then=("deliver",),
        ),
        Job("watch", timedelta(minutes=1), lambda: watch.once(utc_now())),
        Job(
            "tidy",
            timedelta(hours=1),
            lambda: tidy(house, now=utc_now()),
        ),
    ]


def tidy(house: House, *, now: datetime) -> None:
    """Let go of what is older than the settings say; have ready what pages would else have to wait for."""
    keep = house.settings.retention
    raw = house.settings.source.keep_raw_days
    tidy_source(house.engine, now=now, keep_raw_days=raw, observations_days=keep.observations_days)
    tidy_deliveries(house.engine, keep, now=now)
    keep_up(house.engine, now=now)
    read_corpus(house.engine, now=now)


def watch_of(house: House) -> Watch:
    """The watch over a house, by its settings."""
    told = house.settings.operator
    operator = Operator(told, house.settings.email, lambda: mail_sender(house.settings), utc_now)
    return Watch(house.engine, thresholds(house.settings), operator.tell, operator.ping)


def handing(house: House, stop: Callable[[], bool]) -> list[Job]:
    """What sends: each channel apart, so that one that stalls holds up no other; and the notices."""
    settings, engine = house.settings, house.engine
    terms, desk = delivery_terms(settings), sheet_desk(house)
    jobs = [
        Job(
            f"deliver {name}",
            timedelta(seconds=15),
            lambda name=name, channel=channel: deliver(  # type: ignore[misc]  # mypy infers no lambda defaults
                engine, {name: channel}, desk.sheets, terms, clock=utc_now, stop=stop
            ),
        )
        for name, channel in open_channels(settings, engine).items()
    ]
    if settings.email.enabled:
        every = timedelta(seconds=5)
        jobs.append(Job("notices", every, lambda: send_due_notices(house, clock=utc_now, stop=stop)))
    return jobs


@dataclass(slots=True)
class Clockwork:
    """Runs jobs in threads, each at most once at a time, until the block ends."""

    jobs: Sequence[Job]
    patience: timedelta = timedelta(seconds=30)
    wall: Callable[[], float] = time.time
    _scheduler: Any = field(init=False)
    _running: set[str] = field(init=False, default_factory=set)
    _offset: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": {"type": "threadpool", "max_workers": max(len(self.jobs), 1)}},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )

    def __enter__(self) -> Self:
        for job in self.jobs:
            self._scheduler.add_job(
                self._run,
                "interval",
                [job],
                id=job.name,
                seconds=job.every.total_seconds(),
                next_run_time=self._first_run(job),
            )
        self._offset = self._wall_less_monotonic()
        self._scheduler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Start nothing new; wait for what runs, but not for ever."""
        with suppress(SchedulerNotRunningError):
            self._scheduler.shutdown(wait=False)
        until = time.monotonic() + self.patience.total_seconds()
        while self._running and time.monotonic() < until:
            time.sleep(0.05)
        if self._running:
            log.warning("scheduler.left_running", jobs=sorted(self._running))

    def _first_run(self, job: Job) -> datetime:
        """At once; but what another job wakes waits for that one, so that nothing out of date goes first."""
        woken = any(job.name.startswith(prefix) for other in self.jobs for prefix in other.then)
        return utc_now() + (AFTER_ANOTHER if woken else timedelta(0))

    @property
    def idle(self) -> bool:
        """Whether no job runs."""
        return not self._running

    def beat(self) -> bool:
        """Notice a wall clock that was set, and let everything run at once then; whether it was.

        Jobs are due by the wall clock: set back by an hour, it would let them all wait for an hour.
        """
        offset = self._wall_less_monotonic()
        stepped = abs(offset - self._offset) > CLOCK_STEP.total_seconds()
        self._offset = offset
        if stepped:
            log.warning("scheduler.clock_was_set")
            self.nudge("")
        return stepped

    def nudge(self, prefix: str) -> None:
        """Let the jobs whose name starts so run now; none does once the end has begun."""
        for job in self.jobs:
            if job.name.startswith(prefix):
                with suppress(JobLookupError):  # a scheduler that was shut down knows no jobs
                    self._scheduler.modify_job(job.name, next_run_time=utc_now())

    def _run(self, job: Job) -> None:
        self._running.add(job.name)
        try:
            job.run()
        except (DigestError, SQLAlchemyError, OSError) as error:
            log.warning("step.failed", step=job.name, reason=f"{type(error).__name__}: {error}")
        finally:
            self._running.discard(job.name)
            for name in job.then:
                self.nudge(name)

    def _wall_less_monotonic(self) -> float:
        return self.wall() - time.monotonic()
