"""When a counterpart fails, the demo says which one and what to do; nothing of it is left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.demo.play import MORNINGS, Stage, open_stage
from digest.errors import DeliveryError, SourceError


@pytest.fixture
def stage() -> Iterator[Stage]:
    with open_stage() as opened:
        yield opened


def test_a_source_that_makes_no_sense_is_named(stage: Stage) -> None:
    stage.server.days = lambda _day, _now: [{"paper": {"id": ""}}]

    with pytest.raises(SourceError, match="the sample days could not be read: ") as raised:
        stage.round(MORNINGS[0])
    assert "127.0.0.1" in raised.value.remedy


def test_a_mailbox_that_is_gone_is_named_and_the_digests_wait(stage: Stage) -> None:
    stage.mailbox.shutdown()
    stage.mailbox.server_close()

    with pytest.raises(DeliveryError, match="the mailbox could not be used: ") as raised:
        stage.round(MORNINGS[0])
    assert "127.0.0.1" in raised.value.remedy


def test_the_store_and_the_environment_are_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.delenv("no_proxy", raising=False)
    with open_stage() as stage:
        store = Path(stage.house.settings.store.url.removeprefix("sqlite:///"))
        assert store.is_file()
        assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "127.0.0.1"

    assert not store.parent.exists()
    assert os.environ["NO_PROXY"] == "example.org"
    assert "no_proxy" not in os.environ
