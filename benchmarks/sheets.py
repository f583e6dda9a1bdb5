"""Digests as mails are rendered from: ranked and composed by the real code, ten papers each."""

from __future__ import annotations

from datetime import time

from benchmarks import material
from digest.compose import Edition, compose
from digest.model import (
    ChannelName,
    DayAccount,
    DayState,
    Links,
    Sheet,
    Subscriber,
    SubscriberState,
)
from digest.ranking.corpus import Corpus
from digest.ranking.rank import rank

BASE = "https://digest.example.org"
ENTRIES = 10


def sheets(count: int) -> list[Sheet]:
    """Sheets of ten papers of one day of 50; another choice for every subscriber."""
    candidates = material.candidates(50)
    profiles = material.profiles(count)
    corpus = Corpus.build(material.papers(1_000, seed=2))
    rankings = rank(candidates, profiles, corpus, now=material.NOW, default_bar=0.0, default_limit=ENTRIES)
    known = {one.paper.id: one.paper for one in candidates}
    day = DayAccount(material.DAY, DayState.SETTLING, len(candidates))
    edition = Edition(material.DAY, material.NOW, (day,), len(candidates), material.DAY)
    found = []
    for number, ranking in enumerate(rankings, start=1):
        digest = compose(subscriber(number), [ranking], edition)
        found.append(
            Sheet(
                digest=digest,
                papers={entry.paper_id: known[entry.paper_id] for entry in digest.entries},
                address=f"reader{number}@example.org",
                links=links(number),
                message_id=f"<{number:016x}.{number}@digest.example.org>",
                message_date=material.NOW,
                bounce_address=f"bounce+{number:016x}@digest.example.org",
            )
        )
    return found


def subscriber(number: int) -> Subscriber:
    """A confirmed subscriber by mail."""
    return Subscriber(
        number,
        ChannelName.EMAIL,
        f"reader{number}@example.org",
        SubscriberState.CONFIRMED,
        "UTC",
        time(7, 30),
    )


def links(number: int) -> Links:
    """Links as long as real ones; what they hold does not matter here."""
    token = f"{number:08x}".ljust(80, "A")
    return Links(
        preferences=f"{BASE}/p/{token}",
        pause=f"{BASE}/pause/{token}",
        unsubscribe=f"{BASE}/u/{token}",
        one_click=f"{BASE}/u/{token}",
        unsubscribe_mailto=f"unsubscribe+{number:x}@digest.example.org",
        feedback=f"{BASE}/f/{token}",
        digest_page=f"{BASE}/d/{token}",
    )
