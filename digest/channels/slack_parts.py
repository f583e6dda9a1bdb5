"""The rendered body of a Slack digest: its parts, and how many of them are posted.

A body is one JSON document: ``key`` (our mark in the message metadata), ``date`` (seconds since
1970, before which nothing of it can have been posted) and ``parts``, first the parent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from digest.channels.slack_text import Block

EVENT_TYPE = "daily_papers_digest"
WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Part:
    """One post. ``text`` is for notifications and screen readers, ``plain`` all of it without blocks."""

    text: str
    plain: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Body:
    key: str
    date: int
    parts: tuple[Part, ...]

    def to_bytes(self) -> bytes:
        parts = [{"text": part.text, "plain": part.plain, "blocks": part.blocks} for part in self.parts]
        document = {"key": self.key, "date": self.date, "parts": parts}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    def metadata(self, index: int) -> dict[str, Any]:
        return {"event_type": EVENT_TYPE, "event_payload": {"key": self.key, "part": index}}


def read_body(body: bytes) -> Body:
    document = json.loads(body)
    parts = tuple(Part(part["text"], part["plain"], tuple(part["blocks"])) for part in document["parts"])
    return Body(document["key"], document["date"], parts)


@dataclass(frozen=True, slots=True)
class Posted:
    """What is known to be posted: the conversation and each part's timestamp, parent first.

    Webhooks tell no timestamps: there it is a count.
    """

    channel: str = ""
    stamps: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The form stored with a delivery: ``C0123:1700000000.000100,…``."""
        return f"{self.channel}:{','.join(self.stamps)}" if self.stamps else ""

    def plus(self, channel: str, stamp: str) -> Posted:
        return Posted(channel, (*self.stamps, stamp))


def read_reference(reference: str) -> Posted:
    """Read a stored reference; whatever is none means that nothing is known to be posted."""
    channel, _, stamps = reference.partition(":")
    return Posted(channel, tuple(stamps.split(","))) if channel and stamps else Posted()
