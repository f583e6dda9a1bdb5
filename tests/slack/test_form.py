"""The form: opened with what is known, previewed, saved, and refused with the error at its field."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.models.views import View

from digest.model import ChannelName, Profile
from digest.ranking.language import parse_profile
from digest.slack.desk import Desk
from digest.slack.saving import own_profiles
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers
from digest.store.database import reading, transaction
from tests.naughty import NAUGHTY
from tests.slack.conftest import NOW, Person
from tests.slack.test_commands import proved
from tests.slack_server import Slack


def filled_in(view: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The view as Slack sends it back, with these values typed."""
    typed = {"name": "main", "words": "diffusion", "bar": "0.5", "limit": "7", "hour": "08:15"} | values
    number = json.loads(view["private_metadata"])["profile"]
    state = {
        f"{name}/{number}": {name: {"selected_time" if name == "hour" else "value": value}}
        for name, value in typed.items()
    }
    return view | {"id": "V1", "hash": "h", "state": {"values": state}}


def opened(person: Person, text: str = "profile", **changes: str) -> dict[str, Any]:
    before = len(person.slack.called("views.open"))
    person.types(text, **changes)
    found = as_view(person.slack.wait_for("views.open", before + 1)[-1]["view"])
    View(**found).validate_json()
    return found


def as_view(told: Any) -> dict[str, Any]:
    """A view as a call carries it."""
    found: dict[str, Any] = json.loads(told) if isinstance(told, str) else told
    return found


def test_the_form_subscribes_with_bar_limit_and_hour_and_says_what_is_true_now(
    person: Person, desk: Desk
) -> None:
    view = opened(person)
    assert view["title"]["text"] == "Subscribe"
    answer = json.loads(person.submits(filled_in(view)).body)
    assert answer["response_action"] == "update"
    assert "Saved. Next digest" in json.dumps(answer["view"])
    View(**answer["view"]).validate_json()
    (tried,) = person.slack.wait_for("views.update")
    assert "2 of 4 papers would have passed" in str(tried["view"])
    View(**as_view(tried["view"])).validate_json()
    with reading(desk.engine) as session:
        subscriber = store_subscribers.find(session, ChannelName.SLACK, "U777")
        assert subscriber is not None
        (profile,) = store_profiles.of_subscriber(session, subscriber.id, parse_profile)
    assert (profile.text, profile.bar, profile.limit) == ("diffusion", 0.5, 7)
    assert f"{subscriber.send_at:%H:%M}" == "08:15"
    assert subscriber.timezone == "Europe/Berlin"


def test_the_form_opens_with_what_is_known_and_changes_it(person: Person, desk: Desk) -> None:
    person.submits(filled_in(opened(person)))
    view = opened(person)
    assert view["title"]["text"] == "Change profile"
    shown = json.dumps(view)
    assert '"initial_value": "diffusion"' in shown
    assert '"initial_time": "08:15"' in shown
    person.submits(filled_in(view, words="agents", bar=None, limit=None, hour=None))
    with reading(desk.engine) as session:
        subscriber = store_subscribers.find(session, ChannelName.SLACK, "U777")
        assert subscriber is not None
        (profile,) = store_profiles.of_subscriber(session, subscriber.id, parse_profile)
    assert (profile.text, profile.bar, profile.limit) == ("agents", None, None)
    assert f"{subscriber.send_at:%H:%M}" == "08:15"


