"""``/digest …`` as typed: what changes in the store, and what the person sees."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import date, datetime

import pytest
from slack_sdk.models.blocks import Block
from sqlalchemy import Engine

from digest.errors import SubscriptionError
from digest.model import ChannelName, Subscriber, SubscriberState
from digest.ranking.language import parse_profile
from digest.slack.app import Access, build_app
from digest.slack.commands import VERBS, answer, pause_end
from digest.slack.desk import Desk
from digest.slack.place import Asked, Place, read_command
from digest.slack.saving import words_of
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers
from digest.store.database import reading
from tests.keys import KEYS
from tests.naughty import NAUGHTY
from tests.slack.conftest import DEFAULTS, NOW, SECRET, TODAY, Person
from tests.slack_server import TOKEN, Slack, wrong_content


def found(desk: Desk, address: str) -> Subscriber:
    with reading(desk.engine) as session:
        known = store_subscribers.find(session, ChannelName.SLACK, address)
    assert known is not None
    return known


def words(desk: Desk, address: str) -> list[str]:
    with reading(desk.engine) as session:
        known = store_subscribers.find(session, ChannelName.SLACK, address)
        assert known is not None
        return [one.text for one in store_profiles.of_subscriber(session, known.id, parse_profile)]


def test_subscribing_makes_a_confirmed_subscriber_in_the_persons_own_zone_with_a_preview(
    person: Person, desk: Desk
) -> None:
    assert person.types("subscribe diffusion, agents -survey").status == 200
    told = person.told()
    subscriber = found(desk, "U777")
    assert (subscriber.state, subscriber.timezone) == (SubscriberState.CONFIRMED, "Europe/Berlin")
    assert subscriber.consent_source == "slack:U777"
    assert words(desk, "U777") == ["diffusion, agents -survey"]
    assert "In the last 7 days 2 papers of 4 would have passed" in told
    assert "papers/2511.00001|Diffusion policies for robots" in told
    assert "papers/2511.00002" not in told


def test_subscribing_again_changes_the_words_and_keeps_the_number(person: Person, desk: Desk) -> None:
    person.types("subscribe diffusion")
    person.told()
    number = found(desk, "U777").id
    for count in (2, 3):  # Slack may send a command twice
        person.types("subscribe video generation")
        person.told(count)
    assert found(desk, "U777").id == number
    assert words(desk, "U777") == ["video generation"]


def test_here_speaks_of_the_channel_and_in_direct_messages_of_the_person(person: Person, desk: Desk) -> None:
    person.types("here subscribe robots")
    assert "in this channel" in person.told()
    person.types("here subscribe agents", channel_id="D999")
    person.told(2)
    assert (words(desk, "C555"), words(desk, "U777")) == (["robots"], ["agents"])


def test_trending_is_subscribed_to_by_saying_so(person: Person, desk: Desk) -> None:
    person.types("subscribe Trending")
    assert "what is trending" in person.told()
    assert words(desk, "U777") == [""]


def test_a_wrong_profile_names_the_piece_and_changes_nothing(person: Person, desk: Desk) -> None:
    person.types("subscribe robots^99999")
    assert "robots^99999" in person.told()
    with reading(desk.engine) as session:
        assert store_subscribers.find(session, ChannelName.SLACK, "U777") is None


def test_typographic_quotes_and_slacks_escapes_are_undone(person: Person, desk: Desk) -> None:
    person.types("subscribe “video generation”, Q&amp;A")
    person.told()
    assert words(desk, "U777") == ['"video generation", Q&A']


def test_without_words_the_form_opens(person: Person, slack: Slack) -> None:
    person.types("subscribe")
    (opened,) = slack.wait_for("views.open")
    assert opened["trigger_id"] == "trigger-1"


def test_today_ranks_the_newest_day_and_stores_nothing(person: Person, desk: Desk) -> None:
    person.types("subscribe diffusion")
    person.told()
    before = found(desk, "U777")
    person.types("today")
    told = person.told(2)
    assert "Fri 20 Nov: 1 of 3 papers for “diffusion”" in told
    assert "papers/2511.00001" in told
    assert found(desk, "U777") == before


def test_today_without_a_subscription_shows_what_is_trending(person: Person) -> None:
    person.types("today")
    assert "for “trending”" in person.told()


def test_search_takes_the_profile_language_over_ninety_days(person: Person) -> None:
    person.types("search diffusion")
    told = person.told()
    assert "2 papers of the last 90 days for “diffusion”" in told
    assert "papers/2511.00004" in told
    person.types("search")
    assert "no words to search for" in person.told(2)


@pytest.mark.parametrize(
    "named",
    [
        "2511.00002",
        "2511.00002v3",
        "https://arxiv.org/abs/2511.00002",
        "<https://huggingface.co/papers/2511.00002|x>",
    ],
)
def test_why_tells_the_verdict_and_the_rule_that_decided(person: Person, named: str) -> None:
    person.types("subscribe agents -survey")
    person.told()
    person.types(f"why {named}")
    told = person.told(2)
    assert "A survey of agents" in told
    assert "excluded by -survey" in told


@pytest.mark.parametrize(
    ("named", "says"), [("9999.99999", "no paper 9999.99999"), ("nonsense", "no paper id")]
)
def test_why_of_an_unknown_paper_says_so(person: Person, named: str, says: str) -> None:
    person.types("subscribe agents")
    person.told()
    person.types(f"why {named}")
    assert says in person.told(2)


def test_pause_resume_and_stop_change_the_state_and_may_come_twice(person: Person, desk: Desk) -> None:
    person.types("subscribe agents")
    person.told()
    person.types("pause 2 weeks")
    assert "Paused. Next digest: <!date^" in person.told(2)
    assert found(desk, "U777").paused_until == date(2026, 12, 4)
    person.types("pause")
    assert "until you resume" in person.told(3)
    person.types("resume")
    assert "Next digest" in person.told(4)
    for count in (5, 6):
        person.types("stop")
        assert "no digest any more" in person.told(count)
    assert found(desk, "U777").state is SubscriberState.UNSUBSCRIBED
    person.types("resume")
    assert "no subscription here" in person.told(7)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("", None),
        ("10", date(2026, 11, 30)),
        ("1 week", date(2026, 11, 27)),
        ("for 3 days", date(2026, 11, 23)),
        ("2w", date(2026, 12, 4)),
        ("until 2027-01-10", date(2027, 1, 10)),
        ("2027-01-10", date(2027, 1, 10)),
    ],
)
def test_a_pause_is_said_in_days_weeks_or_a_date(text: str, until: date | None) -> None:
    assert pause_end(text, TODAY) == until


def test_a_pause_that_is_no_time_is_refused() -> None:
    with pytest.raises(SubscriptionError, match="no time to pause for"):
        pause_end("a while", TODAY)


def test_help_and_unknown_verbs_name_all_there_is(person: Person) -> None:
    person.types("")
    assert "/digest why" in person.told()
    person.types("dance")
    assert "I do not know “dance”" in person.told(2)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_naughty_strings_in_commands_crash_nothing_mention_nobody_and_link_nowhere(
    desk: Desk, verb: str
) -> None:
    for text in NAUGHTY:
        asked = read_command(f"{verb} {text}", Place("U777", "C555"))
        proved(answer(desk, asked, NOW).shown)
        proved(answer(desk, replace(asked, verb=asked.verb + text), NOW).shown)


def proved(blocks: list[dict[str, object]]) -> None:
    from tests.channels.test_slack_blocks import MARKS, mrkdwn_of

    assert wrong_content({"text": "x", "blocks": blocks}) == ""
    for block in json.loads(json.dumps(blocks)):
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
    for text in mrkdwn_of(blocks):
        for inside in MARKS.findall(text):
            assert inside.startswith(("https://huggingface.co/papers/", "!date^")), inside


def test_a_command_is_acknowledged_before_it_is_worked_on(desk: Desk, slack: Slack) -> None:
    released = threading.Event()

    def slow_clock() -> datetime:
        assert released.wait(20)
        return NOW

    person = Person(build_app(desk, Access(SECRET, TOKEN, base_url=slack.api), slow_clock), slack)
    assert person.types("today").status == 200  # returned although the work has not begun
    assert not slack.called("response")
    released.set()
    person.told()


@pytest.mark.parametrize("way", ["old", "forged", "unsigned"])
def test_unsigned_forged_and_old_requests_are_refused(person: Person, desk: Desk, way: str) -> None:
    body = "command=%2Fdigest&text=stop&user_id=U777&team_id=T1"
    if way == "old":
        status = person.sends(body, at=0).status
    elif way == "forged":
        status = replace(person, secret="another secret").sends(body).status
    else:
        status = person.sends(body, headers={"x-slack-signature": ""}).status
    assert status == 401
    assert person.slack.calls == []


def test_a_zone_that_cannot_be_asked_for_falls_back_to_the_default(
    person: Person, desk: Desk, slack: Slack
) -> None:
    slack.zone = ""
    person.types("subscribe agents")
    person.told()
    assert found(desk, "U777").timezone == "UTC"


def test_a_store_without_papers_says_so(sqlite_engine: Engine) -> None:
    empty = Desk(sqlite_engine, DEFAULTS, KEYS)
    asked = Asked(Place("U111", "C111"), "today")
    assert answer(empty, asked, NOW).text == "No papers are stored yet."
    told = answer(empty, replace(asked, verb="subscribe", rest="agents"), NOW)
    assert "there is no preview" in json.dumps(told.blocks)


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
