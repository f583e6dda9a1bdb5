"""A worker and a scheduler, built from the house: what ``digest worker`` and ``digest scheduler`` start."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from digest.bootstrap import open_channels
from digest.channels import Channel
from digest.clock import refuse_wrong_clock, utc_now
from digest.cluster.queue import Enqueuer, app_of, check
from digest.cluster.running import Shift, run_jobs
from digest.cluster.tasks import (
    STEPS,
    Care,
    Hands,
    Step,
    add_delivering,
    add_reaper,
    add_steps,
    every,
)
from digest.errors import ConfigError
from digest.house import House
from digest.model import ChannelName

EACH_MINUTE = "* * * * *"


def work(house: House, names: Collection[ChannelName] = (), *, at_once: int, wait: bool = True) -> None:
    """Deliver what the queues of these channels hold (all that are switched on, if none is named).

    Ends when told by a signal, or without ``wait`` when the queues are empty. Raises ``DigestError`` when the
    clock shows a moment before this program was made.
    """
    refuse_wrong_clock(utc_now())
    check(house.engine)
    channels = chosen(open_channels(house.settings, house.engine), names)
    app = app_of(house.engine)
    hands = Hands(house, channels, Enqueuer())
    add_delivering(app, hands)
    queues = [name.value for name in channels]
    run_jobs(Shift(app, queues, at_once, hands.stopping, _patience(house), wait=wait))


def chosen(
    channels: dict[ChannelName, Channel], names: Collection[ChannelName]
) -> dict[ChannelName, Channel]:
    """The named ones of the channels. Raises ``ConfigError`` for one that is switched off."""
    for name in names:
        if name not in channels:
            raise ConfigError(f"channel {name} is switched off", remedy=f"set {name}.enabled = true")
    return {name: channel for name, channel in channels.items() if not names or name in names}


def schedule(house: House) -> None:
    """Run the periodic steps. Any number may run: each step is begun once.

    Raises ``DigestError`` when the clock shows a moment before this program was made.
    """
    refuse_wrong_clock(utc_now())
    check(house.engine)
    app = app_of(house.engine)
    care = Care(house, open_channels(house.settings, house.engine), app, Enqueuer())
    steps = steps_of(house, care)
    add_steps(app, steps)
    add_reaper(app, care)
    run_jobs(Shift(app, [STEPS], len(steps) + 1, care.stopping, _patience(house)))


def _patience(house: House) -> timedelta:
    return timedelta(seconds=house.settings.delivery.shutdown_seconds)


def steps_of(house: House, care: Care) -> Sequence[Step]:
    """The periodic steps of a cluster: those of one machine, and the care of the queue.

    Digests are delivered by the workers; the few notices (confirmations) are sent by the schedulers.
    """
    from digest.scheduler import handing, planning  # a worker does without: it would hold 35 MB more

    here = planning(house, care.stopping.is_set, care.stopping.wait, enqueue=care.enqueue)
    here += [job for job in handing(house, care.stopping.is_set) if job.name == "notices"]

    def sweep_now() -> object:
        care.count()
        return care.sweep(utc_now())

    return [
        *(Step(job.name, every(job.every), job.run) for job in here),
        Step("sweep", EACH_MINUTE, sweep_now),
    ]