def test_the_form_opened_for_a_channel_changes_the_channels_digest(person: Person, desk: Desk) -> None:
    person.submits(filled_in(opened(person, "here profile")))
    with reading(desk.engine) as session:
        assert store_subscribers.find(session, ChannelName.SLACK, "C555") is not None
        assert store_subscribers.find(session, ChannelName.SLACK, "U777") is None


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"words": ""}, "no keywords"),
        ({"words": "robots^99999"}, "robots^99999"),
        ({"limit": "99"}, "1 and 50"),
        ({"limit": "2.5"}, "whole number"),
        ({"bar": "high"}, "no number"),
        ({"bar": "nan"}, "between 0 and 10"),
        ({"limit": "inf"}, "whole number"),
        ({"name": ""}, "1 to 80 characters"),
    ],
)
def test_what_is_wrong_is_said_at_the_form_and_nothing_is_changed(
    person: Person, desk: Desk, typed: dict[str, str], says: str
) -> None:
    answer = json.loads(person.submits(filled_in(opened(person), **typed)).body)
    assert answer["response_action"] == "errors"
    (field,) = typed
    assert says in answer["errors"][f"{field}/0"]
    with reading(desk.engine) as session:
        assert store_subscribers.find(session, ChannelName.SLACK, "U777") is None


def test_the_preview_shows_what_would_have_matched_and_saves_nothing(
    person: Person, desk: Desk, slack: Slack
) -> None:
    view = opened(person)
    person.interacts(previewing(filled_in(view)))
    updated = slack.wait_for("views.update")[0]
    shown = json.dumps(as_view(updated["view"]))
    assert "2 of 4 papers would have passed" in shown
    names = [one["block_id"] for one in json.loads(shown)["blocks"][:6]]
    assert names == ["name/0", "words/0", "bar/0", "limit/0", "hour/0", "doing/0"]
    person.interacts(previewing(filled_in(view, words="robots^99999")))
    assert "robots^99999" in json.dumps(slack.wait_for("views.update", 2)[1])
    with reading(desk.engine) as session:
        assert store_subscribers.find(session, ChannelName.SLACK, "U777") is None


def previewing(view: dict[str, Any]) -> dict[str, Any]:
    action = {"type": "button", "action_id": "digest_preview", "block_id": "preview", "value": "preview"}
    return {"type": "block_actions", "actions": [action], "view": view, "container": {"type": "view"}}


def test_naughty_strings_in_the_form_are_saved_or_refused_and_open_again(person: Person) -> None:
    for text in NAUGHTY:
        for field in ("words", "name"):
            answer = json.loads(person.submits(filled_in(opened(person), **{field: text})).body)
            assert answer["response_action"] in ("update", "errors")
            if answer["response_action"] == "update":
                View(**answer["view"]).validate_json()
                proved(answer["view"]["blocks"])


# --- several profiles ------------------------------------------------------------------------


def own(desk: Desk) -> list[Profile]:
    with reading(desk.engine) as session:
        return own_profiles(session, "U777")


def chooses(person: Person, view: dict[str, Any], number: int) -> dict[str, Any]:
    """The form after choosing a profile in it."""
    before = len(person.slack.called("views.update"))
    action = {"type": "static_select", "action_id": "digest_choose", "block_id": "digest_choose/1"}
    chosen = action | {"selected_option": {"value": str(number)}}
    person.interacts({"type": "block_actions", "actions": [chosen], "view": filled_in(view)})
    found = as_view(person.slack.wait_for("views.update", before + 1)[-1]["view"])
    View(**found).validate_json()
    return found


@pytest.fixture
def two(person: Person, desk: Desk) -> Person:
    """A person with the profiles robots and video."""
    person.types("subscribe robots: diffusion")
    person.told()
    person.types("subscribe video: video generation")
    person.told(2)
    return person


def test_another_profile_is_chosen_and_changed_and_the_first_stays(two: Person, desk: Desk) -> None:
    robots, video = own(desk)
    form = chooses(two, opened(two), video.id)
    assert '"initial_value": "video generation"' in json.dumps(form)
    saved = filled_in(form, name="films", words="video", bar=None)
    assert json.loads(two.submits(saved).body)["response_action"] == "update"
    first, second = own(desk)
    assert first == robots
    assert (second.id, second.name, second.text, second.bar) == (video.id, "films", "video", None)


