"""Several profiles by command: added, changed, renamed and removed by name, each also twice."""

from __future__ import annotations

import pytest

from digest.model import ChannelName, Profile, Weight
from digest.ranking.language import FIELDS, parse_profile
from digest.slack.commands import answer
from digest.slack.desk import Desk
from digest.slack.place import Place, read_command
from digest.slack.profiles import split_name
from digest.slack.saving import words_of
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers
from digest.store.database import reading, transaction
from tests.naughty import NAUGHTY
from tests.slack.conftest import NOW, Person
from tests.slack.test_commands import found, proved, words
from tests.slack_server import Slack


def say(desk: Desk, text: str) -> str:
    """The answer to a command, without Slack."""
    told = answer(desk, read_command(text, Place("U777", "C555")), NOW)
    proved(told.shown)
    return told.text + "\n" + "\n".join(str(block) for block in told.shown)


def own(desk: Desk) -> dict[str, Profile]:
    number = found(desk, "U777").id
    with reading(desk.engine) as session:
        return {one.name: one for one in store_profiles.of_subscriber(session, number, parse_profile)}


def texts(desk: Desk) -> dict[str, str]:
    return {name: one.text for name, one in own(desk).items()}


@pytest.fixture
def two(desk: Desk) -> Desk:
    say(desk, "subscribe robots: diffusion, agents -survey")
    say(desk, "subscribe Video: video generation")
    return desk


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("robots: grasping, arms", ("robots", "grasping, arms")),
        ("my  robots: trending", ("my robots", "trending")),
        ("robots:", ("robots", "")),
        ("title:benchmark", ("", "title:benchmark")),
        ("title: benchmark", ("", "title: benchmark")),
        ("deep author: he", ("", "deep author: he")),
        ('author:"Kaiming He", robots', ("", 'author:"Kaiming He", robots')),
        ("agents, video: x", ("", "agents, video: x")),
        ('"a: b"', ("", '"a: b"')),
        ("-survey: x", ("", "-survey: x")),
        ("x" * 81 + ": y", ("", "x" * 81 + ": y")),
    ],
)
def test_a_name_stands_before_a_colon_and_a_blank_and_is_no_field(typed: str, read: tuple[str, str]) -> None:
    assert split_name(typed) == read


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_the_profile_language_is_taken_for_a_name(field: str) -> None:
    for text in (f"{field}: grasping", f"agents {field.title()}: grasping"):
        assert split_name(text) == ("", text)


def test_a_named_profile_is_added_and_changed_by_its_name_and_twice_is_once(two: Desk) -> None:
    before = own(two)
    assert texts(two) == {"robots": "diffusion, agents -survey", "Video": "video generation"}
    for _ in range(2):
        told = say(two, "subscribe VIDEO: agents")
    assert "*Video*: agents" in told
    assert "Your other profiles: robots" in told
    assert texts(two) == {"robots": "diffusion, agents -survey", "Video": "agents"}
    assert {one.id for one in own(two).values()} == {one.id for one in before.values()}


def test_words_without_a_name_are_refused_when_it_is_not_clear_whose_they_are(two: Desk) -> None:
    told = say(two, "subscribe agents")
    assert "there are several profiles: robots, Video" in told
    assert "subscribe robots: …" in told
    assert texts(two)["robots"] == "diffusion, agents -survey"


def test_a_profile_keeps_its_bar_limit_and_lessons_when_its_words_change(two: Desk) -> None:
    robots = own(two)["robots"]
    with transaction(two.engine) as session:
        draft = store_profiles.Draft("robots", robots.text, 3.0, 4, learning=False)
        store_profiles.save(session, robots.id, draft, NOW)
        store_profiles.set_weights(session, robots.id, [Weight("arm", 0.5)])
    say(two, "subscribe robots: agents")
    say(two, "rename robots: arms")
    kept = own(two)["arms"]
    assert (kept.text, kept.bar, kept.limit, kept.learning) == ("agents", 3.0, 4, False)
    assert kept.weights == (Weight("arm", 0.5),)
    assert "Learnt from feedback: arm +0.50" in say(two, "profiles")


