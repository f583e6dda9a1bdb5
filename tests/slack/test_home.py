"""The App Home: what is true for one person, and buttons that change it, also when they come twice."""

from __future__ import annotations

import json

import pytest
from slack_sdk.models.views import View

from digest.model import ChannelName, FeedbackVerdict, Profile, SubscriberState, Weight
from digest.ranking.language import parse_profile
from digest.slack import home
from digest.slack.desk import Desk
from digest.slack.place import Place
from digest.store import profiles as store_profiles
from digest.store import saved
from digest.store import subscribers as store_subscribers
from digest.store.database import reading, transaction
from digest.store.profiles import Draft
from digest.subscriptions import give_feedback, save_profile
from tests.joining import subscribe
from tests.keys import KEYS
from tests.slack.conftest import NOW, Person
from tests.slack_server import Slack

ME = Place("U777", "")


def shown(desk: Desk) -> str:
    view = home.home_view(desk, ME, NOW)
    View(**view).validate_json()
    return json.dumps(view, ensure_ascii=False)


@pytest.fixture
def number(desk: Desk) -> int:
    """A subscriber with learnt weights, feedback and a saved paper."""
    with transaction(desk.engine) as session:
        found = subscribe(
            session,
            keys=KEYS,
            channel=ChannelName.SLACK,
            address="U777",
            profiles={"robots": "diffusion"},
            confirmed=True,
            now=NOW,
            source="test",
        ).id
        (profile,) = store_profiles.of_subscriber(session, found, lambda _: ())
        weights = [Weight("robot arm", 0.8), Weight("survey", -0.4)]
        store_profiles.set_weights(session, profile.id, weights)
        give_feedback(session, found, "2511.00002", FeedbackVerdict.LESS, NOW)
        saved.save(session, found, "2511.00003", NOW)
    return found


def state(desk: Desk, number: int) -> SubscriberState:
    with reading(desk.engine) as session:
        return store_subscribers.get(session, number).state


def test_a_stranger_is_welcomed_with_a_button_to_subscribe(person: Person, slack: Slack) -> None:
    person.event({"type": "app_home_opened", "user": "U777", "tab": "home"})
    (published,) = slack.wait_for("views.publish")
    assert published["user_id"] == "U777"
    assert home.EDIT in json.dumps(published)
    person.presses(home.EDIT, "0")
    assert slack.wait_for("views.open")


def test_the_home_shows_profile_next_digest_weights_feedback_and_saved(desk: Desk, number: int) -> None:
    told = shown(desk)
    assert "*robots*: diffusion" in told
    assert "Next digest: <!date^" in told
    assert "✕ robot arm +0.80" in told
    assert "✕ survey −0.4" in told
    assert "Less like <https://huggingface.co/papers/2511.00002|A survey of agents>" in told
    assert "papers/2511.00003|Video generation at scale" in told


def test_the_same_event_twice_shows_the_same(person: Person, slack: Slack, number: int) -> None:
    for count in (1, 2):
        retried = {"x-slack-retry-num": str(count), "x-slack-retry-reason": "http_timeout"}
        person.event({"type": "app_home_opened", "user": "U777", "tab": "home"}, **retried)
    first, second = slack.wait_for("views.publish", 2)
    assert first["view"] == second["view"]
    person.event({"type": "app_home_opened", "user": "U777", "tab": "messages"})
    assert len(slack.called("views.publish")) == 2


def test_pause_resume_and_stop_work_and_may_be_pressed_twice(
    person: Person, slack: Slack, desk: Desk, number: int
) -> None:
    steps = (
        (home.PAUSE, SubscriberState.PAUSED),
        (home.PAUSE, SubscriberState.PAUSED),
        (home.RESUME, SubscriberState.CONFIRMED),
        (home.STOP, SubscriberState.UNSUBSCRIBED),
        (home.STOP, SubscriberState.UNSUBSCRIBED),
    )
    for count, (action, expected) in enumerate(steps, 1):
        person.presses(action, "x", channel=None, container={"type": "view"})
        slack.wait_for("views.publish", count)
        assert state(desk, number) is expected


