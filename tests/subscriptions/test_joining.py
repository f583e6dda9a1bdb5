"""Joining: at once by an admin, or unconfirmed until the owner says so."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import Engine

from digest.errors import NotFound, ProfileError, SubscriptionError
from digest.model import ChannelName, EmptyDigests, SubscriberState
from digest.ranking.language import parse_profile
from digest.store import profiles, subscribers
from digest.store.database import reading, transaction
from digest.store.profiles import Draft
from digest.subscriptions import confirm, pause, unsubscribe
from tests.joining import subscribe
from tests.keys import KEYS
from tests.subscriptions.conftest import NOW, Subscribe


def test_an_admins_subscriber_is_confirmed_and_due_at_the_next_chosen_hour(
    engine: Engine, join: Subscribe
) -> None:
    ada = join(empty_digests=EmptyDigests.NEVER, rising=False, weekdays=frozenset({4}))
    assert ada.state is SubscriberState.CONFIRMED
    assert ada.next_due_at == datetime(2026, 3, 6, 6, 30, tzinfo=UTC)
    assert (ada.confirmed_at, ada.created_at, ada.consent_source) == (NOW, NOW, "test")
    with reading(engine) as session:
        assert subscribers.get(session, ada.id) == ada
        [own] = profiles.of_subscriber(session, ada.id, parse_profile)
    assert (own.name, own.text) == ("Robots", "robot learning, grasping")


def test_a_sign_up_is_due_only_when_its_owner_has_confirmed(engine: Engine, join: Subscribe) -> None:
    ada = join(confirmed=False)
    assert (ada.state, ada.next_due_at) == (SubscriberState.UNCONFIRMED, None)
    later = NOW + timedelta(hours=30)
    with transaction(engine) as session:
        done = confirm(session, ada.id, KEYS, later)
        assert confirm(session, ada.id, KEYS, later + timedelta(days=1)) == done
    assert done.state is SubscriberState.CONFIRMED
    assert done.confirmed_at == later
    assert done.next_due_at == datetime(2026, 3, 4, 6, 30, tzinfo=UTC)


def test_an_old_confirmation_does_not_bring_back_who_left(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with transaction(engine) as session:
        unsubscribe(session, ada.id)
        with pytest.raises(SubscriptionError, match="used already"):
            confirm(session, ada.id, KEYS, NOW)
        with pytest.raises(NotFound):
            confirm(session, 999, KEYS, NOW)


def test_an_address_subscribes_once_whatever_its_case(engine: Engine, join: Subscribe) -> None:
    ada = join()
    with pytest.raises(SubscriptionError, match=f"already, as number {ada.id}"):
        join(address="Ada@EXAMPLE.org")
    with transaction(engine) as session:
        pause(session, ada.id, NOW)
    with pytest.raises(SubscriptionError, match="already"):
        join()


def test_who_comes_back_keeps_the_number_and_gets_no_second_digest_for_the_date(
    engine: Engine, join: Subscribe
) -> None:
    ada = join()
    with transaction(engine) as session:
        subscribers.record_prepared(
            session,
            [subscribers.Prepared(ada.id, NOW.date(), 5, NOW, NOW + timedelta(days=1))],
        )
        unsubscribe(session, ada.id)
    again = join(profiles={"Speech": "speech"}, send_at=time(12, 0))
    assert again.id == ada.id
    assert again.next_due_at == datetime(2026, 3, 3, 11, 0, tzinfo=UTC)
    with reading(engine) as session:
        names = [one.name for one in profiles.of_subscriber(session, ada.id, parse_profile)]
    assert names == ["Speech"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"address": "ada"}, "no mail address"),
        ({"address": "a@b.org, c@d.org"}, "no mail address"),
        ({"address": "ada@example.org\r\nBcc: eve@example.org"}, "no mail address"),
        ({"address": '"x y"@example.org'}, "no mail address"),
        ({"address": "g:a@example.org;"}, "no mail address"),
        ({"address": "a" * 400 + "@example.org"}, "longer than 320"),
        ({"channel": ChannelName.SLACK, "address": "#general"}, "Slack"),
        ({"channel": ChannelName.SLACK, "address": "https://evil.example/services/T/B/x"}, "Slack"),
        ({"channel": ChannelName.SLACK, "address": "http://hooks.slack.com/services/T/B/x"}, "Slack"),
        ({"channel": ChannelName.SLACK, "address": "https://a@hooks.slack.com/services/x"}, "Slack"),
        ({"channel": ChannelName.FILE, "address": "../../etc/passwd"}, "file"),
        ({"timezone": "Europe/Berln"}, "no time zone 'Europe/Berln'"),
        ({"timezone": "../../etc/passwd"}, "no time zone"),
        ({"timezone": "localtime"}, "no time zone 'localtime'"),
        ({"timezone": "Factory"}, "no time zone 'Factory'"),
        ({"weekdays": frozenset()}, "no weekday"),
        ({"weekdays": frozenset({7})}, "weekday is wrong"),
        ({"send_at": time(7, 30, tzinfo=UTC)}, "local"),
        ({"profiles": {}}, "no profile"),
        ({"profiles": {"Empty": "  "}}, "no keywords"),
        ({"profiles": {"": "speech"}}, "name has 1 to 80"),
        ({"profiles": {"x" * 81: "speech"}}, "name has 1 to 80"),
        ({"profiles": {"a\u202eb": "speech"}}, "cannot be shown"),
        ({"profiles": {"one": "speech", "ONE": "audio"}}, "two profiles are named"),
        ({"profiles": {str(number): "speech" for number in range(13)}}, "more than 12"),
        ({"profiles": [Draft("x", "speech", bar=11)]}, "bar"),
        ({"profiles": [Draft("x", "speech", bar=float("nan"))]}, "bar"),
        ({"profiles": [Draft("x", "speech", limit=0)]}, "limit"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_nothing_is_stored(
    sqlite_engine: Engine, wrong: dict[str, object], says: str
) -> None:
    given: dict[str, object] = {
        "keys": KEYS,
        "channel": ChannelName.EMAIL,
        "address": "ada@example.org",
        "profiles": {"Robots": "robots"},
        "confirmed": True,
        "now": NOW,
        "source": "test",
    }
    with pytest.raises(SubscriptionError, match=says) as caught, transaction(sqlite_engine) as session:
        subscribe(session, **given | wrong)
    assert caught.value.remedy
    with reading(sqlite_engine) as session:
        assert subscribers.listed(session) == []


def test_a_profile_that_cannot_be_read_names_the_piece(join: Subscribe) -> None:
    with pytest.raises(ProfileError) as caught:
        join(profiles={"Robots": 'robots, "video generation'})
    assert "video generation" in caught.value.piece


def test_a_near_miss_of_a_zone_is_suggested(join: Subscribe) -> None:
    with pytest.raises(SubscriptionError) as caught:
        join(timezone="Europe/Berln")
    assert caught.value.remedy == "did you mean Europe/Berlin?"


@pytest.mark.parametrize("name", ["CEST", "GMT+2", "Etc/GMT+99"])
def test_no_zone_is_suggested_that_is_spelt_alike_and_hours_away(join: Subscribe, name: str) -> None:
    with pytest.raises(SubscriptionError) as caught:
        join(timezone=name)
    assert caught.value.remedy == "use a name such as Europe/Berlin"


def test_trending_must_be_said_in_so_many_words(engine: Engine, join: Subscribe) -> None:
    ada = join(profiles={"Trending": ""}, trending=True)
    with reading(engine) as session:
        assert profiles.of_subscriber(session, ada.id, parse_profile)[0].trending


@pytest.mark.parametrize(
    ("channel", "given", "stored"),
    [
        (ChannelName.EMAIL, " Ada.Lovelace@Bücher.example.com ", "ada.lovelace@bücher.example.com"),
        (ChannelName.SLACK, "C0123ABCD", "C0123ABCD"),
        (ChannelName.SLACK, "T0123ABCD/U0123ABCD", "T0123ABCD/U0123ABCD"),
        (ChannelName.SLACK, "https://hooks.slack.com/services/T0/B0/xyz", None),
        (ChannelName.FILE, "ada@example.org", "ada@example.org"),
    ],
)
def test_addresses_are_stored_in_one_form(
    join: Subscribe, channel: ChannelName, given: str, stored: str | None
) -> None:
    assert join(channel=channel, address=given).address == (stored or given)


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\x9f", "\ud800"])
def test_what_a_database_refuses_is_refused_at_the_door_with_its_place(
    engine: Engine, join: Subscribe, bad: str
) -> None:
    with pytest.raises(SubscriptionError, match=rf"U\+{ord(bad):04X}, position 7") as raised:
        join(profiles={"Robots": f"robots{bad}, speech"})
    assert bad not in str(raised.value)
    assert raised.value.remedy
    with pytest.raises(SubscriptionError, match="cannot be shown"):
        join(profiles={f"Ro{bad}bots": "robots"})
    with pytest.raises(SubscriptionError, match="source of the consent"):
        join(source=f"slack:U1{bad}")
    with pytest.raises(SubscriptionError, match="webhook"):
        join(channel=ChannelName.SLACK, address=f"https://hooks.slack.com/services/T1{bad}")
    with reading(engine) as session:
        assert subscribers.listed(session) == []


def test_text_of_any_script_over_several_lines_is_stored_as_typed(engine: Engine, join: Subscribe) -> None:
    text = "扩散模型\r\n\t🤖 robots,\nétude\u200dx"
    ada = join(profiles={"Étude 🤖": text})
    with reading(engine) as session:
        [own] = profiles.of_subscriber(session, ada.id, parse_profile)
    assert (own.name, own.text) == ("Étude 🤖", text)
