"""Workspaces: stored once each, states come back once, and tokens are not readable in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine

from digest.model import ChannelName, SubscriberState
from digest.store import slack_installations, subscribers
from digest.store.database import reading, transaction
from digest.store.slack_installations import StoredInstallation
from tests.joining import subscribe
from tests.keys import KEYS

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
FIRST = StoredInstallation("T1", "Lab", b"sealed", "B1", "UB", "U1", "chat:write", False, NOW)


def test_installing_again_takes_the_place_of_the_first(engine: Engine) -> None:
    with transaction(engine) as session:
        slack_installations.save(session, FIRST)
        slack_installations.save(session, replace(FIRST, sealed_token=b"newer"))
        slack_installations.save(session, replace(FIRST, workspace="T2"))
    with reading(engine) as session:
        assert [one.workspace for one in slack_installations.listed(session)] == ["T1", "T2"]
        assert slack_installations.find(session, "T1") == replace(FIRST, sealed_token=b"newer")
        assert slack_installations.find(session, "T9") is None


def test_a_removed_workspace_is_gone_and_removing_twice_is_the_same(engine: Engine) -> None:
    with transaction(engine) as session:
        slack_installations.save(session, FIRST)
        assert slack_installations.remove(session, "T1")
        assert not slack_installations.remove(session, "T1")


def test_a_workspace_that_leaves_suspends_its_own_subscribers_alone(engine: Engine) -> None:
    with transaction(engine) as session:
        numbers = {
            address: subscribe(
                session,
                keys=KEYS,
                channel=ChannelName.SLACK,
                address=address,
                profiles={"main": "robots"},
                confirmed=True,
                now=NOW,
                source="test",
            ).id
            for address in ("T123/C123", "T1234/C123", "C123")
        }
        assert slack_installations.close_workspace(session, "T123", "app_uninstalled", NOW) == (1, 0)
        states = {address: subscribers.get(session, number).state for address, number in numbers.items()}
    assert states == {
        "T123/C123": SubscriberState.SUSPENDED,
        "T1234/C123": SubscriberState.CONFIRMED,
        "C123": SubscriberState.CONFIRMED,
    }


def test_a_state_comes_back_once_and_only_while_it_is_fresh(engine: Engine) -> None:
    with transaction(engine) as session:
        slack_installations.keep_state(session, "a", NOW + timedelta(minutes=10))
        slack_installations.keep_state(session, "b", NOW)
        assert not slack_installations.take_state(session, "b", NOW)
        assert slack_installations.take_state(session, "a", NOW)
        assert not slack_installations.take_state(session, "a", NOW)
        assert not slack_installations.take_state(session, "unknown", NOW)


@pytest.mark.parametrize("_", range(3))
def test_two_who_bring_the_same_state_at_once_get_one_yes(engine: Engine, _: int) -> None:
    with transaction(engine) as session:
        slack_installations.keep_state(session, "a", NOW + timedelta(minutes=10))
    answers: list[bool] = []
    together = Barrier(2)

    def take() -> None:
        together.wait()
        with transaction(engine) as session:
            answers.append(slack_installations.take_state(session, "a", NOW))

    threads = [Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, True]
