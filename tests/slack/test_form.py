"""The form: opened with what is known, previewed, saved, and refused with the error at its field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_sdk.models.views import View

from digest.model import ChannelName
from digest.ranking.language import parse_profile
from digest.slack.desk import Desk
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers
from digest.store.database import reading
from tests.naughty import NAUGHTY
from tests.slack.conftest import Person
from tests.slack_server import Slack


def filled_in(view: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The view as Slack sends it back, with these values typed."""
    typed = {"words": "diffusion", "bar": "0.5", "limit": "7", "hour": "08:15"} | values
    state = {
        name: {name: {"selected_time" if name == "hour" else "value": value}} for name, value in typed.items()
    }
    return view | {"id": "V1", "hash": "h", "state": {"values": state}}


def opened(person: Person, text: str = "profile", **changes: str) -> dict[str, Any]:
    before = len(person.slack.called("views.open"))
    person.types(text, **changes)
    view = person.slack.wait_for("views.open", before + 1)[-1]["view"]
    found: dict[str, Any] = json.loads(view) if isinstance(view, str) else view
    View(**found).validate_json()
    return found


def test_the_form_subscribes_with_bar_limit_and_hour_and_says_what_is_true_now(
    person: Person, desk: Desk
) -> None:
    view = opened(person)
    assert view["title"]["text"] == "Subscribe"
    answer = json.loads(person.submits(filled_in(view)).body)
    assert answer["response_action"] == "update"
    shown = json.dumps(answer["view"], ensure_ascii=False)
    assert "2 papers of 4 would have passed" in shown
    View(**answer["view"]).validate_json()
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
        ({"bar": "high"}, "no number"),
    ],
)
def test_what_is_wrong_is_said_at_the_form_and_nothing_is_changed(
    person: Person, desk: Desk, typed: dict[str, str], says: str
) -> None:
    answer = json.loads(person.submits(filled_in(opened(person), **typed)).body)
    assert answer["response_action"] == "errors"
    assert says in answer["errors"]["words"]
    with reading(desk.engine) as session:
        assert store_subscribers.find(session, ChannelName.SLACK, "U777") is None


def test_the_preview_shows_what_would_have_matched_and_saves_nothing(
    person: Person, desk: Desk, slack: Slack
) -> None:
    view = opened(person)
    person.interacts(previewing(filled_in(view)))
    updated = slack.wait_for("views.update")[0]
    shown = updated["view"] if isinstance(updated["view"], str) else json.dumps(updated["view"])
    assert "2 papers of 4 would have passed" in shown
    assert [one["block_id"] for one in json.loads(shown)["blocks"][:4]] == ["words", "bar", "limit", "hour"]
    person.interacts(previewing(filled_in(view, words="robots^99999")))
    assert "robots^99999" in json.dumps(slack.wait_for("views.update", 2)[1])
    with reading(desk.engine) as session:
        assert store_subscribers.find(session, ChannelName.SLACK, "U777") is None


def previewing(view: dict[str, Any]) -> dict[str, Any]:
    action = {"type": "button", "action_id": "digest_preview", "block_id": "preview", "value": "preview"}
    return {"type": "block_actions", "actions": [action], "view": view, "container": {"type": "view"}}


def test_naughty_strings_in_the_form_are_saved_or_refused_and_open_again(person: Person) -> None:
    for text in NAUGHTY:
        answer = json.loads(person.submits(filled_in(opened(person), words=text)).body)
        assert answer["response_action"] in ("update", "errors")
        if answer["response_action"] == "update":
            View(**answer["view"]).validate_json()