def test_feedback_is_taken_back_and_saved_papers_leave_the_list(desk: Desk, number: int) -> None:
    home.act(desk, ME, home.TAKE_BACK, "2511.00002", NOW)
    home.act(desk, ME, home.UNSAVE, "2511.00003", NOW)
    told = shown(desk)
    assert "2511.00002" not in told
    assert "2511.00003" not in told


def test_resetting_forgets_the_weights_and_the_words_they_came_from(desk: Desk, number: int) -> None:
    home.act(desk, ME, home.RESET, "reset", NOW)
    told = shown(desk)
    assert "robot arm" not in told
    assert "Your feedback" not in told
    assert "they will stand here" in told


def test_a_paused_subscription_says_so(desk: Desk, number: int) -> None:
    home.act(desk, ME, home.PAUSE, "pause", NOW)
    assert "Paused; no digest until you resume." in shown(desk)


# --- several profiles ------------------------------------------------------------------------


@pytest.fixture
def other(desk: Desk, number: int) -> int:
    """A second profile."""
    with transaction(desk.engine) as session:
        return save_profile(session, number, None, Draft("video", "video generation"), NOW)


def profiles(desk: Desk, number: int) -> list[Profile]:
    with reading(desk.engine) as session:
        return store_profiles.of_subscriber(session, number, parse_profile)


def test_all_profiles_are_shown_each_with_its_own_edit(
    person: Person, slack: Slack, desk: Desk, number: int, other: int
) -> None:
    told = shown(desk)
    assert "*robots*: diffusion" in told
    assert "*video*: video generation" in told
    person.presses(home.EDIT, str(other))
    (opened,) = slack.wait_for("views.open")
    assert "video generation" in str(opened["view"])


def test_one_learnt_term_is_forgotten_and_forgetting_twice_is_the_same(
    person: Person, slack: Slack, desk: Desk, number: int
) -> None:
    (own,) = profiles(desk, number)
    for count in (1, 2):
        person.presses(f"{home.FORGET}/0", f"{own.id}/robot arm")
        slack.wait_for("views.publish", count)
    assert profiles(desk, number)[0].weights == (Weight("survey", -0.4),)


def test_a_profile_is_removed_and_the_last_one_stays(desk: Desk, number: int, other: int) -> None:
    assert home.REMOVE in shown(desk)
    for value in (str(other), str(other), str(profiles(desk, number)[0].id), "999", "x", ""):
        home.act(desk, ME, home.REMOVE, value, NOW)
    assert [one.name for one in profiles(desk, number)] == ["robots"]
    assert home.REMOVE not in shown(desk)


def test_nobody_forgets_or_removes_what_is_anothers(desk: Desk, number: int, other: int) -> None:
    with transaction(desk.engine) as session:
        subscribe(
            session,
            keys=KEYS,
            channel=ChannelName.SLACK,
            address="U888",
            profiles={"a": "b", "c": "d"},
            confirmed=True,
            now=NOW,
            source="test",
        )
    before = profiles(desk, number)
    for value in (str(other), f"{before[0].id}/robot arm"):
        for action in (home.REMOVE, f"{home.FORGET}/0"):
            home.act(desk, Place("U888", ""), action, value, NOW)
    assert profiles(desk, number) == before


def test_as_many_profiles_and_terms_as_there_may_be_fit_into_the_home(desk: Desk, number: int) -> None:
    words = ", ".join(f"{place} {'word ' * 8}" for place in range(60))
    with transaction(desk.engine) as session:
        for count in range(11):
            draft = Draft(f"<p{count}>&" * 6, words)
            added = save_profile(session, number, None, draft, NOW)
            weights = [Weight(f"term {place} <!channel> " + "x" * 90, 0.1) for place in range(40)]
            store_profiles.set_weights(session, added, weights)
    assert "Add a profile" not in shown(desk)
