"""Signing up on the web: one mail, whoever asks how often; nothing told about an address."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import Engine

from digest.config import RetentionSettings
from digest.errors import SubscriptionError, TooMany
from digest.model import ChannelName, Subscriber, SubscriberState
from digest.pipeline.tidying import tidy_deliveries
from digest.ranking.language import parse_profile
from digest.store import notices, profiles, subscribers, suppressions
from digest.store.database import reading, transaction
from digest.store.notices import Kind
from digest.store.profiles import Draft
from digest.subscriptions import (
    Bounds,
    Wishes,
    ask_for_link,
    come_back,
    confirm,
    erase,
    export,
    leave,
    resume,
    sign_up,
    unsubscribe,
)
from digest.subscriptions.holding import bounding_form
from digest.subscriptions.signing_up import network_of
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import Keys, keyed_hash
from tests.store.filling import counts
from tests.subscriptions.conftest import NOW, Subscribe

DAY = timedelta(days=1)

KEYS = Keys((b"a secret key for tests only",))
ADA = Wishes(ChannelName.EMAIL, "ada@example.org", (Draft("Robots", "robots"),), "Europe/Berlin")
WIDE = Bounds(per_network_hour=100_000, total_hour=100_000)


def ask(
    engine: Engine,
    wishes: Wishes = ADA,
    *,
    now: datetime = NOW,
    client: str = "192.0.2.1",
    bounds: Bounds = WIDE,
) -> None:
    with transaction(engine) as session:
        sign_up(session, wishes, keys=KEYS, client=client, bounds=bounds, now=now)


def planned(engine: Engine) -> list[tuple[str, Kind]]:
    """What would be mailed now, to whom; claims it."""
    with transaction(engine) as session:
        found = notices.claim(
            session, "token", NOW + timedelta(days=40), lease=timedelta(days=1), limit=1000, most_attempts=9
        )
    return [(one.address, one.kind) for one in found]


def test_a_new_address_gets_one_confirmation_and_nothing_else(engine: Engine) -> None:
    ask(engine)
    with reading(engine) as session:
        [ada] = subscribers.listed(session)
        assert ada.state is SubscriberState.UNCONFIRMED
        assert ada.consent_source == "web"
        assert [one.text for one in profiles.of_subscriber(session, ada.id, parse_profile)] == ["robots"]
        assert subscribers.due(session, NOW + timedelta(days=30)) == []
    assert planned(engine) == [("ada@example.org", Kind.CONFIRM)]


def test_a_known_address_is_told_so_by_mail_and_nothing_changes(engine: Engine, join: Subscribe) -> None:
    ada = join()
    assert ask(engine, replace(ADA, profiles=(Draft("Eve's", "evil"),))) is None  # type: ignore[func-returns-value]  # that it says nothing is the promise
    with reading(engine) as session:
        assert subscribers.get(session, ada.id) == ada
        assert [one.name for one in profiles.of_subscriber(session, ada.id, parse_profile)] == ["Robots"]
    assert planned(engine) == [("ada@example.org", Kind.KNOWN)]


def test_many_sign_ups_for_one_address_send_one_mail_a_day_and_three_in_all(engine: Engine) -> None:
    for day in range(6):
        for minute in range(20):
            ask(engine, now=NOW + timedelta(days=day, hours=day, minutes=minute))
    assert planned(engine) == [("ada@example.org", Kind.CONFIRM)] * 3


def test_sign_ups_at_the_same_moment_send_one_mail(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ask(engine), range(40)))
    assert planned(engine) == [("ada@example.org", Kind.CONFIRM)]


def test_tags_and_dots_do_not_make_a_mailbox_many(engine: Engine) -> None:
    for address in ("a.da@gmail.com", "ada+1@gmail.com", "ada+2@googlemail.com", "AD.A@gmail.com"):
        ask(engine, replace(ADA, address=address.lower()))
    assert len(planned(engine)) == 2  # gmail.com and googlemail.com
    assert bounding_form("+x@example.org") == "+x@example.org"
    assert bounding_form("C0123ABCD") == "C0123ABCD"


def test_a_suppressed_address_gets_no_mail_and_no_row(engine: Engine) -> None:
    with transaction(engine) as session:
        suppressions.add(session, ADA.channel, keyed_hash(KEYS, ADDRESS, ADA.address), "complaint", NOW)
    ask(engine)
    assert planned(engine) == []
    with reading(engine) as session:
        assert subscribers.listed(session) == []


def test_one_network_and_all_together_are_bounded(engine: Engine) -> None:
    few = Bounds(per_network_hour=3, total_hour=5)
    for number in range(3):
        ask(engine, replace(ADA, address=f"r{number}@example.org"), client=f"192.0.2.{number}", bounds=few)
    with pytest.raises(TooMany) as caught:
        ask(engine, client="192.0.2.99", bounds=few)
    assert caught.value.retry_after == 3600
    for number in range(2):
        ask(engine, client=f"198.51.{number}.1", bounds=few)
    with pytest.raises(TooMany):
        ask(engine, client="203.0.113.1", bounds=few)
    ask(engine, client="203.0.113.1", bounds=few, now=NOW + timedelta(hours=1, seconds=1))


def test_who_left_must_confirm_anew(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        unsubscribe(session, ada.id)
    ask(engine)
    assert planned(engine) == [("ada@example.org", Kind.CONFIRM)]
    with transaction(engine) as session:
        assert subscribers.get(session, ada.id).state is SubscriberState.UNSUBSCRIBED
        assert confirm(session, ada.id, KEYS, NOW).state is SubscriberState.CONFIRMED


EVE = replace(ADA, profiles=(Draft("Eve's", "evil", 2.5, 7),), timezone="Asia/Tokyo", send_at=time(6, 15))


@pytest.fixture(params=[SubscriberState.UNSUBSCRIBED, SubscriberState.SUSPENDED])
def gone(engine: Engine, join: Subscribe, request: pytest.FixtureRequest) -> Subscriber:
    """Ada, who had a digest and gets none now."""
    ada = join()
    with transaction(engine) as session:
        prepared = subscribers.Prepared(ada.id, NOW.date(), 5, NOW, NOW + DAY)
        subscribers.record_prepared(session, [prepared])
        if request.param is SubscriberState.SUSPENDED:
            subscribers.suspend(session, ada.id, "550 5.1.1")
        else:
            unsubscribe(session, ada.id)
        return subscribers.get(session, ada.id)


def held(engine: Engine, number: int) -> tuple[Subscriber, list[str]]:
    """What counts of a subscriber: the row, and the words of its profiles."""
    with reading(engine) as session:
        own = profiles.of_subscriber(session, number, parse_profile)
        return subscribers.get(session, number), [one.text for one in own]


def tidied(engine: Engine, now: datetime) -> None:
    tidy_deliveries(engine, RetentionSettings(), now=now)


def test_a_stranger_who_types_an_address_in_changes_nothing_of_who_left(
    engine: Engine, gone: Subscriber
) -> None:
    before = held(engine, gone.id)
    for minute in range(3):
        ask(engine, EVE, now=NOW + timedelta(minutes=minute))
        assert held(engine, gone.id) == before
    tidied(engine, NOW + 8 * DAY)
    assert held(engine, gone.id) == before
    with transaction(engine) as session, pytest.raises(SubscriptionError, match="used already"):
        confirm(session, gone.id, KEYS, NOW + 8 * DAY)


def test_confirming_brings_what_was_asked_for_last_and_keeps_what_was_shown(
    engine: Engine, gone: Subscriber
) -> None:
    ask(engine)
    ask(engine, EVE)
    with transaction(engine) as session:
        confirmed = confirm(session, gone.id, KEYS, NOW + timedelta(hours=1))
        assert confirm(session, gone.id, KEYS, NOW + timedelta(hours=2)) == confirmed
        [own] = profiles.of_subscriber(session, gone.id, parse_profile)
    assert (confirmed.id, confirmed.state, confirmed.suspended_reason) == (
        gone.id,
        SubscriberState.CONFIRMED,
        "",
    )
    assert (confirmed.timezone, confirmed.send_at) == ("Asia/Tokyo", time(6, 15))
    assert (confirmed.last_slot, confirmed.consent_source) == (gone.last_slot, "web")
    assert confirmed.next_due_at == datetime(2026, 3, 2, 21, 15, tzinfo=UTC)
    assert (own.name, own.text, own.bar, own.limit) == ("Eve's", "evil", 2.5, 7)


@pytest.mark.parametrize("decision", ["comes back", "is resumed", "is added", "unsubscribes", "leaves"])
def test_what_is_decided_meanwhile_is_not_overruled_by_the_link(
    engine: Engine, join: Subscribe, decision: str
) -> None:
    ada = join()
    with transaction(engine) as session:
        if decision == "is resumed":
            subscribers.suspend(session, ada.id, "550 5.1.1")
        else:
            unsubscribe(session, ada.id)
    ask(engine, EVE)
    if decision == "is added":
        join()
    decide = {"comes back": come_back, "is resumed": resume, "leaves": leave}
    with transaction(engine) as session:
        if decision == "unsubscribes":
            unsubscribe(session, ada.id)
        elif decision in decide:
            decide[decision](session, ada.id, NOW)
        subscribers.suspend(session, ada.id, "552 5.2.2")  # of whom is active again
        with pytest.raises(SubscriptionError, match="used already"):
            confirm(session, ada.id, KEYS, NOW)


def test_the_wishes_that_wait_are_handed_out_and_erased_with_the_rest(
    engine: Engine, gone: Subscriber
) -> None:
    ask(engine, EVE)
    with transaction(engine) as session:
        [wishes] = export(session, gone.id)["wishes"]
        assert wishes["wishes"]["profiles"][0]["text"] == "evil"
        erase(session, gone.id, KEYS, NOW)
    assert counts(engine)["wishes"] == 0


def test_a_corrected_profile_replaces_the_one_not_yet_confirmed(engine: Engine) -> None:
    ask(engine)
    ask(engine, replace(ADA, profiles=(Draft("Robots", "robot hands"),), timezone="Asia/Tokyo"))
    with reading(engine) as session:
        [ada] = subscribers.listed(session)
        assert ada.timezone == "Asia/Tokyo"
        assert [one.text for one in profiles.of_subscriber(session, ada.id, parse_profile)] == ["robot hands"]


def test_a_lost_link_is_sent_to_subscribers_only_once_a_day(engine: Engine, join: Subscribe) -> None:
    join()
    for address in ("ada@example.org", "ada@example.org", "nobody@example.org"):
        with transaction(engine) as session:
            ask_for_link(
                session, replace(ADA, address=address), keys=KEYS, client="192.0.2.1", bounds=WIDE, now=NOW
            )
    assert planned(engine) == [("ada@example.org", Kind.KNOWN)]
    with reading(engine) as session:
        assert len(subscribers.listed(session)) == 1


def ask_link(engine: Engine, *, now: datetime, bounds: Bounds = WIDE) -> None:
    with transaction(engine) as session:
        ask_for_link(session, ADA, keys=KEYS, client="192.0.2.1", bounds=bounds, now=now)


def test_a_lost_link_is_sent_on_the_day_of_the_sign_up_once_and_three_in_all(engine: Engine) -> None:
    ask(engine)
    [(_, kind)] = planned(engine)
    assert kind is Kind.CONFIRM
    ask_link(engine, now=NOW)
    assert planned(engine) == [], "nobody has confirmed"
    with transaction(engine) as session:
        [ada] = subscribers.listed(session)
        confirm(session, ada.id, KEYS, NOW + timedelta(minutes=5))
    for minute in range(10, 20):
        ask_link(engine, now=NOW + timedelta(minutes=minute))
        ask(engine, now=NOW + timedelta(minutes=minute))
        with transaction(engine) as session:
            confirm(session, ada.id, KEYS, NOW + timedelta(minutes=minute))
    assert planned(engine) == [("ada@example.org", Kind.KNOWN)]
    for day in range(1, 20):
        ask_link(engine, now=NOW + timedelta(days=day, hours=day))
    assert planned(engine) == [("ada@example.org", Kind.KNOWN)] * 2


def test_confirming_gives_a_network_nothing_back(engine: Engine) -> None:
    few = Bounds(per_network_hour=2)
    ask(engine, bounds=few)
    with transaction(engine) as session:
        [ada] = subscribers.listed(session)
        confirm(session, ada.id, KEYS, NOW)
    ask_link(engine, now=NOW, bounds=few)
    with pytest.raises(TooMany):
        ask_link(engine, now=NOW, bounds=few)


def test_an_erased_person_who_asked_for_it_cannot_be_signed_up_again(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        erase(session, ada.id, KEYS, NOW, never_again=True)
    ask(engine)
    assert planned(engine) == []


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.0/24"),
        ("testclient", "unknown"),
    ],
)
def test_hosts_are_counted_by_network(client: str, network: str) -> None:
    assert network_of(client) == network
