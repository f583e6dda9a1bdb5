"""Feedback: what was learnt can be forgotten for good."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from digest.errors import NotFound
from digest.model import FeedbackVerdict, Profile, Weight
from digest.ranking.language import parse_profile
from digest.store import feedback, profiles
from digest.store.database import reading, transaction
from digest.subscriptions import forget_learnt, forget_term, give_feedback
from tests.subscriptions.conftest import NOW, Subscribe


def of(engine: Engine, number: int) -> list[Profile]:
    with reading(engine) as session:
        return profiles.of_subscriber(session, number, parse_profile)


def test_forgetting_takes_every_profiles_weights_and_the_words_so_that_nothing_grows_back(
    engine: Engine, join: Subscribe
) -> None:
    ada = join(profiles={"Robots": "robots", "Speech": "speech"})
    eve = join(address="eve@example.org")
    with transaction(engine) as session:
        for who in (ada, eve):
            give_feedback(session, who.id, "2603.00001", FeedbackVerdict.MORE, NOW)
            for profile in profiles.of_subscriber(session, who.id, parse_profile):
                profiles.set_weights(session, profile.id, [Weight("grasping", 1.5)])
        forget_learnt(session, ada.id)
    assert [one.weights for one in of(engine, ada.id)] == [(), ()]
    assert [one.weights for one in of(engine, eve.id)] == [(Weight("grasping", 1.5),)]
    with reading(engine) as session:
        assert feedback.of_subscriber(session, ada.id) == []
        assert len(feedback.of_subscriber(session, eve.id)) == 1


def test_a_term_is_forgotten_in_ones_own_profile_alone(engine: Engine, join: Subscribe) -> None:
    ada, eve = join(), join(address="eve@example.org")
    (own,) = of(engine, ada.id)
    with transaction(engine) as session:
        profiles.set_weights(session, own.id, [Weight("grasping", 1.5), Weight("survey", -2.0)])
        with pytest.raises(NotFound):
            forget_term(session, eve.id, own.id, "survey")
        forget_term(session, ada.id, own.id, "survey")
    assert of(engine, ada.id)[0].weights == (Weight("grasping", 1.5),)


def test_who_is_gone_has_nothing_to_forget(engine: Engine) -> None:
    with transaction(engine) as session, pytest.raises(NotFound):
        forget_learnt(session, 999)
