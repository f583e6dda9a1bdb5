"""What workers and schedulers do: deliver a job's share; the periodic steps; looking after the queue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException

from digest.bootstrap import delivery_terms, sheet_desk
from digest.channels import Channel
from digest.clock import utc_now
from digest.cluster.queue import DELIVER, Enqueuer
from digest.errors import StoreError
from digest.house import House
from digest.model import ChannelName
from digest.pipeline.deliver import A_MINUTE, Report, Terms, deliver, sweep
from digest.pipeline.sheets import Desk
from digest.store import circuits, jobs, limits
from digest.store.database import reading, transaction

STEPS = "steps"
"""The queue of the periodic steps."""
GRACE = timedelta(seconds=60)
"""How long a due delivery may be without a job before the sweep puts it into the queue again."""
PUT_BACK_AT_ONCE = 10_000
SILENT_SECONDS = 30
"""A worker whose last heartbeat is older than this counts as dead (it sends one every ten seconds)."""
KEEP_FAILED_HOURS = 72
"""Jobs that failed stay this long for an operator to read; those that succeeded go at once."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Step:
    """A periodic step: a name, when (a cron line, UTC), what."""

    name: str
    cron: str
    run: Callable[[], object]


def every(interval: timedelta) -> str:
    """The cron line nearest to an interval; a sixth field counts seconds."""
    seconds = max(round(interval.total_seconds()), 1)
    if seconds < 60:
        return f"* * * * * */{seconds}"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"*/{minutes} * * * *"
    return f"0 */{min(minutes // 60, 23)} * * *"


@dataclass(slots=True)
class Hands:
    """What a worker delivers with. ``stopping`` ends a share between two messages.

    Desk and terms serve all shares: a day's papers are read once. Raises ``ConfigError`` for terms that
    are set wrongly.
    """

    house: House
    channels: Mapping[ChannelName, Channel]
    enqueue: Enqueuer
    stopping: threading.Event = field(default_factory=threading.Event)
    desk: Desk = field(init=False)
    terms: Terms = field(init=False)

    def __post_init__(self) -> None:
        self.desk = sheet_desk(self.house)
        self.terms = delivery_terms(self.house.settings)

    def deliver(self, channel: str, numbers: Sequence[int]) -> Report:
        """Deliver what is still due of a job's share; what another worker has is left to it.

        Where the provider's limit is used up, the share goes back into the queue for later.
        """
        name = ChannelName(channel)
        if self._put_off(name, numbers, utc_now()):
            return Report()
        if name not in self.channels:
            raise StoreError(
                f"channel {name} is switched off on this worker", remedy="switch it on, or name other queues"
            )
        return deliver(
            self.house.engine,
            {name: self.channels[name]},
            self.desk.sheets,
            self.terms,
            clock=utc_now,
            stop=self.stopping.is_set,
            only=numbers,
        )

    def _put_off(self, channel: ChannelName, numbers: Sequence[int], now: datetime) -> bool:
        bound = self.terms.allowances.get(channel)
        if bound is None:
            return False
        with transaction(self.house.engine) as session:
            at = limits.take(
                session,
                bound.key,
                allowance=bound.per_minute,
                window=A_MINUTE,
                now=now,
                count=len(numbers),
            )
            if at is not None:
                self.enqueue.put(session, channel, numbers, at=at)
        return at is not None


@dataclass(frozen=True, slots=True)
class Care:
    """Looks after the queue: dead workers' jobs, forgotten deliveries, finished jobs."""

    house: House
    channels: Mapping[ChannelName, Channel]
    app: procrastinate.App
    enqueue: Enqueuer
    grace: timedelta = GRACE
    stopping: threading.Event = field(default_factory=threading.Event)

    def sweep(self, now: datetime) -> int:
        """Take back expired claims, and put into the queue what is due and in no job; return how many."""
        sweep(self.house.engine, self.channels, delivery_terms(self.house.settings), now=now)
        return sum(self._put_back(name, now) for name in self.channels)

    def _put_back(self, channel: ChannelName, now: datetime) -> int:
        with transaction(self.house.engine) as session:
            limit = 1 if circuits.get(session, channel) else PUT_BACK_AT_ONCE  # one is enough for a probe
            due_by = now - self.grace
            found = jobs.forgotten(session, channel, DELIVER, due_by=due_by, limit=limit)
            if found:
                self.enqueue(session, {channel: found})
        if found:
            log.warning("cluster.put_back", channel=channel.value, deliveries=len(found))
        return len(found)

    async def reap(self) -> int:
        """Give the jobs of dead workers back to the queue; return how many."""
        manager = self.app.job_manager
        stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS))
        for job in stalled:
            log.warning("cluster.reaped", job=job.id, task=job.task_name)
            await manager.retry_job(job)
        await manager.prune_stalled_workers(SILENT_SECONDS)
        await manager.delete_old_jobs(
            nb_hours=KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )
        return len(stalled)

    def count(self) -> None:
        """Count the queue's table anew, where there is a backlog."""
        with reading(self.house.engine) as session:
            backlog = sum(jobs.waiting(session).values())
        if backlog > 1_000:
            with transaction(self.house.engine) as session:
                jobs.analyze(session)


def add_delivering(app: procrastinate.App, hands: Hands) -> None:
    """Let the app's workers deliver."""

    @app.task(name=DELIVER)
    def deliver_share(channel: str, numbers: list[int]) -> None:
        report = hands.deliver(channel, numbers)
        log.debug("cluster.delivered", channel=channel, asked=len(numbers), **report.outcomes)


def add_steps(app: procrastinate.App, steps: Iterable[Step]) -> None:
    """Let the app run periodic steps: each is put into the queue once, however many schedulers there are.

    ``queueing_lock`` keeps one waiting at most, ``lock`` one running at most.
    """
    for step in steps:
        _add_step(app, step)


def _add_step(app: procrastinate.App, step: Step) -> None:
    @app.periodic(cron=step.cron)
    @app.task(name=f"digest.{step.name}", queue=STEPS, lock=step.name, queueing_lock=step.name)
    def run(timestamp: int) -> None:  # noqa: ARG001  the moment it was due; the clock is looked at when it runs
        step.run()


def add_reaper(app: procrastinate.App, care: Care) -> None:
    """Let the app look after the jobs of dead workers."""

    @app.periodic(cron="* * * * *")
    @app.task(name="digest.reap", queue=STEPS, queueing_lock="reap")
    async def reap(timestamp: int) -> None:  # noqa: ARG001
        try:
            await care.reap()
        except ConnectorException as error:
            log.warning("cluster.reap_failed", reason=str(error))
