"""What the source needs of the store: the shared allowance of requests and the remembered answers.

Each call is a transaction of its own, over before the request is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from digest.model import RawAnswer
from digest.store import limits, raw_answers
from digest.store.database import reading, transaction

WINDOW = timedelta(minutes=5)
ANONYMOUS = {"api": 500, "pages": 100}
"""Requests per window and address that the source grants without an account."""

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
