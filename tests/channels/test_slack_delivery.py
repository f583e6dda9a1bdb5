"""Lost answers through the whole delivery: no digest is posted twice, none is lost.

The oracle is Slack's side: what stands in the conversations, counted by digest and part.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from digest.channels import Channel
from digest.channels.slack import SlackChannel
from digest.channels.slack_http import Limits
from digest.channels.slack_pace import OwnPace
from digest.model import ChannelName, Delivery, DeliveryState, HandOver, Message, Sheet, SubscriberState
from digest.pipeline.deliver import Terms, deliver
from digest.store import alarms, subscribers
from digest.store.database import reading, transaction
from digest.store.schema import DeliveryRow
from tests.channels.slack_sheets import papers, sheet
from tests.keys import KEYS
from tests.slack_server import TOKEN, Slack, running_slack
from tests.store import outbox

TERMS = Terms(worker="test", domain="digest.example", keys=KEYS, batch=50, max_age=timedelta(days=30))
FAULTS = ("", "lose", "lose", "drop", "status:500", "error:fatal_error", "raw:<html>", "429:3")
SHEET = sheet(papers(4))


def sheets(found: Sequence[Delivery]) -> dict[int, Sheet]:
    return {
        one.id: replace(
            SHEET,
            address=one.address,
            message_id=one.message_id,
            message_date=one.message_date or outbox.NOW,
        )
        for one in found
    }


@dataclass
class Moving:
    """A clock moved by sleeping and by hand."""

    now: datetime = outbox.NOW
    seconds: float = 0.0

    def read(self) -> datetime:
        return self.now + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return (self.read() - outbox.NOW).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def channel_to(slack: Slack, clock: Moving) -> SlackChannel:
    return SlackChannel(
        bot_token=TOKEN,
        base_url=slack.api,
        webhook_hosts=(slack.url,),
        layout="always",
        limits=Limits(connect=60, deadline=60),
        pace=OwnPace(clock.monotonic, clock.sleep),
    )


def planned(engine: Engine, slack: Slack, count: int, webhooks: Sequence[int] = ()) -> None:
    """Deliveries to as many conversations."""
    ids = outbox.fill(engine, count, channel=ChannelName.SLACK)
    with transaction(engine) as session:
        for place, number in enumerate(ids):
            address = f"{slack.url}/services/{place}" if place in webhooks else f"C{number:06d}"
            slack.channels.add(address)
            session.execute(update(DeliveryRow).where(DeliveryRow.id == number).values(address=address))


def run_to_the_end(engine: Engine, channel: Channel, clock: Moving, rounds: int = 80) -> None:
    """Deliver again and again, hours apart, until nothing waits."""
    for _ in range(rounds):
        deliver(engine, {ChannelName.SLACK: channel}, sheets, TERMS, clock=clock.read)
        waiting = [one for one in outbox.all_of(engine) if one.next_attempt_at is not None]
        if not any(one.state in (DeliveryState.DEFERRED, DeliveryState.UNKNOWN) for one in waiting):
            return
        clock.now += timedelta(hours=1)


def posts(slack: Slack) -> Counter[tuple[str, int]]:
    """How often each part of each digest stands in Slack."""
    payloads = [one["metadata"]["event_payload"] for one in slack.messages]
    return Counter((one["key"], one["part"]) for one in payloads)


def storm(engine: Engine, slack: Slack, count: int) -> Moving:
    """Deliver ``count`` digests of two parts while a good part of the answers is lost in every way."""
    dice = random.Random(7)
    planned(engine, slack, count)
    slack.faults = [dice.choice(FAULTS) for _ in range(count * 2)]
    slack.faults[count // 2] = "429:60"  # holds up the whole workspace, so one is enough
    slack.reading_faults = [dice.choice(("", "", "drop", "429:5", "status:500")) for _ in range(count)]
    return Moving()


def check(engine: Engine, slack: Slack, count: int) -> None:
    found = posts(slack)
    assert set(found.values()) == {1}, "a digest was posted twice"
    assert len(found) == 2 * count, "a part of a digest is lost"
    assert len(slack.parents()) == count
    assert {one.state for one in outbox.all_of(engine)} == {DeliveryState.SENT}


@pytest.mark.parametrize(
    "count", [60, pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
def test_lost_answers_neither_double_nor_lose_a_digest(sqlite_engine: Engine, count: int) -> None:
    with running_slack() as slack:
        slack.faults = []
        clock = storm(sqlite_engine, slack, count)
        run_to_the_end(sqlite_engine, channel_to(slack, clock), clock)
        assert not slack.faults
        check(sqlite_engine, slack, count)


class Blind:
    """A broken twin: a Slack channel that never looks before it repeats."""

    def __init__(self, channel: SlackChannel) -> None:
        self._channel = channel
        self.name, self.on_unknown = channel.name, channel.on_unknown
        self.template = channel.template
        self.render, self.open = channel.render, channel.open

    def find(self, message: Message) -> HandOver | None:
        return None


def test_without_looking_the_same_storm_posts_twice(sqlite_engine: Engine) -> None:
    with running_slack() as slack:
        clock = storm(sqlite_engine, slack, 30)
        run_to_the_end(sqlite_engine, Blind(channel_to(slack, clock)), clock)
        assert max(posts(slack).values()) > 1


def test_a_webhooks_lost_answer_waits_for_an_operator_and_nothing_is_repeated(sqlite_engine: Engine) -> None:
    with running_slack() as slack:
        planned(sqlite_engine, slack, 1, webhooks=[0])
        slack.faults = ["lose"]
        clock = Moving()
        run_to_the_end(sqlite_engine, channel_to(slack, clock), clock, rounds=5)
        (held,) = outbox.all_of(sqlite_engine)
        assert (held.state, held.next_attempt_at) == (DeliveryState.UNKNOWN, None)
        assert len(slack.hooked) == 1


@pytest.mark.parametrize(
    ("fault", "key", "says"),
    [
        ("error:is_archived", "event.target.1", "digest subscribers resume 1"),
        ("error:invalid_blocks", "event.slack.fallback", "plain text"),
    ],
)
def test_what_is_wrong_at_slack_is_told_to_the_operator_once_without_an_address(
    sqlite_engine: Engine, fault: str, key: str, says: str
) -> None:
    with running_slack() as slack:
        planned(sqlite_engine, slack, 1)
        slack.faults = [fault]
        clock = Moving()
        run_to_the_end(sqlite_engine, channel_to(slack, clock), clock, rounds=2)
    with reading(sqlite_engine) as session:
        (alarm,) = alarms.untold(session)
    assert alarm.key == key
    assert says in alarm.detail
    assert "C000001" not in alarm.detail
    state = DeliveryState.SENT if "fallback" in key else DeliveryState.REFUSED
    assert [one.state for one in outbox.all_of(sqlite_engine)] == [state]


def test_a_content_that_is_refused_twice_is_one_alarm_and_suspends_nobody(sqlite_engine: Engine) -> None:
    with running_slack() as slack:
        planned(sqlite_engine, slack, 2)
        slack.faults = ["error:msg_too_long"] * 4
        clock = Moving()
        run_to_the_end(sqlite_engine, channel_to(slack, clock), clock, rounds=2)
        assert slack.messages == []
    with reading(sqlite_engine) as session:
        assert [one.key for one in alarms.untold(session)] == ["event.slack.content"]
        assert [one.state for one in subscribers.listed(session)] == [SubscriberState.CONFIRMED] * 2
