"""``digest run``: scheduler, delivery, web and the Slack app in one process, with a clean stop.

The first SIGTERM (or Ctrl-C) finishes the hand-over in progress, claims nothing new and ends; what
is still at work after ``delivery.shutdown_seconds`` is left to its lease. The second ends at once.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import structlog
from sdnotify import SystemdNotifier

from digest.clock import refuse_wrong_clock, utc_now
from digest.house import House
from digest.scheduler import Clockwork, Job, Stop, handing, planning
from digest.slack.serving import connected, routes
from digest.web import create_app
from digest.web.serving import bound, serving

BEAT_SECONDS = 1.0

log = structlog.get_logger()


def run(
    house: House, *, plans: bool = True, hands: bool = True, web: bool = True, slack: bool = True
) -> bool:
    """Run until told to stop; whether everything had ended by then.

    ``plans`` collects, prepares and watches, ``hands`` delivers, ``web`` serves, ``slack``
    answers by Socket Mode. Raises ``DigestError`` when the clock shows a moment before this program was made.
    """
    refuse_wrong_clock(utc_now())
    stop = Stop()
    with stop.on_signals(), ExitStack() as stack:
        if web:
            app = create_app(house, slack=routes(house, utc_now))
            address = stack.enter_context(serving(app, stack.enter_context(bound(house.settings.web))))
            log.info("web.serving", address=address)
        if slack:
            stack.enter_context(connected(house, utc_now))
        patience = timedelta(seconds=house.settings.delivery.shutdown_seconds)
        clockwork = stack.enter_context(Clockwork(_jobs(house, stop, plans=plans, hands=hands), patience))
        tend(clockwork, stop)
    return clockwork.idle


def _jobs(house: House, stop: Stop, *, plans: bool, hands: bool) -> list[Job]:
    return [*(planning(house, stop, stop.wait) if plans else []), *(handing(house, stop) if hands else [])]


def tend(clockwork: Clockwork, stop: Stop) -> None:
    """Tell systemd that we live, and mind the clock, until the stop."""
    systemd = SystemdNotifier()
    systemd.notify("READY=1")
    while not stop.wait(BEAT_SECONDS):
        clockwork.beat()
        systemd.notify("WATCHDOG=1")
    systemd.notify("STOPPING=1")
