"""The three sample subscribers: keywords, several profiles, and trending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class Reader:
    """Who subscribes in the demo. ``send_at`` is local; all three are due at 07:30 UTC."""

    name: str
    about: str
    profiles: Mapping[str, str]
    timezone: str
    send_at: time

    @property
    def address(self) -> str:
        return f"{self.name}@sample.example"

    @property
    def trending(self) -> bool:
        return not any(self.profiles.values())


READERS = (
    Reader(
        name="ada",
        about="keywords",
        profiles={"robots": 'diffusion policy, robot manipulation^2, "world model", -autonomous driving'},
        timezone="Europe/Berlin",
        send_at=time(9, 30),
    ),
    Reader(
        name="ravi",
        about="three profiles",
        profiles={
            "retrieval": "retrieval-augmented generation, RAG^0.5, attribution",
            "agents": "LLM agents, tool use, title:agent*",
            "speech": "speech recognition, speech language models, spoken, org:ostrava-speech",
        },
        timezone="Asia/Kolkata",
        send_at=time(13, 0),
    ),
    Reader(
        name="mika",
        about="trending, no keywords",
        profiles={"trending": ""},
        timezone="UTC",
        send_at=time(7, 30),
    ),
)
