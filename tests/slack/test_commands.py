"""``/digest …`` as typed: what changes in the store, and what the person sees."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import datetime

import pytest
from slack_sdk.models.blocks import Block
from sqlalchemy import Engine

from digest.model import ChannelName, Subscriber, SubscriberState
from digest.ranking.language import parse_profile
from digest.slack.app import Access, build_app
from digest.slack.commands import VERBS, answer
from digest.slack.desk import Desk
from digest.slack.place import Asked, Place, read_command
from digest.store import profiles as store_profiles
from digest.store import subscribers as store_subscribers
from digest.store import suppressions
from digest.store.database import reading, transaction
from digest.subscriptions.suppressing import ADDRESS
from digest.tokens import keyed_hash
from tests.keys import KEYS
from tests.naughty import NAUGHTY
from tests.slack.conftest import DEFAULTS, NOW, SECRET, Person, using
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
    assert "2 of 4 papers would have passed; the best:" in told
    assert "papers a week* over the last 2 stored days" in told
    assert "papers/2511.00001|Diffusion policies for robots" in told
    assert "papers/2511.00002" not in told


def test_here_speaks_of_the_channel_and_in_direct_messages_of_the_person(person: Person, desk: Desk) -> None:
    person.types("here subscribe robots")
    assert "in this channel" in person.told()
    person.types("here subscribe agents", channel_id="D999")
    person.told(2)
    assert (words(desk, "C555"), words(desk, "U777")) == (["robots"], ["agents"])


def test_typographic_quotes_and_slacks_escapes_are_undone(person: Person, desk: Desk) -> None:
    person.types("subscribe “video generation”, Q&amp;A")
    person.told()
    assert words(desk, "U777") == ['"video generation", Q&A']


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
        assert released.wait(60)
        return NOW

    with using(build_app(desk, Access(SECRET, TOKEN, base_url=slack.api), slow_clock), slack) as person:
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


def test_what_only_the_operator_can_mend_is_logged_and_not_told_as_a_command(
    sqlite_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction(sqlite_engine) as session:
        session.connection().exec_driver_sql("ALTER TABLE search_documents RENAME TO elsewhere")
    reply = answer(
        Desk(sqlite_engine, DEFAULTS, KEYS), read_command("search diffusion", Place("U111", "C111")), NOW
    )
    assert "try again in a few minutes" in reply.text
    assert "digest db" not in reply.text
    assert "a command in Slack failed" in caplog.text


def test_a_suppressed_person_is_sent_to_whoever_runs_it_and_not_to_a_command(desk: Desk) -> None:
    with transaction(desk.engine) as session:
        hashed = keyed_hash(KEYS, ADDRESS, "U111")
        suppressions.add(session, ChannelName.SLACK, hashed, "asked", NOW)
    reply = answer(desk, read_command("subscribe diffusion", Place("U111", "C111")), NOW)
    assert "ask whoever runs this digest" in reply.text
    assert "unsuppress" not in reply.text
