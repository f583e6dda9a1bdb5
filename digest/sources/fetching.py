"""One request to the source, politely: allowance, retries with jitter, remembered answers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from digest.errors import SourceError
from digest.http_client import Answer, Client, FetchError, same_place
from digest.model import RawAnswer
from digest.sources.limits import REFUSING, not_before

ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 1.0
MOST_HOPS = 5
PASSING = frozenset({408, 425, 500, 502, 504})


class Pace(Protocol):
    """The allowance of requests, shared by all processes. ``kind`` is ``api`` or ``pages``."""

    def take(self, kind: str, *, now: datetime) -> datetime | None:
        """Take one request; or the moment at which one will be free."""
        ...

    def hold(self, kind: str, *, until: datetime) -> None:
        """Let nobody ask again before ``until``: the source said so."""
        ...


class Memory(Protocol):
    """Answers kept in the store, for conditional requests."""

    def recall(self, url: str, *, now: datetime) -> RawAnswer | None:
        """The last answer from ``url``, if it is fresh enough to be trusted and names a version."""
        ...


class Unpaced:
    """No allowance and no memory: for single reads and for sources on loopback."""

    def take(self, kind: str, *, now: datetime) -> datetime | None:  # noqa: ARG002  the protocol's signature
        return None

    def hold(self, kind: str, *, until: datetime) -> None:
        pass

    def recall(self, url: str, *, now: datetime) -> RawAnswer | None:  # noqa: ARG002
        return None


class Unanswered(SourceError):
    """The source gave no usable answer. ``retry_at`` is set when we were told, or chose, to wait."""

    def __init__(self, message: str, *, retry_at: datetime | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Asks the source. ``sleep`` is only for the short pauses between attempts."""

    client: Client
    pace: Pace
    memory: Memory
    sleep: Callable[[float], object]

    def get(self, kind: str, url: str, *, accept: str, now: datetime) -> Answer:
        """A complete answer to a GET of ``url``, whatever its status; redirects to elsewhere are answers.

        Raises ``Unanswered`` when there is none after the attempts, or when waiting is in order.
        """
        known = self.memory.recall(url, now=now)
        target, hops = url, 0
        while True:
            answer = self._patiently(kind, target, accept, known.etag if known else "", now)
            if answer.status == 304:
                return _remembered(answer, known)
            further = _location(answer)
            if further is None or not same_place(target, further):
                return answer
            hops += 1
            if hops > MOST_HOPS:
                raise Unanswered("the source redirects in circles")
            target = further

    def _patiently(self, kind: str, url: str, accept: str, etag: str, now: datetime) -> Answer:
        for left in reversed(range(ATTEMPTS)):
            free_at = self.pace.take(kind, now=now)
            if free_at is not None:
                raise Unanswered("the allowance of requests is used up for now", retry_at=free_at)
            try:
                answer = self.client.get(url, accept=accept, etag=etag)
            except FetchError as error:
                if not (left and error.transient):
                    raise Unanswered(str(error)) from error
            else:
                self._heed(kind, answer, now)
                if not (left and answer.status in PASSING):
                    return answer
            self.sleep(pause(ATTEMPTS - left))
        raise AssertionError("the last attempt returns or raises")

    def _heed(self, kind: str, answer: Answer, now: datetime) -> None:
        """Remember what the answer says about when to come back; stop here if it refuses."""
        until = not_before(answer.status, answer.headers, now)
        if until is not None:
            self.pace.hold(kind, until=until)
        if answer.status in REFUSING:
            raise Unanswered(
                f"the source asks us to wait (status {answer.status})", retry_at=until, status=answer.status
            )


def _location(answer: Answer) -> str | None:
    try:
        return answer.location
    except FetchError as error:
        raise Unanswered(str(error), status=answer.status) from error


def pause(attempt: int) -> float:
    """Seconds before the attempt after ``attempt`` (1, 2, …): doubling, half of it jitter."""
    longest = FIRST_PAUSE_SECONDS * float(2 ** (attempt - 1))
    return longest * random.uniform(0.5, 1)  # noqa: S311  no secret


def _remembered(answer: Answer, known: RawAnswer | None) -> Answer:
    """The stored answer that a 304 stands for."""
    if known is None:
        raise Unanswered("the source says unchanged, but nothing is stored", status=304)
    return Answer(answer.url, known.status, answer.headers, known.body, remembered=True)
