"""What source and Slack need of the store: shared allowances, turns and waits, and remembered answers.

Each call is a transaction of its own, over before the request is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from digest.channels.slack_pace import GAP_SECONDS, OwnPace
from digest.errors import StoreError
from digest.model import RawAnswer
from digest.store import limits, raw_answers
from digest.store.database import reading, transaction

WINDOW = timedelta(minutes=5)
ANONYMOUS = {"api": 500, "pages": 100}
"""Requests per window and address that the source grants without an account."""

T = TypeVar("T")
Way = Callable[[Engine], AbstractContextManager[Session]]

SLACK = "slack:"
"""Begins the keys of Slack's turns and waits."""

log = structlog.get_logger()

TRUSTED_FOR = timedelta(hours=24)
"""A remembered answer is asked for conditionally this long, then once in full: an ETag may lie."""


@dataclass(frozen=True, slots=True)
class SharedPace:
    """At most ``share`` of the anonymous allowance, whatever the number of processes."""

    engine: Engine
    share: float = 0.5
    source: str = "huggingface"
    allowances: dict[str, int] = field(default_factory=lambda: dict(ANONYMOUS))

    def take(self, kind: str, *, now: datetime) -> datetime | None:
        """Take one request, or say when one will be free."""
        allowance = max(1, int(self.allowances[kind] * self.share))
        with transaction(self.engine) as session:
            return limits.take(session, self._key(kind), allowance=allowance, window=WINDOW, now=now)

    def hold(self, kind: str, *, until: datetime) -> None:
        """Remember for everybody that the source asked to wait."""
        with transaction(self.engine) as session:
            limits.hold(session, self._key(kind), until=until)

    def _key(self, kind: str) -> str:
        return f"{self.source}:{kind}"


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """Answers kept in the store, for conditional requests: only what is stored is ever asked about."""

    engine: Engine

    def recall(self, url: str, *, now: datetime) -> RawAnswer | None:
        """The newest answer from ``url`` that named a version and is not too old to be trusted."""
        with reading(self.engine) as session:
            known = raw_answers.latest(session, url)
        fresh = known is not None and known.etag and known.status == 200
        return known if known and fresh and now - known.fetched_at < TRUSTED_FOR else None


@dataclass(frozen=True, slots=True)
class SharedSlackPace:
    """Slack's pace for all processes on one store: a turn a second per conversation, waits for everybody.

    Keys are kept as fingerprints, since a webhook's address is a secret. A store that is out of reach is no
    reason to break off a thread half posted: the process keeps its own pace then.
    """

    engine: Engine
    own: OwnPace = field(default_factory=OwnPace)
    gap: timedelta = timedelta(seconds=GAP_SECONDS)

    def hold(self, key: str, seconds: float) -> None:
        """Remember for everybody that Slack asked to wait."""
        self.own.hold(key, seconds)
        self._shared(lambda session: limits.hold_for(session, slack_key(key), timedelta(seconds=seconds)))

    def left(self, key: str) -> float:
        """Seconds that ``key`` has to wait still, whoever was told so."""
        asked = slack_key(key)
        shared = self._shared(lambda session: limits.left(session, asked).total_seconds(), reading)
        return max(self.own.left(key), shared or 0.0)

    def take(self, conversation: str) -> None:
        """Take the conversation's next turn of all processes, and wait for it."""
        key = slack_key(conversation)
        wait = self._shared(lambda session: limits.take_turn(session, key, gap=self.gap).total_seconds())
        if wait is None:
            self.own.take(conversation)
        else:
            self.own.sleep(wait)

    def sleep(self, seconds: float) -> None:
        self.own.sleep(seconds)

    def _shared(self, ask: Callable[[Session], T], way: Way = transaction) -> T | None:
        """In a transaction that is over before anybody waits; ``None`` when the store cannot be asked."""
        try:
            with way(self.engine) as session:
                return ask(session)
        except StoreError as error:
            log.warning("slack.own_pace", reason=str(error))
            return None


def slack_key(key: str) -> str:
    """The fingerprint under which a conversation, a webhook or a method is known."""
    return SLACK + hashlib.sha256(key.encode()).hexdigest()[:40]
