"""Who asks, where, and what: a command or a press as plain values."""

from __future__ import annotations

import html
import unicodedata
from dataclasses import dataclass

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "\u00a0": " "})
LONGEST = 8000
"""Slack sends no longer commands; what claims to be one is cut."""


@dataclass(frozen=True, slots=True)
class Place:
    """A person in a conversation. ``team`` is empty where one bot token serves a single workspace."""

    person: str
    channel: str
    team: str = ""

    @property
    def own(self) -> str:
        """The address of the person's direct messages."""
        return self._address(self.person)

    @property
    def here(self) -> str:
        """The address of the conversation; in direct messages that is the person."""
        return self.own if self.channel.startswith("D") or not self.channel else self._address(self.channel)

    def _address(self, name: str) -> str:
        return f"{self.team}/{name}" if self.team else name


@dataclass(frozen=True, slots=True)
class Asked:
    """A command: its verb, the rest, and whether it is about this conversation or about the person."""

    place: Place
    verb: str
    rest: str = ""
    here: bool = False
    timezone: str = ""

    @property
    def address(self) -> str:
        return self.place.here if self.here else self.place.own


def tidied(text: str) -> str:
    """Without what neither database takes: control characters (but line breaks) and lone surrogates."""
    kept = (mark for mark in text if mark == "\n" or unicodedata.category(mark) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def read_command(text: str, place: Place) -> Asked:
    """``[here] VERB REST``; no verb is ``help``. Slack's escapes and typographic quotes are undone."""
    words = tidied(html.unescape(text[:LONGEST]).translate(_QUOTES))
    first, rest = _split(words)
    here = first == "here"
    if here:
        first, rest = _split(rest)
    return Asked(place, first or "help", rest, here)


def _split(words: str) -> tuple[str, str]:
    first, _, rest = words.partition(" ")
    return first.strip().casefold(), rest.strip()
