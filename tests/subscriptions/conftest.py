"""A subscriber to work on, and the moment it happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time

import pytest
from sqlalchemy import Engine

from digest.model import ChannelName, Subscriber
from digest.store.database import transaction
from tests.joining import subscribe
from tests.keys import KEYS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday

Subscribe = Callable[..., Subscriber]


@pytest.fixture
def join(engine: Engine) -> Subscribe:
    """``join(address="…", …)`` subscribes by hand of an admin; everything can be said otherwise."""

    def call(**wishes: object) -> Subscriber:
        given: dict[str, object] = {
            "keys": KEYS,
            "channel": ChannelName.EMAIL,
            "address": "ada@example.org",
            "profiles": {"Robots": "robot learning, grasping"},
            "timezone": "Europe/Berlin",
            "send_at": time(7, 30),
            "confirmed": True,
            "now": NOW,
            "source": "test",
        }
        with transaction(engine) as session:
            return subscribe(session, **given | wishes)

    return call
