"""Saved papers: once each, newest first, and gone when taken off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from digest.model import ChannelName
from digest.store import saved
from digest.store.database import transaction
from tests.joining import subscribe
from tests.keys import KEYS

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def test_papers_are_put_aside_once_and_taken_off_again(engine: Engine) -> None:
    with transaction(engine) as session:
        number = subscribe(
            session,
            keys=KEYS,
            channel=ChannelName.SLACK,
            address="C123",
            profiles={"main": "robots"},
            confirmed=True,
            now=NOW,
            source="test",
        ).id
        saved.save(session, number, "2511.00001", NOW)
        saved.save(session, number, "2511.00001", NOW + timedelta(hours=2))
        saved.save(session, number, "2511.00002", NOW + timedelta(hours=1))
        assert saved.of_subscriber(session, number) == ["2511.00002", "2511.00001"]
        assert saved.remove(session, number, "2511.00001")
        assert not saved.remove(session, number, "2511.00001")
        assert saved.of_subscriber(session, number) == ["2511.00002"]
