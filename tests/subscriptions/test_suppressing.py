"""Suppression: at every door the same list, and one way off it."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from digest.errors import NotFound, SubscriptionError, Suppressed
from digest.model import ChannelName
from digest.store import subscribers, suppressions
from digest.store.database import reading, transaction
from digest.subscriptions import erase, refuse_suppressed, suppressed_among, unsuppress
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import keyed_hash
from tests.keys import KEYS
from tests.subscriptions.conftest import NOW, Subscribe

EMAIL = ChannelName.EMAIL
ADA = "ada@example.org"


def suppress(engine: Engine, address: str = ADA) -> None:
    with transaction(engine) as session:
        suppressions.add(session, EMAIL, keyed_hash(KEYS, ADDRESS, address), "bounced: 5.1.1", NOW)


def test_a_suppressed_address_is_not_subscribed_and_the_error_names_the_way_but_not_the_address(
    engine: Engine, join: Subscribe
) -> None:
    suppress(engine)
    with pytest.raises(Suppressed, match=r"bounced: 5\.1\.1") as told:
        join(address="Ada@Example.org")
    assert "digest subscribers unsuppress" in told.value.remedy
    assert ADA not in str(told.value)
    with reading(engine) as session:
        assert subscribers.listed(session) == []


def test_who_was_erased_for_good_cannot_be_subscribed_until_an_admin_says_so(
    engine: Engine, join: Subscribe
) -> None:
    with transaction(engine) as session:
        erase(session, join().id, KEYS, NOW, never_again=True)
    with pytest.raises(Suppressed):
        join()
    with transaction(engine) as session:
        assert unsuppress(session, KEYS, EMAIL, " ADA@example.org") == "asked never to be written to"
    assert join().address == ADA


def test_a_batch_is_asked_for_at_once_and_by_channel(engine: Engine) -> None:
    suppress(engine)
    with reading(engine) as session:
        assert suppressed_among(session, KEYS, EMAIL, {ADA, "bob@example.org"}) == {ADA}
        assert suppressed_among(session, KEYS, ChannelName.FILE, {ADA}) == set()
        assert suppressed_among(session, KEYS, EMAIL, ()) == set()
        refuse_suppressed(session, KEYS, EMAIL, "bob@example.org")


def test_lifting_what_is_not_suppressed_or_no_address_is_an_error(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as session:
        with pytest.raises(NotFound):
            unsuppress(session, KEYS, EMAIL, ADA)
        with pytest.raises(SubscriptionError):
            unsuppress(session, KEYS, EMAIL, "ada")
