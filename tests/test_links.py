"""Links and return addresses: the same at every attempt, and nobody else can make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.errors import TokenError
from digest.links import BOUNCE, UNSUBSCRIBE, bounce_address, make_links, read_address
from digest.model import Links
from digest.tokens import Keys, Purpose, verify

KEYS = Keys((b"a key of sixteen bytes",))
NEWER = Keys((b"another key, made later", *KEYS.secrets))
MADE = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


def links(keys: Keys = KEYS) -> Links:
    return make_links(
        keys, "https://papers.example/", subscriber_id=7, digest_id=9, at=MADE, return_domain="in.example"
    )


def test_the_same_digest_has_the_same_links() -> None:
    assert links() == links()


def test_each_link_opens_what_it_says_and_nothing_else() -> None:
    made = links()
    for link, purpose, subject in (
        (made.preferences, Purpose.PREFERENCES, "7"),
        (made.pause, Purpose.PREFERENCES, "7"),
        (made.unsubscribe, Purpose.UNSUBSCRIBE, "7"),
        (made.feedback, Purpose.FEEDBACK, "7"),
        (made.digest_page, Purpose.DIGEST, "9"),
    ):
        assert link.startswith("https://papers.example/")
        assert verify(KEYS, purpose, link.rpartition("/")[2], MADE + timedelta(days=1)) == subject
    assert made.one_click == made.unsubscribe


def test_return_addresses_name_their_delivery_and_survive_case_and_key_rotation() -> None:
    address = bounce_address(KEYS, 123, "in.example")
    assert read_address(KEYS, address) == (BOUNCE, 123)
    assert read_address(NEWER, address.upper()) == (BOUNCE, 123)
    assert read_address(KEYS, links().unsubscribe_mailto) == (UNSUBSCRIBE, 7)
    assert len(bounce_address(KEYS, 10**12, "in.example").partition("@")[0]) <= 64


@pytest.mark.parametrize(
    "address",
    ["b.123.00000000000000000000@x", "b.123@x", "ada@x", "b.x.y@x", "b.².y@x", "", "u.7.@x", "b.1.é@x"],
)
def test_addresses_that_are_not_ours_are_refused(address: str) -> None:
    with pytest.raises(TokenError):
        read_address(KEYS, address)


def test_a_seal_for_one_purpose_is_none_for_another() -> None:
    bounce = bounce_address(KEYS, 7, "in.example")
    with pytest.raises(TokenError):
        read_address(KEYS, "u" + bounce[1:])


def test_without_a_return_domain_there_are_no_return_addresses() -> None:
    assert bounce_address(KEYS, 1, "") == ""
