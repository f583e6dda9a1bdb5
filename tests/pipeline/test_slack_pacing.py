"""Slack's pace over a store: turns and waits that processes share, and a store that is out of reach."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from digest.bootstrap import open_channels
from digest.channels.slack import SlackChannel
from digest.channels.slack_pace import OwnPace
from digest.config import RetentionSettings, Settings, SlackSettings
from digest.model import ChannelName, Deferred, HandOver, Message, Sent
from digest.pipeline.pacing import SharedSlackPace, slack_key
from digest.pipeline.tidying import tidy_deliveries
from digest.store import limits
from digest.store.database import open_engine, reading, transaction
from digest.store.schema import LimitRow
from tests.channels.slack_sheets import papers, sheet
from tests.slack_server import TOKEN, Slack, running_slack

GAP = 0.05
TURNS = 10
TAKING = """
import sys
from datetime import timedelta
from sqlalchemy import select
from digest.store import limits
from digest.store.database import open_engine, transaction
from digest.store.schema import LimitRow
engine = open_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with transaction(engine) as session:
        limits.take_turn(session, "slack:C1", gap=timedelta(seconds=float(sys.argv[3])))
        print(session.scalar(select(LimitRow.not_before)).timestamp(), flush=True)
"""


@dataclass
class Sleeper:
    """Notes how long it was asked to sleep, and does not."""

    slept: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def slack() -> Iterator[Slack]:
    with running_slack() as running:
        yield running


def test_two_processes_take_turns_of_a_conversation_one_after_the_other(store_url: str) -> None:
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", TAKING, store_url, str(TURNS), str(GAP)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for taker in takers:
        assert taker.stdout is not None
        assert taker.stdout.readline() == "ready\n"
    told = [taker.communicate("go\n", timeout=120)[0].split() for taker in takers]
    assert [taker.returncode for taker in takers] == [0, 0]
    assert [len(one) for one in told] == [TURNS, TURNS]
    turns = sorted(float(moment) for one in told for moment in one)
    assert all(second - first > GAP * 0.999 for first, second in itertools.pairwise(turns))


def test_a_wait_that_slack_asked_one_worker_for_is_obeyed_by_the_other(slack: Slack, store_url: str) -> None:
    slack.faults = ["429:120"]
    outcomes = [hand_over(worker(slack, store_url)) for _ in range(2)]
    assert isinstance(outcomes[0], Deferred)
    assert isinstance(outcomes[1], Deferred)
    assert (outcomes[1].code, outcomes[1].counts) == ("429", False)
    assert 100 < (outcomes[1].retry_after or 0) <= 120
    assert len(slack.called("chat.postMessage")) == 1


def worker(slack: Slack, store_url: str, pace: SharedSlackPace | None = None) -> SlackChannel:
    """The channel as another process has it: its own engine, the same store."""
    settings = Settings(slack=SlackSettings.model_validate({"enabled": True, "bot_token": TOKEN}))
    channel = open_channels(settings, open_engine(store_url))[ChannelName.SLACK]
    assert isinstance(channel, SlackChannel)
    assert isinstance(channel.pace, SharedSlackPace)
    return replace(channel, base_url=slack.api, pace=pace or channel.pace)


def hand_over(channel: SlackChannel) -> HandOver:
    made = sheet(papers(2))
    message = Message(1, made.address, channel.render(made), made.message_id)
    with channel.open() as sender:
        ((_, outcome),) = sender.hand_over([message], lambda ids: ids)
    return outcome


def test_turns_are_a_gap_apart_by_conversation(engine: Engine) -> None:
    sleeper = Sleeper()
    shared = SharedSlackPace(engine, OwnPace(sleep=sleeper), gap=timedelta(seconds=1000))
    for conversation in ("C1", "C2", "C1", "C1"):
        shared.take(conversation)
    assert [round(wait, -2) for wait in sleeper.slept] == [1000, 2000]


def test_a_turn_further_off_than_any_queue_does_not_count(engine: Engine) -> None:
    with transaction(engine) as session:
        limits.hold_for(session, "slack:x", timedelta(hours=1))
    with transaction(engine) as session:
        assert limits.take_turn(session, "slack:x", gap=timedelta(seconds=1)) == timedelta(0)


def test_no_address_stands_in_the_store(sqlite_engine: Engine) -> None:
    secret = "https://hooks.slack.com/services/T1/B1/secret"
    shared = SharedSlackPace(sqlite_engine, OwnPace(sleep=Sleeper()))
    shared.take(secret)
    shared.hold(secret, 5)
    with reading(sqlite_engine) as session:
        assert list(session.scalars(select(LimitRow.key))) == [slack_key(secret)]
    assert "secret" not in slack_key(secret)


def test_a_store_out_of_reach_leaves_the_process_its_own_pace(slack: Slack, tmp_path: object) -> None:
    sleeper = Sleeper()
    gone = open_engine(f"sqlite:///{tmp_path}/no/such/folder/store.sqlite3")
    shared = SharedSlackPace(gone, OwnPace(lambda: 1000.0, sleeper))
    for _ in range(2):
        shared.take("C1")
    shared.hold(":chat.postMessage", 7)
    assert sleeper.slept == [1.0]
    assert shared.left(":chat.postMessage") == 7
    assert shared.left(":conversations.history") == 0


def test_waits_that_are_long_over_go_and_the_allowance_of_the_source_stays(engine: Engine) -> None:
    now = datetime.now(UTC)
    with transaction(engine) as session:
        limits.hold(session, "slack:old", until=now - timedelta(days=2))
        limits.hold(session, "slack:new", until=now)
        limits.hold(session, "huggingface:api", until=now - timedelta(days=2))
    assert tidy_deliveries(engine, RetentionSettings(), now=now)["waits"] == 1
    with reading(engine) as session:
        assert set(session.scalars(select(LimitRow.key))) == {"slack:new", "huggingface:api"}


def test_a_digest_goes_out_at_the_shared_pace(slack: Slack, sqlite_url: str) -> None:
    sleeper = Sleeper()
    pace = SharedSlackPace(open_engine(sqlite_url), OwnPace(sleep=sleeper), timedelta(seconds=1000))
    assert isinstance(hand_over(worker(slack, sqlite_url, pace)), Sent)
    assert isinstance(hand_over(worker(slack, sqlite_url, pace)), Sent)
    assert len(slack.messages) == 2
    assert [round(wait, -2) for wait in sleeper.slept] == [1000]
