"""Buttons under a digest: recorded once however often pressed, undone, and only by those it belongs to."""

from __future__ import annotations

import pytest

from digest.model import ChannelName, Digest, FeedbackVerdict, Weight
from digest.ranking.language import parse_profile
from digest.slack import home
from digest.slack.desk import Desk
from digest.slack.place import Place
from digest.slack.presses import PRESSES, pressed
from digest.store import digests, profiles, saved
from digest.store import feedback as store_feedback
from digest.store.database import reading, transaction
from digest.store.digests import Coverage
from tests.channels.slack_sheets import papers, sheet
from tests.joining import subscribe
from tests.keys import KEYS
from tests.naughty import NAUGHTY
from tests.slack.conftest import NOW, Person, fill
from tests.slack.test_commands import proved


def prepared(desk: Desk, address: str = "U777") -> Digest:
    """A digest as prepare leaves it, with the papers 2511.00001 and 2511.00002."""
    from dataclasses import replace

    with transaction(desk.engine) as session:
        number = subscribe(
            session,
            keys=KEYS,
            channel=ChannelName.SLACK,
            address=address,
            profiles={"robots": "diffusion policy"},
            confirmed=True,
            now=NOW,
            source="test",
        ).id
        made = replace(sheet(papers(2)).digest, subscriber_id=number, id=0)
        (stored,) = digests.add(session, [(made, Coverage(None, 1, None))], now=NOW)
    return stored


def words(desk: Desk, digest: Digest) -> dict[str, FeedbackVerdict]:
    with reading(desk.engine) as session:
        return {
            one.paper_id: one.verdict for one in store_feedback.of_subscriber(session, digest.subscriber_id)
        }


def test_more_and_less_are_recorded_once_and_the_last_word_counts(person: Person, desk: Desk) -> None:
    digest = prepared(desk)
    for count, action in enumerate(("digest_more", "digest_more", "digest_less"), 1):
        person.presses(action, f"{digest.id}/2511.00001")
        told = person.told(count)
    assert "Noted: less like <https://huggingface.co/papers/2511.00001|Diffusion policies for robots>" in told
    assert words(desk, digest) == {"2511.00001": FeedbackVerdict.LESS}


def test_a_word_is_taken_back_by_undo_and_undoing_twice_is_the_same(person: Person, desk: Desk) -> None:
    digest = prepared(desk)
    person.presses("digest_more", f"{digest.id}/2511.00001")
    assert '"action_id": "digest_undo"' in person.told()
    for count in (2, 3):
        person.presses("digest_undo", f"{digest.id}/2511.00001")
        assert "Taken back." in person.told(count)
    assert words(desk, digest) == {}


def test_a_paper_is_saved_and_taken_off_again(person: Person, desk: Desk) -> None:
    digest = prepared(desk)
    person.presses("digest_save", f"{digest.id}/2511.00002")
    person.told()
    with reading(desk.engine) as session:
        assert saved.of_subscriber(session, digest.subscriber_id) == ["2511.00002"]
    person.presses("digest_unsave", f"{digest.id}/2511.00002")
    person.told(2)
    with reading(desk.engine) as session:
        assert saved.of_subscriber(session, digest.subscriber_id) == []


def test_why_these_tells_the_arithmetic_the_profile_and_the_account(person: Person, desk: Desk) -> None:
    digest = prepared(desk)
    person.presses("digest_why", f"{digest.id}/2511.00001")
    told = person.told()
    assert "6.1 points for robots 1: diffusion policy: title 4.1, abstract 1.2; votes 0.8" in told
    assert "Profile: diffusion policy" in told
    assert "10 papers listed on Fri 20 Nov: 2 chosen, 8 below the bar of 5.0" in told


def test_in_a_channel_everybody_may_press_and_nobody_elsewhere(person: Person, desk: Desk) -> None:
    digest = prepared(desk, "C555")
    person.presses("digest_more", f"{digest.id}/2511.00001")
    assert "Noted" in person.told()
    person.presses("digest_less", f"{digest.id}/2511.00001", channel={"id": "C666"})
    assert "belongs to another conversation" in person.told(2)
    assert words(desk, digest) == {"2511.00001": FeedbackVerdict.MORE}


def test_another_workspace_with_the_same_channel_id_may_not_press(desk: Desk) -> None:
    digest = prepared(desk, "T111/C555")
    value = f"{digest.id}/2511.00001"
    assert "another" in pressed(desk, Place("U777", "C555", "T222"), "digest_more", value, NOW).text
    assert "another" in pressed(desk, Place("U777", "C555"), "digest_more", value, NOW).text
    assert "Noted" in pressed(desk, Place("U777", "C555", "T111"), "digest_more", value, NOW).text


def test_a_webhooks_digest_has_no_buttons_and_none_work(desk: Desk) -> None:
    digest = prepared(desk, "https://hooks.slack.com/services/T1/B1/x")
    told = pressed(desk, Place("U777", "C555"), "digest_more", f"{digest.id}/2511.00001", NOW).text
    assert "another conversation" in told


@pytest.mark.parametrize("action", sorted(PRESSES))
def test_forged_values_are_refused_and_never_crash(desk: Desk, action: str) -> None:
    for value in (
        "",
        "1",
        "/",
        "1/",
        "x/2511.00001",
        "999/2511.00001",
        "٣/x",
        f"{10**30}/x",
        "1/" + "x" * 99,
        *NAUGHTY,
    ):
        reply = pressed(desk, Place("U777", "C555"), action, value, NOW)
        proved(reply.shown)
        assert "→" in reply.text


def test_a_press_teaches_the_profile_and_undo_unteaches_it(person: Person, desk: Desk) -> None:
    subjects = "diffusion policies", "voices", "proteins", "weather", "chess openings", "courts", "theorems"
    library = ((f"2510.{n:05d}", subjects[n % 7], f"On {subjects[n % 7]}.", 40) for n in range(42))
    fill(desk.engine, tuple(library))
    digest = prepared(desk)

    def learnt() -> tuple[Weight, ...]:
        with reading(desk.engine) as session:
            return profiles.of_subscriber(session, digest.subscriber_id, parse_profile)[0].weights

    person.presses("digest_more", f"{digest.id}/2511.00001")
    assert "Noted: more like" in person.told()
    assert any(one.weight > 0 for one in learnt())
    person.presses("digest_undo", f"{digest.id}/2511.00001")
    person.told(2)
    assert learnt() == ()
    person.presses("digest_more", f"{digest.id}/2511.00001")
    person.told(3)
    assert learnt()
    home.act(desk, Place("U777", ""), home.TAKE_BACK, "2511.00001", NOW)
    assert learnt() == ()
