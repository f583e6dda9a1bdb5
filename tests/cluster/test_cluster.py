"""Jobs are nudges: lost, repeated or half done they change nothing; the deliveries table decides."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from digest.cluster.queue import DELIVER, shares_of
from digest.cluster.running import Shift, run_jobs
from digest.cluster.tasks import STEPS, Step, add_steps, every
from digest.errors import StoreError
from digest.model import ChannelName
from digest.pipeline.deliver import Allowance
from digest.store import jobs
from digest.store.database import reading, transaction
from tests.cluster.conftest import NOW, Cluster

MANY = 26


def work(cluster: Cluster, *queues: str) -> None:
    """Run the queues until they are empty."""
    patience = timedelta(seconds=30)
    run_jobs(Shift(cluster.app, queues or ["email"], 2, cluster.hands.stopping, patience, wait=False))


def everybody(count: int = MANY) -> list[str]:
    return sorted(f"reader{number}@example.org" for number in range(count))


def count(cluster: Cluster, question: str) -> int:
    with reading(cluster.house.engine) as session:
        return int(session.execute(text(question)).scalar_one())


def test_workers_deliver_what_was_planned_each_once(cluster: Cluster) -> None:
    cluster.subscribe(MANY)
    assert cluster.prepare().planned == MANY
    assert count(cluster, "SELECT count(*) FROM procrastinate_jobs") == 7

    work(cluster)

    assert cluster.recipients() == everybody()
    assert count(cluster, "SELECT count(*) FROM procrastinate_jobs") == 0


def test_a_worker_reads_a_days_papers_once_for_all_its_shares(cluster: Cluster) -> None:
    cluster.subscribe(8)
    cluster.prepare()
    asked: list[str] = []
    event.listen(cluster.house.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with reading(cluster.house.engine) as session:
        numbers = session.scalars(text("SELECT id FROM deliveries ORDER BY id")).all()
    cluster.hands.deliver("email", numbers[:4])
    cluster.hands.deliver("email", numbers[4:])
    assert cluster.recipients() == everybody(8)
    assert sum("FROM papers" in statement for statement in asked) == 1


def test_jobs_exist_only_if_their_deliveries_do(cluster: Cluster) -> None:
    cluster.subscribe(3)

    class Crash(Exception):
        pass

    def enqueue_and_crash(session: Session, planned: Mapping[ChannelName, Sequence[int]]) -> None:
        cluster.enqueue(session, planned)
        raise Crash

    with pytest.raises(Crash):
        cluster.prepare(enqueue_and_crash)
    assert count(cluster, "SELECT count(*) FROM procrastinate_jobs") == 0
    assert count(cluster, "SELECT count(*) FROM deliveries") == 0


def test_a_sweep_finds_what_lost_jobs_forgot(cluster: Cluster) -> None:
    """Jobs are deleted at random, before and while they are worked off."""
    cluster.subscribe(MANY)
    cluster.prepare()
    dice = random.Random(7)
    for _ in range(3):
        lose_jobs(cluster, dice)
        cluster.care.sweep(datetime.now(UTC))
    work(cluster)
    lose_jobs(cluster, dice)
    cluster.care.sweep(datetime.now(UTC))
    work(cluster)

    assert cluster.recipients() == everybody()


def lose_jobs(cluster: Cluster, dice: random.Random) -> None:
    with transaction(cluster.house.engine) as session:
        ids = list(session.scalars(text("SELECT id FROM procrastinate_jobs")))
        lost = [number for number in ids if dice.random() < 0.5]
        session.execute(text("DELETE FROM procrastinate_jobs WHERE id = ANY(:lost)"), {"lost": lost})


def test_a_sweep_leaves_alone_what_a_job_names(cluster: Cluster) -> None:
    cluster.subscribe(MANY)
    cluster.prepare()
    assert cluster.care.sweep(datetime.now(UTC)) == 0
    assert count(cluster, "SELECT count(*) FROM procrastinate_jobs") == 7


def test_repeated_jobs_send_nothing_twice(cluster: Cluster) -> None:
    cluster.subscribe(MANY)
    cluster.prepare()
    with transaction(cluster.house.engine) as session:
        session.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) "
                "SELECT queue_name, task_name, args, 'todo' FROM procrastinate_jobs"
            )
        )
    work(cluster)
    assert cluster.recipients() == everybody()


def test_the_jobs_of_a_dead_worker_come_back(cluster: Cluster) -> None:
    cluster.subscribe(4)
    cluster.prepare()
    with transaction(cluster.house.engine) as session:
        session.execute(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 h')")
        )
        session.execute(
            text(
                "UPDATE procrastinate_jobs SET status = 'doing', "
                "worker_id = (SELECT max(id) FROM procrastinate_workers)"
            )
        )
    work(cluster)
    assert cluster.recipients() == []

    async def reap() -> int:
        async with cluster.app.open_async():
            return await cluster.care.reap()

    assert asyncio.run(reap()) == 1
    work(cluster)
    assert cluster.recipients() == everybody(4)


def test_a_worker_told_to_stop_ends_after_the_message_in_hand(cluster: Cluster) -> None:
    cluster.subscribe(MANY)
    cluster.prepare()
    cluster.hands.stopping.set()
    work(cluster)
    assert cluster.recipients() == []
    assert count(cluster, "SELECT count(*) FROM deliveries WHERE state = 'planned'") == MANY

    cluster.hands.stopping.clear()
    cluster.care.sweep(datetime.now(UTC))
    work(cluster)
    assert cluster.recipients() == everybody()


def test_a_step_due_once_runs_once_whatever_the_number_of_schedulers(cluster: Cluster) -> None:
    ran: list[int] = []
    far = f"0 0 15 {(datetime.now(UTC).month + 5) % 12 + 1} *"  # the worker adds what was due just now
    add_steps(cluster.app, [Step("tick", far, lambda: ran.append(1))])
    timestamp = int(NOW.timestamp())

    async def defer() -> None:
        async with cluster.app.open_async():
            registry = cluster.app.periodic_registry.periodic_tasks
            task = next(one for one in registry.values() if one.task.name == "digest.tick")
            for _ in range(3):
                await cluster.app.job_manager.defer_periodic_job(
                    job=task.task.configure(task_kwargs={"timestamp": timestamp}).job,
                    periodic_id=task.periodic_id,
                    defer_timestamp=timestamp,
                )

    asyncio.run(defer())
    work(cluster, STEPS)
    assert ran == [1]


def test_a_share_waits_while_the_providers_limit_is_used_up(cluster: Cluster) -> None:
    bound = Allowance("mail", 4)  # two shares fit in two minutes, not in one
    cluster.hands.terms = replace(cluster.hands.terms, allowances={ChannelName.EMAIL: bound})
    cluster.subscribe(8)
    cluster.prepare()
    began = datetime.now(UTC)
    work(cluster)
    assert len(cluster.recipients()) == 4
    with reading(cluster.house.engine) as session:
        (later,) = session.scalars(text("SELECT scheduled_at FROM procrastinate_jobs"))
    assert later > began + timedelta(seconds=50)
    assert cluster.care.sweep(datetime.now(UTC)) == 0


def test_a_worker_refuses_a_channel_it_does_not_serve(cluster: Cluster) -> None:
    with pytest.raises(StoreError, match="slack is switched off"):
        cluster.hands.deliver("slack", [1])


def test_an_open_circuit_gets_one_delivery_to_probe_with(cluster: Cluster) -> None:
    cluster.subscribe(6)
    cluster.prepare()
    with transaction(cluster.house.engine) as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        session.execute(
            text(
                "INSERT INTO circuits (key, opened_at, probe_at, failures, reason) "
                "VALUES ('email', now(), now(), 1, 'down')"
            )
        )
    assert cluster.care.sweep(datetime.now(UTC)) == 1


def test_a_large_fan_out_counts_the_queue_anew(cluster: Cluster) -> None:
    with transaction(cluster.house.engine) as session:
        cluster.enqueue(session, {ChannelName.EMAIL: range(1, 4 * 250)})
        known = "SELECT reltuples::bigint FROM pg_class WHERE relname = 'procrastinate_jobs'"
        assert session.execute(text(known)).scalar_one() > 200
        session.rollback()


def test_every_share_is_full_but_the_last() -> None:
    assert list(shares_of(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]


@pytest.mark.parametrize(
    ("minutes", "cron"),
    [
        (0, "* * * * * */1"),
        (0.25, "* * * * * */15"),
        (1, "*/1 * * * *"),
        (30, "*/30 * * * *"),
        (60, "0 */1 * * *"),
        (2000, "0 */23 * * *"),
    ],
)
def test_intervals_become_cron_lines(minutes: float, cron: str) -> None:
    assert every(timedelta(minutes=minutes)) == cron


def test_a_forgotten_delivery_is_looked_for_by_its_channel(cluster: Cluster) -> None:
    cluster.subscribe(2)
    cluster.prepare()
    with transaction(cluster.house.engine) as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        now = datetime.now(UTC)
        assert jobs.forgotten(session, ChannelName.SLACK, DELIVER, due_by=now, limit=10) == []
        assert len(jobs.forgotten(session, ChannelName.EMAIL, DELIVER, due_by=now, limit=10)) == 2
        assert (
            jobs.forgotten(session, ChannelName.EMAIL, DELIVER, due_by=NOW - timedelta(days=1), limit=9) == []
        )


def test_signals_are_left_alone_outside_the_main_thread(cluster: Cluster) -> None:
    cluster.subscribe(2)
    cluster.prepare()
    thread = threading.Thread(target=work, args=(cluster,))
    thread.start()
    thread.join(100)
    assert not thread.is_alive()
    assert cluster.recipients() == everybody(2)
