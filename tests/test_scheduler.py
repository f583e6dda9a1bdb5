"""The clockwork: each job at most once at a time, stopped cleanly, awake when the clock is set."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

import pytest

from digest.errors import StoreBusy
from digest.scheduler import Clockwork, Job

LONG = timedelta(hours=1)


def test_every_job_runs_at_the_start_and_one_that_fails_runs_again() -> None:
    ran = threading.Semaphore(0)

    def busy() -> None:
        ran.release()
        raise StoreBusy("locked")

    with Clockwork([Job("busy", timedelta(seconds=0.05), busy)]):
        assert ran.acquire(timeout=60)
        assert ran.acquire(timeout=60)


def test_a_job_that_is_woken_by_another_waits_for_it_from_the_start() -> None:
    """Else, after an outage, what was planned before it would go out before its newer digest is prepared."""
    go_on, order = threading.Event(), list[str]()
    second = threading.Semaphore(0)

    def prepare() -> None:
        go_on.wait(60)
        order.append("prepare")

    def deliver() -> None:
        order.append("deliver")
        second.release()

    jobs = [Job("prepare", LONG, prepare, then=("deliver",)), Job("deliver mail", LONG, deliver)]
    with Clockwork(jobs):
        assert not second.acquire(timeout=0.5)
        go_on.set()
        assert second.acquire(timeout=60)
    assert order == ["prepare", "deliver"]


def test_a_clock_that_is_set_back_wakes_everything_at_once() -> None:
    ran = threading.Semaphore(0)
    set_back = [0.0]
    jobs = [Job("collect", LONG, ran.release)]
    with Clockwork(jobs, wall=lambda: time.time() - set_back[0]) as clockwork:
        assert ran.acquire(timeout=60)
        assert not clockwork.beat()
        set_back[0] = 3600.0
        assert clockwork.beat()
        assert ran.acquire(timeout=60)
        assert not clockwork.beat()


def test_the_end_waits_for_the_job_in_hand_and_starts_nothing_new() -> None:
    started, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        go_on.wait(60)
        done.set()

    with Clockwork([Job("deliver", timedelta(seconds=0.05), slow)]) as clockwork:
        started.wait(60)
        threading.Timer(0.2, go_on.set).start()
    assert done.is_set()
    assert clockwork.idle


def test_a_job_that_ends_after_the_stop_wakes_nobody_and_complains_of_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    started, go_on, woken = threading.Event(), threading.Event(), threading.Event()

    def prepare() -> None:
        started.set()
        go_on.wait(60)

    jobs = [Job("prepare", LONG, prepare, then=("deliver",)), Job("deliver mail", LONG, woken.set)]
    with Clockwork(jobs) as clockwork:
        started.wait(60)
        stopping = threading.Timer(0.2, go_on.set)
        stopping.start()
    stopping.join()
    assert clockwork.idle
    clockwork.nudge("deliver")
    assert not woken.is_set()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


def test_the_end_does_not_wait_for_ever() -> None:
    started, go_on = threading.Event(), threading.Event()

    def stuck() -> None:
        started.set()
        go_on.wait(60)

    with Clockwork([Job("deliver", LONG, stuck)], timedelta(seconds=0.1)) as clockwork:
        started.wait(60)
    assert not clockwork.idle
    go_on.set()
