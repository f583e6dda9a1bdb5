"""A source that answers from kept answers alone: what today's parsers make of them, without the network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import urlsplit

from digest.http_client import Answer
from digest.model import RawAnswer, Reading
from digest.sources.fetching import Unanswered
from digest.sources.huggingface import Visit


class Replay:
    """Reads days from kept answers; the newest from an address counts."""

    name = "replay"

    def __init__(self, answers: Iterable[RawAnswer]) -> None:
        self._known = {_place(one.url): one for one in sorted(answers, key=lambda one: one.fetched_at)}

    def read_day(self, day: date, *, now: datetime) -> Reading:
        """What the kept answers say of ``day``; a missing one is an outcome like a source that is down."""
        return Visit(self, "", day, now).read()

    def get(self, kind: str, url: str, *, accept: str, now: datetime) -> Answer:  # noqa: ARG002
        """The kept answer from an address, whatever the server. Raises ``Unanswered`` where none is kept."""
        known = self._known.get(_place(url))
        if known is None:
            raise Unanswered("no answer is kept")
        return Answer(url, known.status, {}, known.body, remembered=True)


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.path, parts.query
