"""Profiles: what a subscriber typed, and what feedback taught."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from digest.errors import NotFound
from digest.model import ChannelName, Keyword, Subscriber, SubscriberState, Weight
from digest.store import profiles, subscribers
from digest.store.database import reading, transaction
from digest.store.profiles import Draft

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
ROBOTS = Draft("robots", "robot learning", bar=6.5, limit=3, learning=False)
SPEECH = Draft("speech", "speech, audio")


def parse(text: str) -> tuple[Keyword, ...]:
    return tuple(Keyword(piece.strip()) for piece in text.split(",") if piece.strip())


def subscriber(engine: Engine, name: str = "ada") -> int:
    with transaction(engine) as session:
        return subscribers.add(
            session,
            Subscriber(
                0,
                ChannelName.EMAIL,
                f"{name}@example.org",
                SubscriberState.CONFIRMED,
                "UTC",
                time(7, 30),
                created_at=NOW,
            ),
        ).id


def test_a_profile_comes_back_as_it_went_in_with_its_keywords_read(engine: Engine) -> None:
    owner = subscriber(engine)
    with transaction(engine) as session:
        number = profiles.add(session, owner, ROBOTS, NOW)
        found = profiles.get(session, number, parse)
    assert (found.name, found.text, found.bar, found.limit, found.learning) == (
        "robots",
        "robot learning",
        6.5,
        3,
        False,
    )
    assert found.keywords == (Keyword("robot learning"),)


def test_profiles_of_many_come_in_their_owners_order_in_few_questions(engine: Engine) -> None:
    ada, bob, eve = (subscriber(engine, name) for name in ("ada", "bob", "eve"))
    with transaction(engine) as session:
        profiles.add(session, ada, SPEECH, NOW)
        profiles.add(session, ada, ROBOTS, NOW)
        profiles.add(session, bob, ROBOTS, NOW)
    calls: list[str] = []

    def counted(text: str) -> tuple[Keyword, ...]:
        calls.append(text)
        return parse(text)

    with reading(engine) as session:
        found = profiles.of_subscribers(session, [eve, bob, ada], counted)
    assert {owner: [one.name for one in own] for owner, own in found.items()} == {
        eve: [],
        bob: ["robots"],
        ada: ["speech", "robots"],
    }
    assert sorted(calls) == ["robot learning", "speech, audio"]


def test_more_subscribers_than_one_question_may_name_get_their_profiles(engine: Engine) -> None:
    owners = [subscriber(engine, f"reader{number}") for number in range(2)]
    asked = [owners[0], *range(1_000_000, 1_070_000), owners[1]]
    with transaction(engine) as session:
        for owner in owners:
            profiles.add(session, owner, SPEECH, NOW)
        found = profiles.of_subscribers(session, asked, parse)
    assert len(found) == len(asked)
    assert {number for number, own in found.items() if own} == set(owners)


def test_one_subscriber_has_each_name_once(engine: Engine) -> None:
    owner = subscriber(engine)
    with transaction(engine) as session:
        profiles.add(session, owner, ROBOTS, NOW)
    with pytest.raises(IntegrityError), transaction(engine) as session:
        profiles.add(session, owner, ROBOTS, NOW)


def test_weights_belong_to_a_profile_and_go_one_by_one_or_all(engine: Engine) -> None:
    owner = subscriber(engine)
    taught = (Weight("grasping", 1.5), Weight("survey", -2.0, "learnt"))
    with transaction(engine) as session:
        number = profiles.add(session, owner, ROBOTS, NOW)
        other = profiles.add(session, owner, SPEECH, NOW)
        profiles.set_weights(session, number, taught)
        assert profiles.get(session, number, parse).weights == taught
        assert profiles.get(session, other, parse).weights == ()
        profiles.forget_weight(session, number, "survey")
        assert profiles.of_subscriber(session, owner, parse)[0].weights == taught[:1]
        profiles.reset_weights(session, number)
        assert profiles.get(session, number, parse).weights == ()


def test_what_a_profile_learnt_and_forgot_is_remembered_and_nothing_else(engine: Engine) -> None:
    owner = subscriber(engine)
    with transaction(engine) as session:
        number, other = (profiles.add(session, owner, one, NOW) for one in (ROBOTS, SPEECH))
        for term in ("survey", "survey", "never learnt"):
            profiles.set_weights(session, number, [Weight("survey", 1.5)])
            profiles.forget_weight(session, number, term)
        assert profiles.forgotten(session, [number, other]) == {
            number: frozenset({"survey"}),
            other: frozenset(),
        }
        profiles.reset_weights(session, number)
        assert profiles.forgotten(session, [number]) == {number: frozenset()}


def test_replacing_keeps_what_a_profile_of_the_same_name_learnt(engine: Engine) -> None:
    owner = subscriber(engine)
    with transaction(engine) as session:
        robots = profiles.add(session, owner, ROBOTS, NOW)
        profiles.add(session, owner, SPEECH, NOW)
        profiles.set_weights(session, robots, [Weight("grasping", 1.5)])
        profiles.replace_all(session, owner, [Draft("robots", "robot hands"), Draft("new", "x")], NOW)
        found = profiles.of_subscriber(session, owner, parse)
    assert [(one.name, one.text) for one in found] == [("robots", "robot hands"), ("new", "x")]
    assert found[0].id == robots
    assert found[0].weights == (Weight("grasping", 1.5),)


def test_a_removed_profile_is_gone_and_removing_it_again_is_no_error(engine: Engine) -> None:
    owner = subscriber(engine)
    with transaction(engine) as session:
        number = profiles.add(session, owner, ROBOTS, NOW)
        profiles.remove(session, number)
        profiles.remove(session, number)
        with pytest.raises(NotFound):
            profiles.get(session, number, parse)
        with pytest.raises(NotFound):
            profiles.save(session, number, ROBOTS, NOW)