def test_profiles_are_renamed_and_what_cannot_be_says_so(two: Desk) -> None:
    assert "*arms*" in say(two, "rename robots:arms")
    assert "there is no profile “robots”" in say(two, "rename robots: legs")
    assert "there are: arms, Video" in say(two, "rename robots: legs")
    assert "another profile has that name" in say(two, "rename arms: video")
    assert "there is no new name" in say(two, "rename arms:")
    assert "there are several profiles" in say(two, "rename legs")
    say(two, "remove Video")
    assert "*legs*" in say(two, "rename legs")


def test_a_profile_is_removed_by_name_and_the_last_one_stays(two: Desk) -> None:
    assert "is removed" in say(two, "remove VIDEO")
    assert "there is no profile “VIDEO”" in say(two, "remove VIDEO")
    assert "that is the only profile" in say(two, "remove robots")
    assert list(texts(two)) == ["robots"]


def test_a_trending_profile_stands_beside_others(two: Desk) -> None:
    assert "*hot*: what is trending" in say(two, "subscribe hot: trending")
    assert texts(two)["hot"] == ""
    say(two, "rename hot: loved")
    assert texts(two)["loved"] == ""


def test_more_profiles_than_there_may_be_are_refused(desk: Desk) -> None:
    for number in range(12):
        say(desk, f"subscribe p{number}: agents")
    assert "more than 12 profiles" in say(desk, "subscribe p12: agents")
    assert len(texts(desk)) == 12


def test_the_form_opens_for_the_profile_that_is_named(two: Desk, person: Person, slack: Slack) -> None:
    person.types("profile video")
    (opened,) = slack.wait_for("views.open")
    assert "'initial_value': 'video generation'" in str(opened["view"]) or (
        '"initial_value": "video generation"' in str(opened["view"])
    )


def test_without_a_subscription_there_is_nothing_to_list_rename_or_remove(desk: Desk) -> None:
    for text in ("profiles", "rename a: b", "remove a"):
        assert "there is no subscription here" in say(desk, text)


def test_the_preview_tells_what_keywords_are_worth(desk: Desk) -> None:
    told = say(desk, "subscribe diffusion, zebra")
    assert "Found nowhere: zebra" in told
    assert "Found nearly everywhere, so of little use: diffusion" in told


def test_naughty_names_and_words_crash_nothing_mention_nobody_and_link_nowhere(two: Desk) -> None:
    for text in NAUGHTY:
        for typed in (f"subscribe {text}: agents", f"subscribe robots: {text}", f"rename robots: {text}"):
            say(two, typed)
        say(two, "rename " + next(iter(own(two))) + ": robots")
        say(two, "profiles")


def test_subscribing_again_changes_the_words_and_keeps_the_number(person: Person, desk: Desk) -> None:
    person.types("subscribe diffusion")
    person.told()
    number = found(desk, "U777").id
    for count in (2, 3):  # Slack may send a command twice
        person.types("subscribe video generation")
        person.told(count)
    assert found(desk, "U777").id == number
    assert words(desk, "U777") == ["video generation"]


def test_trending_is_subscribed_to_by_saying_so(person: Person, desk: Desk) -> None:
    person.types("subscribe Trending")
    assert "what is trending" in person.told()
    assert words(desk, "U777") == [""]


def test_a_wrong_profile_names_the_piece_and_changes_nothing(person: Person, desk: Desk) -> None:
    person.types("subscribe robots^99999")
    assert "robots^99999" in person.told()
    with reading(desk.engine) as session:
        assert store_subscribers.find(session, ChannelName.SLACK, "U777") is None


def test_without_words_the_form_opens(person: Person, slack: Slack) -> None:
    person.types("subscribe")
    (opened,) = slack.wait_for("views.open")
    assert opened["trigger_id"] == "trigger-1"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("agents -survey +vision", ("agents -survey +vision", False)),
        ("nul\x00 half \ud800", ("nul half", False)),
        (" Trending\n", ("", True)),
    ],
)
def test_words_are_kept_as_typed_but_for_what_no_text_holds(typed: str, read: tuple[str, bool]) -> None:
    assert words_of(typed) == read