def test_a_profile_is_added_by_the_form_and_submitting_twice_adds_it_once(two: Person, desk: Desk) -> None:
    form = chooses(two, opened(two), 0)
    assert form["title"]["text"] == "Add profile"
    for _ in range(2):
        answer = json.loads(two.submits(filled_in(form, name="agents", words="agents")).body)
        assert answer["response_action"] == "update"
    assert [one.name for one in own(desk)] == ["robots", "video", "agents"]


def test_a_name_that_is_taken_is_refused_and_nothing_is_changed(two: Person, desk: Desk) -> None:
    before = own(desk)
    answer = json.loads(two.submits(filled_in(opened(two), name="VIDEO")).body)
    assert "another profile has that name" in json.dumps(answer["errors"])
    assert own(desk) == before


def test_a_profile_is_removed_in_the_form_and_the_last_one_stays(
    two: Person, desk: Desk, slack: Slack
) -> None:
    robots, video = own(desk)
    view = opened(two)
    press = {"type": "button", "action_id": "digest_remove", "block_id": "doing", "value": str(robots.id)}
    for count in (1, 2):
        two.interacts({"type": "block_actions", "actions": [press], "view": filled_in(view)})
        shown = as_view(slack.wait_for("views.update", count)[-1]["view"])
        assert json.loads(shown["private_metadata"])["profile"] == video.id
    two.interacts(
        {"type": "block_actions", "actions": [press | {"value": str(video.id)}], "view": filled_in(view)}
    )
    slack.wait_for("views.update", 3)
    assert [one.id for one in own(desk)] == [video.id]


def test_a_form_of_a_profile_that_went_meanwhile_is_refused(two: Person, desk: Desk) -> None:
    form = opened(two)
    two.types("remove robots")
    two.told(3)
    answer = json.loads(two.submits(filled_in(form)).body)
    assert "this profile is gone" in json.dumps(answer["errors"])
    assert [one.name for one in own(desk)] == ["video"]


def test_somebody_elses_profile_cannot_be_named_in_a_forged_form(two: Person, desk: Desk) -> None:
    other = replace(two, id="U888")
    other.types("subscribe agents")
    other.told(3)
    form = opened(other)
    forged = json.loads(form["private_metadata"]) | {"profile": own(desk)[0].id}
    before = own(desk)
    answer = json.loads(
        other.submits(filled_in(form | {"private_metadata": json.dumps(forged)}, words="x")).body
    )
    assert "this profile is gone" in json.dumps(answer["errors"])
    assert own(desk) == before


def test_words_too_long_for_a_field_are_kept_when_it_is_left_empty(two: Person, desk: Desk) -> None:
    robots = own(desk)[0]
    long = ", ".join(f'"{"word " * 12}{number}"' for number in range(50))
    with transaction(desk.engine) as session:
        store_profiles.save(session, robots.id, store_profiles.Draft("robots", long), NOW)
    form = opened(two)
    assert "longer than this field" in json.dumps(form)
    two.submits(filled_in(form, name="kept", words=None))
    assert (own(desk)[0].name, own(desk)[0].text) == ("kept", long)


def test_a_trending_profile_opens_as_such_and_stays_so(two: Person, desk: Desk) -> None:
    two.types("subscribe hot: trending")
    two.told(3)
    form = chooses(two, opened(two), own(desk)[2].id)
    assert '"initial_value": "trending"' in json.dumps(form)
    two.submits(filled_in(form, name="hot", words="trending"))
    assert own(desk)[2].trending


def test_saving_is_acknowledged_before_the_profile_is_tried(two: Person, desk: Desk, slack: Slack) -> None:
    form = opened(two)
    with desk.shelf._lock:  # the trial cannot begin
        desk.shelf._held = None
        assert json.loads(two.submits(filled_in(form)).body)["response_action"] == "update"
        assert not slack.called("views.update")
    slack.wait_for("views.update")
