"""Subscribers by the hundred thousand, put straight into the tables; digests and deliveries for them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from benchmarks import material
from digest.store.database import transaction
from digest.store.schema import ProfileRow, SubscriberRow

PORTION = 10_000


def subscribe(engine: Engine, count: int, *, due: datetime = material.NOW, start: int = 1) -> None:
    """Confirmed subscribers by mail with one profile of eight keywords each, due at ``due``."""
    texts = material.profile_texts(count, seed=start)
    for first in range(start, start + count, PORTION):
        numbers = range(first, min(first + PORTION, start + count))
        with transaction(engine) as session:
            session.execute(insert(SubscriberRow), [_subscriber(number, due) for number in numbers])
            session.execute(
                insert(ProfileRow), [_profile(n, text) for n, text in zip(numbers, texts, strict=False)]
            )


def _subscriber(number: int, due: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "channel": "email",
        "address": f"reader{number}@example.org",
        "state": "confirmed",
        "timezone": "UTC",
        "send_at": time(7, 30),
        "weekdays": 127,
        "empty_digests": "weekly",
        "rising": True,
        "next_due_at": due - timedelta(minutes=1),
        "created_at": due - timedelta(days=30),
        "confirmed_at": due - timedelta(days=30),
        "consent_source": "benchmark",
        "suspended_reason": "",
        "bounce_score": 0.0,
    }


def _profile(number: int, text: str) -> dict[str, Any]:
    return {
        "id": number,
        "subscriber_id": number,
        "position": 0,
        "name": "default",
        "text": text,
        "learning": True,
        "changed_at": material.NOW,
    }
