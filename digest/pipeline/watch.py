"""Watch: raises alarms, tells the operator once, gives the all-clear, and pings the dead man's switch.

Several processes may watch; one of them does it in each minute. When the store itself is out of
reach the operator is told directly, and the outgoing ping stops, so that somebody outside notices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from digest.errors import StoreError
from digest.model import Alarm
from digest.pipeline.health import Problem, Thresholds, look
from digest.pipeline.telling import EVENT, TARGET
from digest.store import alarms, limits
from digest.store.database import reading, transaction

EVERY = timedelta(minutes=1)
OWN = ("source.", "slots.", "deliveries.", "notices.", "circuit.")
"""The alarms whose all-clear is ours to give; others are cleared by whoever raised them."""
QUIET = timedelta(hours=24)
"""An event that has not happened for this long is over."""
STORE = "store.unreachable"
REMIND = timedelta(hours=6)
"""An alarm about the store cannot be noted in it; it is told again after this long."""

Tell = Callable[[Sequence[Alarm], Sequence[Alarm]], bool]
"""Tells the operator what is raised and what is cleared; whether anybody was reached."""

log = structlog.get_logger()


@dataclass(slots=True)
class Watch:
    """Watches one store."""

    engine: Engine
    thresholds: Thresholds
    tell: Tell
    ping: Callable[[], None]
    store_told_at: datetime | None = field(default=None)

    def once(self, now: datetime) -> list[Problem]:
        """Look once; return what is wrong. Never raises for a store that is out of reach."""
        try:
            if not self._our_turn(now):
                return []
            found = look(self.engine, self.thresholds, now=now)
            self._note(found, now)
            self._tell_untold(now)
        except StoreError as error:
            return [self._store_is_gone(error, now)]
        self._store_is_back(now)
        self.ping()
        return found

    def _our_turn(self, now: datetime) -> bool:
        with transaction(self.engine) as session:
            return (
                limits.take(session, "watch", allowance=1, window=EVERY - timedelta(seconds=10), now=now)
                is None
            )

    def _note(self, found: Sequence[Problem], now: datetime) -> None:
        wrong = {one.key for one in found}
        with transaction(self.engine) as session:
            standing = alarms.standing(session)
            over = [one.key for one in standing if one.key.startswith(OWN) and one.key not in wrong]
            quiet = [one.key for one in standing if one.key.startswith(EVENT) and now - one.raised_at > QUIET]
            alarms.forget(session, [key for key in quiet if key.startswith(TARGET)])
            alarms.clear(session, over + [key for key in quiet if not key.startswith(TARGET)], now=now)
            for one in found:
                alarms.raise_(session, one.key, str(one), now=now)
        for one in found:
            log.warning("alarm", key=one.key, detail=one.detail)

    def _tell_untold(self, now: datetime) -> None:
        with reading(self.engine) as session:
            news = alarms.untold(session)
        raised = [one for one in news if one.cleared_at is None]
        cleared = [one for one in news if one.cleared_at is not None and one.told_at is not None]
        if (raised or cleared) and not self.tell(raised, cleared):
            return
        if news:
            with transaction(self.engine) as session:
                alarms.told(session, news, now=now)

    def _store_is_gone(self, error: StoreError, now: datetime) -> Problem:
        problem = Problem(STORE, str(error), error.remedy or "check the store")
        log.error("alarm", key=STORE, detail=str(error))
        due = self.store_told_at is None or now - self.store_told_at > REMIND
        if due and self.tell([Alarm(STORE, str(problem), now)], []):
            self.store_told_at = now
        return problem

    def _store_is_back(self, now: datetime) -> None:
        since = self.store_told_at
        if since is not None and self.tell([], [Alarm(STORE, "the store is back", since, since, now)]):
            self.store_told_at = None
