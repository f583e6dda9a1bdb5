"""The Slack channel over real sockets: outcomes, threads, pace, and what a lost answer may not do."""

from __future__ import annotations

import json
import socket
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from digest.channels.slack import SlackChannel
from digest.channels.slack_http import Limits
from digest.channels.slack_pace import OwnPace
from digest.errors import TokenError
from digest.model import Deferred, Faulty, HandOver, Message, Refused, Sent, Sheet, Unknown, UnknownPolicy
from tests.channels.slack_sheets import papers, sheet
from tests.slack_server import TOKEN, Slack, running_slack


@pytest.fixture
def slack() -> Iterator[Slack]:
    with running_slack() as running:
        yield running


@dataclass
class Clock:
    """A clock that is moved by sleeping, so that tests do not wait."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def channel_to(slack: Slack, clock: Clock | None = None, **values: Any) -> SlackChannel:
    moved = clock or Clock()
    made = SlackChannel(
        bot_token=TOKEN,
        base_url=slack.api,
        webhook_hosts=("hooks.slack.com", slack.url),
        limits=Limits(connect=60, deadline=60),
        pace=OwnPace(moved.read, moved.sleep),
    )
    return replace(made, **values)


def message_of(channel: SlackChannel, made: Sheet, reference: str = "") -> Message:
    return Message(7, made.address, channel.render(made), made.message_id, reference=reference)


def open_gate(ids: Sequence[int]) -> Collection[int]:
    return ids


def hand_over(channel: SlackChannel, message: Message) -> HandOver:
    with channel.open() as sender:
        outcomes = list(sender.hand_over([message], open_gate))
    assert [number for number, _ in outcomes] == [7]
    return outcomes[0][1]


def test_a_short_digest_is_one_message_with_fallback_text_metadata_and_no_unfurling(slack: Slack) -> None:
    channel = channel_to(slack)
    outcome = hand_over(channel, message_of(channel, sheet(papers(2))))
    assert outcome == Sent("C1:1700000000.000001")
    (posted,) = slack.messages
    assert posted["text"].startswith("Daily Papers · Fri 20 Nov 2026: 2 papers for you")
    assert (posted["unfurl_links"], posted["unfurl_media"], posted["link_names"]) == (False, False, False)
    assert posted["metadata"]["event_payload"] == {"key": "<42.1@digest.example>", "part": 0}


def test_a_long_digest_is_a_parent_with_the_account_and_the_papers_as_its_thread(slack: Slack) -> None:
    channel = channel_to(slack)
    outcome = hand_over(channel, message_of(channel, sheet(papers(30), papers(20))))
    assert isinstance(outcome, Sent)
    parent, *thread = slack.messages
    assert len(thread) > 1
    assert {one["thread_ts"] for one in thread} == {parent["ts"]}
    assert "58 papers listed on Fri 20 Nov: 50 chosen" in json.dumps(parent["blocks"])
    shown = json.dumps([one["blocks"] for one in thread])
    assert all(shown.count(f"papers/2511.{number:05d}|") for number in range(1, 31))
    assert outcome.reference == f"C1:{','.join(one['ts'] for one in slack.messages)}"


def test_a_direct_message_goes_to_the_person_and_its_thread_to_the_conversation_slack_named(
    slack: Slack,
) -> None:
    channel = channel_to(slack, layout="always")
    outcome = hand_over(channel, message_of(channel, sheet(papers(3), address="U77")))
    assert isinstance(outcome, Sent)
    assert [one["channel"] for one in slack.called("chat.postMessage")] == ["U77", "D1"]


def test_what_the_gate_keeps_back_is_not_posted(slack: Slack) -> None:
    channel = channel_to(slack)
    with channel.open() as sender:
        assert not list(sender.hand_over([message_of(channel, sheet(papers(1)))], lambda ids: ()))
    assert slack.messages == []


def test_one_message_a_second_per_conversation_and_the_wait_comes_before_the_gate(slack: Slack) -> None:
    clock = Clock()
    channel = channel_to(slack, clock)
    passed: list[float] = []

    def gate(ids: Sequence[int]) -> Collection[int]:
        passed.append(clock.now)
        return ids

    first = message_of(channel, sheet(papers(1)))
    other = replace(message_of(channel, sheet(papers(1), address="D1")), delivery_id=9)
    with channel.open() as sender:
        list(sender.hand_over([first, replace(first, delivery_id=8), other], gate))
    assert passed == [1000.0, 1001.0, 1001.0]


def test_a_short_wait_slack_asks_for_is_waited_for_and_the_order_is_kept(slack: Slack) -> None:
    clock = Clock()
    slack.faults = ["", "429:4"]
    channel = channel_to(slack, clock, layout="always")
    assert isinstance(hand_over(channel, message_of(channel, sheet(papers(3)))), Sent)
    assert 4.0 in clock.slept
    assert [one["metadata"]["event_payload"]["part"] for one in slack.messages] == [0, 1]


def test_a_long_wait_defers_this_and_the_following_without_counting_or_posting(slack: Slack) -> None:
    slack.faults = ["429:120"]
    channel = channel_to(slack)
    messages = [
        replace(message_of(channel, sheet(papers(1), address=to)), delivery_id=number)
        for number, to in enumerate(("C1", "D1"))
    ]
    with channel.open() as sender:
        outcomes = dict(sender.hand_over(messages, open_gate))
    assert outcomes[0] == Deferred("Slack asks to wait", "429", 120, counts=False)
    assert isinstance(outcomes[1], Deferred)
    assert (outcomes[1].counts, outcomes[1].retry_after) == (False, 120)
    assert len(slack.called("chat.postMessage")) == 1


def test_a_wait_of_one_workspace_does_not_hold_up_another(slack: Slack) -> None:
    slack.faults = ["429:120"]
    slack.tokens = {"one", "two"}
    channel = channel_to(slack, tokens={"T1": "one", "T2": "two"}.get)
    messages = [
        replace(message_of(channel, sheet(papers(1), address=to)), delivery_id=number)
        for number, to in enumerate(("T1/C1", "T2/C1"))
    ]
    with channel.open() as sender:
        outcomes = dict(sender.hand_over(messages, open_gate))
    assert isinstance(outcomes[0], Deferred)
    assert isinstance(outcomes[1], Sent)


@pytest.mark.parametrize(
    ("told", "seconds"), [("nonsense", 30), ("-5", 30), ("0", 1), ("999999999", 3600), ("", 30)]
)
def test_nonsense_in_retry_after_is_a_default_within_floor_and_cap(
    slack: Slack, told: str, seconds: float
) -> None:
    slack.faults = [f"429:{told}"] * 2
    channel = channel_to(slack)
    outcome = hand_over(channel, message_of(channel, sheet(papers(1))))
    assert isinstance(outcome, Deferred)
    assert outcome.retry_after == seconds


@pytest.mark.parametrize("code", ["invalid_auth", "account_inactive", "token_revoked", "token_expired"])
def test_a_closed_login_is_our_fault_and_nothing_more_is_tried(slack: Slack, code: str) -> None:
    slack.faults = [f"error:{code}"]
    channel = channel_to(slack)
    message = message_of(channel, sheet(papers(1)))
    with channel.open() as sender:
        outcomes = list(sender.hand_over([message, replace(message, delivery_id=8)], open_gate))
    assert outcomes == [(7, Faulty("Slack refuses the bot token", code=code))]
    assert len(slack.called("chat.postMessage")) == 1


def test_a_workspace_that_revoked_its_own_token_is_switched_off_alone(slack: Slack) -> None:
    channel = channel_to(slack, tokens={"T9": "revoked"}.get)
    outcome = hand_over(channel, message_of(channel, sheet(papers(1), address="T9/C1")))
    assert outcome == Refused("the workspace has closed its access", code="invalid_auth", suspend=True)


def test_without_any_token_the_channel_is_faulty_and_names_the_setting(slack: Slack) -> None:
    channel = channel_to(slack, bot_token="")
    outcome = hand_over(channel, message_of(channel, sheet(papers(1))))
    assert outcome == Faulty("slack.bot_token is not set", code="not_authed")
    there = hand_over(channel, message_of(channel, sheet(papers(1), address="T5/C1")))
    assert there == Refused("the app is not installed in this workspace", code="not_installed", suspend=True)


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "not_in_channel", "restricted_action"])
def test_a_closed_conversation_is_switched_off(slack: Slack, code: str) -> None:
    slack.faults = [f"error:{code}"]
    channel = channel_to(slack)
    outcome = hand_over(channel, message_of(channel, sheet(papers(1))))
    assert outcome == Refused("the conversation is closed to the app", code=code, suspend=True)


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_too_long", "too_many_blocks", "msg_blocks_too_long"])
def test_refused_blocks_become_plain_text_once_with_a_warning(slack: Slack, code: str) -> None:
    slack.faults = [f"error:{code}"]
    channel = channel_to(slack)
    outcome = hand_over(channel, message_of(channel, sheet(papers(2))))
    assert isinstance(outcome, Sent)
    assert code in outcome.warning
    (posted,) = slack.messages
    assert "blocks" not in posted
    assert "Diffusion policies for task 2" in posted["text"]
    assert "10 papers listed" in posted["text"]


def test_content_refused_twice_is_refused_and_not_repeated_and_the_address_is_not_blamed(
    slack: Slack,
) -> None:
    slack.faults = ["error:invalid_blocks", "error:msg_too_long"]
    channel = channel_to(slack)
    outcome = hand_over(channel, message_of(channel, sheet(papers(2))))
    assert outcome == Refused("Slack refuses the content", code="msg_too_long")
    assert len(slack.called("chat.postMessage")) == 2


@pytest.mark.parametrize(
    "fault",
    [
        "lose",
        "drop",
        "status:500",
        "status:503",
        'json:500:{"ok":false,"error":"channel_not_found"}',
        'json:502:{"ok":true,"channel":"C1","ts":"1.1"}',
        "raw:<html>ok</html>",
        "raw:{}",
        'raw:{"ok":"true"}',
        'raw:{"ok":true}',
        "raw:[1]",
        "error:fatal_error",
        "error:internal_error",
        'raw:{"ok":false}',
    ],
)
def test_an_answer_that_says_nothing_is_unknown_and_the_post_is_not_repeated(
    slack: Slack, fault: str
) -> None:
    slack.faults = [fault]
    channel = channel_to(slack)
    outcome = hand_over(channel, message_of(channel, sheet(papers(1))))
    assert isinstance(outcome, Unknown)
    assert outcome.look_after
    assert len(slack.called("chat.postMessage")) == 1


@pytest.mark.parametrize("fault", ["status:302", "status:404", "error:some_new_error"])
def test_a_no_that_is_not_known_is_tried_again_later(slack: Slack, fault: str) -> None:
    slack.faults = [fault]
    channel = channel_to(slack)
    outcome = hand_over(channel, message_of(channel, sheet(papers(1))))
    assert isinstance(outcome, Deferred)
    assert outcome.counts


def test_no_connection_means_that_nothing_was_sent(slack: Slack) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    channel = channel_to(slack, base_url=f"http://127.0.0.1:{port}/api/")
    outcome = hand_over(channel, message_of(channel, sheet(papers(1))))
    assert outcome == Deferred("no connection: ConnectionRefusedError", code="connect")


def test_a_lost_answer_is_found_by_its_key_and_not_posted_again(slack: Slack) -> None:
    channel = channel_to(slack)
    message = message_of(channel, sheet(papers(2)))
    for _ in range(7):  # the key stands on the third page
        slack.post({"channel": "C1", "text": "talk"})
    slack.faults = ["lose"]
    assert isinstance(hand_over(channel, message), Unknown)
    for _ in range(7):
        slack.post({"channel": "C1", "text": "talk"})
    found = channel.find(message)
    assert found == Sent("C1:1700000000.000008")


def test_an_answer_lost_before_the_post_was_taken_is_certainly_not_there(slack: Slack) -> None:
    channel = channel_to(slack)
    message = message_of(channel, sheet(papers(2), address="U77"))
    slack.faults = ["drop"]
    assert isinstance(hand_over(channel, message), Unknown)
    assert channel.find(message) is None


def test_half_a_thread_is_completed_and_not_repeated(slack: Slack) -> None:
    channel = channel_to(slack, layout="always")
    made = sheet(papers(40))
    slack.faults = ["", "", "lose"]
    outcome = hand_over(channel, message_of(channel, made))
    assert isinstance(outcome, Unknown)
    found = channel.find(message_of(channel, made, outcome.reference))
    assert isinstance(found, Deferred)
    assert (found.counts, found.reference.count(",")) == (False, 2)
    assert isinstance(hand_over(channel, message_of(channel, made, found.reference)), Sent)
    parts = [one["metadata"]["event_payload"]["part"] for one in slack.messages]
    assert parts == list(range(len(parts)))
    assert len(slack.parents()) == 1


def test_a_thread_stopped_by_a_wait_goes_on_where_it_stopped(slack: Slack) -> None:
    channel = channel_to(slack, layout="always")
    made = sheet(papers(40))
    slack.faults = ["", "", "429:100"]
    stopped = hand_over(channel, message_of(channel, made))
    assert isinstance(stopped, Deferred)
    later = channel_to(slack, layout="always")
    assert isinstance(hand_over(later, message_of(later, made, stopped.reference)), Sent)
    parts = [one["metadata"]["event_payload"]["part"] for one in slack.messages]
    assert parts == list(range(len(parts)))


def test_a_deleted_parent_ends_the_delivery(slack: Slack) -> None:
    channel = channel_to(slack, layout="always")
    made = sheet(papers(40))
    slack.faults = ["", "lose"]
    outcome = hand_over(channel, message_of(channel, made))
    assert isinstance(outcome, Unknown)
    slack.messages.clear()
    found = channel.find(message_of(channel, made, outcome.reference))
    assert found == Refused("the digest was deleted in Slack", code="thread_not_found")


@pytest.mark.parametrize("fault", ["429:7", "status:500", "drop", "raw:{}", 'raw:{"ok":true}'])
def test_a_history_that_cannot_be_read_now_is_looked_at_again_and_nothing_is_repeated(
    slack: Slack, fault: str
) -> None:
    slack.reading_faults = [fault]
    channel = channel_to(slack)
    found = channel.find(message_of(channel, sheet(papers(1))))
    assert isinstance(found, Unknown)
    assert found.look_after


def test_a_wait_for_reading_is_obeyed_before_the_next_look_and_does_not_hold_up_posts(slack: Slack) -> None:
    clock = Clock()
    channel = channel_to(slack, clock)
    message = message_of(channel, sheet(papers(1)))
    slack.reading_faults = ["429:100"]
    assert isinstance(channel.find(message), Unknown)
    assert channel.find(message) == Unknown("Slack asked to wait", look_after=100)
    assert len(slack.called("conversations.history")) == 1
    assert isinstance(hand_over(channel, message), Sent)
    clock.now += 95
    assert isinstance(channel.find(message), Sent)
    assert clock.slept[-1] == 5


def test_a_token_that_cannot_be_opened_is_our_fault_and_known_before_the_gate(slack: Slack) -> None:
    def broken(_team: str) -> str | None:
        raise TokenError("a stored token cannot be opened: its secret key is gone")

    channel = channel_to(slack, tokens=broken)
    passed: list[int] = []

    def keep(ids: Sequence[int]) -> Collection[int]:
        passed.extend(ids)
        return ids

    with channel.open() as sender:
        message = message_of(channel, sheet(papers(1), address="T111/C1"))
        outcomes = list(sender.hand_over([message], keep))
    assert isinstance(outcomes[0][1], Faulty)
    assert passed == []


def test_a_workspaces_token_is_looked_up_once_for_all_its_messages(slack: Slack) -> None:
    asked: list[str] = []

    def tokens(team: str) -> str | None:
        asked.append(team)
        return TOKEN

    channel = channel_to(slack, tokens=tokens)
    message = message_of(channel, sheet(papers(1), address="T111/C1"))
    with channel.open() as sender:
        list(sender.hand_over([message, replace(message, delivery_id=8)], open_gate))
    assert asked == ["T111"]


def test_a_history_the_app_may_not_read_is_for_an_operator(slack: Slack) -> None:
    slack.reading_faults = ["error:missing_scope"]
    channel = channel_to(slack)
    found = channel.find(message_of(channel, sheet(papers(1))))
    assert found == Unknown("the history cannot be read: missing_scope")


def test_a_direct_message_is_looked_for_in_the_conversation_slack_opens(slack: Slack) -> None:
    channel = channel_to(slack)
    message = message_of(channel, sheet(papers(1), address="U77"))
    slack.faults = ["lose"]
    assert isinstance(hand_over(channel, message), Unknown)
    assert channel.find(message) == Sent("D1:1700000000.000001")
    slack.reading_faults = ['raw:{"ok":true}']
    assert isinstance(channel.find(message), Unknown)


# --- webhooks ----------------------------------------------------------------------------------


def test_a_webhook_gets_links_where_others_get_buttons_and_never_a_thread(slack: Slack) -> None:
    channel = channel_to(slack, interactive=True, layout="always")
    outcome = hand_over(channel, message_of(channel, sheet(papers(30), address=slack.hook)))
    assert isinstance(outcome, Sent)
    assert len(slack.hooked) > 1
    shown = json.dumps(slack.hooked)
    assert "thread" not in shown
    assert '"button"' not in shown
    assert "https://digest.example/f/token/2511.00001/more|More like this" in shown


def test_a_webhooks_lost_answer_is_held_for_an_operator(slack: Slack) -> None:
    channel = channel_to(slack)
    message = message_of(channel, sheet(papers(1), address=slack.hook))
    slack.faults = ["lose"]
    outcome = hand_over(channel, message)
    assert isinstance(outcome, Unknown)
    assert outcome.look_after is None
    found = channel.find(message)
    assert isinstance(found, Unknown)
    assert found.look_after is None
    assert channel.on_unknown is UnknownPolicy.RECONCILE


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("hook:404:no_service", Refused("the webhook is gone", "no_service", suspend=True)),
        ("hook:410:channel_is_archived", Refused("the webhook is gone", "channel_is_archived", suspend=True)),
        ("hook:403:action_prohibited", Refused("the webhook refuses", "action_prohibited", suspend=True)),
        ("hook:302:", Deferred("an answer that is no yes and no known no", "302")),
        ("429:60", Deferred("Slack asks to wait", "429", 60, counts=False)),
    ],
)
def test_a_webhooks_no_is_read_from_status_and_text(slack: Slack, fault: str, expected: HandOver) -> None:
    slack.faults = [fault]
    channel = channel_to(slack)
    assert hand_over(channel, message_of(channel, sheet(papers(1), address=slack.hook))) == expected


@pytest.mark.parametrize("fault", ["hook:200:<html>", "hook:500:rollup_error"])
def test_a_webhook_that_does_not_say_ok_is_unknown(slack: Slack, fault: str) -> None:
    slack.faults = [fault]
    channel = channel_to(slack)
    outcome = hand_over(channel, message_of(channel, sheet(papers(1), address=slack.hook)))
    assert isinstance(outcome, Unknown)


def test_a_webhook_falls_back_to_plain_text_too_and_keeps_count(slack: Slack) -> None:
    slack.faults = ["hook:400:invalid_blocks", "", "429:60"]
    channel = channel_to(slack)
    made = sheet(papers(30), address=slack.hook)
    outcome = hand_over(channel, message_of(channel, made))
    assert isinstance(outcome, Deferred)
    assert outcome.reference == "webhook:0"
    later = channel_to(slack)
    assert isinstance(hand_over(later, message_of(later, made, outcome.reference)), Sent)
    assert sum("2511.00001" in json.dumps(one) for one in slack.hooked) == 1


@pytest.mark.parametrize(
    "address",
    ["https://127.0.0.1/x", "nobody", "http://hooks.slack.com/services/x", "C1; DROP", "", "https://[::1/x"],
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(slack: Slack, address: str) -> None:
    channel = channel_to(slack)
    message = replace(message_of(channel, sheet(papers(1))), address=address)
    outcome = hand_over(channel, message)
    assert isinstance(outcome, Refused)
    assert outcome.suspend
    found = channel.find(message)
    assert isinstance(found, Refused)
    assert slack.calls == []


def test_neither_token_nor_webhook_shows_in_outcomes_or_representations(slack: Slack) -> None:
    channel = channel_to(slack)
    assert TOKEN not in repr(channel)
    for fault in ("lose", "hook:404:no_service", "hook:403:x", "hook:500:x"):
        slack.faults = [fault]
        outcome = hand_over(channel, message_of(channel, sheet(papers(1), address=slack.hook)))
        assert "canary" not in repr(outcome)
        channel = channel_to(slack)
