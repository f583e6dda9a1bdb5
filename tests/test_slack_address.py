"""Addresses: what is accepted, and that a webhook is never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SubscriptionError
from digest.model import ChannelName
from digest.slack_address import Conversation, Webhook, masked, read_address
from digest.subscriptions import check_address

HOSTS = ("hooks.slack.com", "http://127.0.0.1:9")
HOOK = "https://hooks.slack.com/services/T1/B1/s3cret"


def test_conversations_are_read_with_and_without_their_workspace() -> None:
    assert read_address("C0123ABCD", HOSTS) == Conversation("C0123ABCD")
    assert read_address("T012/U0456", HOSTS) == Conversation("U0456", "T012")
    assert Conversation("U1").person
    assert not Conversation("D1").person


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" W0123ABCD ", "W0123ABCD"),
        ("E012/C0456", "E012/C0456"),
        ("https://HOOKS.slack.com:443/services/T1/B1/s3cret", HOOK),
        ("HTTPS://hooks.slack.com:/services/T1/B1/s3cret", HOOK),
        ("http://127.0.0.1:9/services/x", "http://127.0.0.1:9/services/x"),
    ],
)
def test_the_door_takes_every_spelling_the_sender_knows_and_stores_one(typed: str, stored: str) -> None:
    assert check_address(ChannelName.SLACK, typed, webhook_hosts=HOSTS) == stored


ADDRESSES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(
            ["https://hooks.slack.com", "HTTPS://Hooks.Slack.com", "http://127.0.0.1:9", "T01/C"]
        ),
        st.sampled_from(["", ":443", ":", "/services/"]),
        st.text(st.sampled_from("aT0/.~%;?#@: \n"), max_size=4),
    ),
)


@given(ADDRESSES)
def test_whatever_the_door_takes_the_sender_reads(typed: str) -> None:
    try:
        stored = check_address(ChannelName.SLACK, typed, webhook_hosts=HOSTS)
    except SubscriptionError:
        return
    assert read_address(stored, HOSTS).address == stored


@pytest.mark.parametrize("path", ["x~y", "x%2e", "a;b", "x y", "x\ny"])
def test_a_webhook_the_sender_would_not_post_to_is_refused_at_the_door(path: str) -> None:
    with pytest.raises(SubscriptionError):
        check_address(ChannelName.SLACK, f"https://hooks.slack.com/services/T0/B0/{path}")


def test_a_webhook_of_a_known_host_is_accepted_and_an_origin_named_in_full_is_trusted() -> None:
    assert read_address(HOOK, HOSTS) == Webhook(HOOK)
    assert read_address("http://127.0.0.1:9/services/x", HOSTS) == Webhook(
        "http://127.0.0.1:9/services/x", True
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/services/x",
        "http://hooks.slack.com/services/x",
        "https://hooks.slack.com:8443/services/x",
        "https://hooks.slack.com@evil.example/services/x",
        "https://a@hooks.slack.com/services/x",
        "https://hooks.slack.com.evil.example/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://0x7f.1/x",
        "https://2130706433/x",
        "file:///etc/passwd",
        "gopher://hooks.slack.com/x",
        "https://hooks.slack.com/x?y=1",
        "https://hooks.slack.com/x#y",
        "https://hooks.slack.com:99999/x",
        "https://[bad",
        "https://hooks.slack.com/a b",
        "https://hooks.slack.com/" + "x" * 400,
        "#general",
        "C1\n",
        "c0123",
        "T1/T2/C3",
        "",
    ],
)
def test_other_addresses_are_refused_without_repeating_them(address: str) -> None:
    with pytest.raises(SubscriptionError) as told:
        read_address(address, HOSTS)
    assert not address or address not in str(told.value) + told.value.remedy


def test_a_webhook_is_masked_wherever_it_is_shown() -> None:
    assert masked(HOOK) == "webhook at hooks.slack.com/…"
    assert masked("https://[bad") == "webhook at /…"
    assert masked("C0123") == "C0123"
    assert "s3cret" not in repr(read_address(HOOK, HOSTS))
