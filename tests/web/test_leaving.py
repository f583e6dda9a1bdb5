"""Leaving: at once, by the mail program or by hand; opening a link changes nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from digest.links import make_links
from digest.model import FeedbackVerdict, SubscriberState
from digest.store import subscribers
from digest.store.database import reading, transaction
from digest.store.schema import Base
from digest.subscriptions import erase, give_feedback, pause, unsubscribe
from digest.tokens import Purpose
from tests.web.conftest import KEYS, SECRET, Build, Site


def state(site: Site, number: int) -> SubscriberState:
    with reading(site.engine) as session:
        return subscribers.get(session, number).state


def everything(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table."""
    with reading(engine) as session:
        return {
            name: sorted(map(repr, session.execute(text(f"SELECT * FROM {name}")).all()))
            for name in Base.metadata.tables
        }


@pytest.mark.parametrize(
    "how",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {},
    ],
    ids=["urlencoded", "multipart", "empty"],
)
def test_one_click_unsubscribes_without_cookie_and_without_redirect(site: Site, how: dict[str, Any]) -> None:
    ada = site.join()
    link = f"/u/{site.token(Purpose.UNSUBSCRIBE, ada.id)}"
    for _ in range(2):
        answer = site.post(link, **how)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert state(site, ada.id) is SubscriberState.UNSUBSCRIBED


def test_a_scanner_that_opens_every_link_of_a_mail_changes_nothing(site: Site) -> None:
    ada = site.join()
    links = make_links(KEYS, "https://digest.example.org", subscriber_id=ada.id, digest_id=1, at=site.clock())
    with transaction(site.engine) as session:
        give_feedback(session, ada.id, "2610.90001", FeedbackVerdict.MORE, site.clock())
    paper = site.get("/api/trending").json()[0]["paper"]["id"]
    confirm = f"https://digest.example.org/confirm/{site.token(Purpose.CONFIRM, ada.id)}"
    before = everything(site.engine)
    for link in (
        links.preferences,
        links.pause,
        links.unsubscribe,
        links.one_click,
        f"{links.feedback}/{paper}/more",
        f"{links.feedback}/{paper}/less",
        f"{links.feedback}/{paper}/undo",
        links.digest_page,
        f"{links.preferences}/erase",
        f"{links.preferences}/export.json",
        confirm,
    ):
        path = link.removeprefix("https://digest.example.org")
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = site.browser.request(method, path, headers={"Sec-Purpose": "prefetch"})
            assert answer.status_code < 500
            assert answer.headers["cache-control"] == "no-store", path
            assert answer.headers["referrer-policy"] == "no-referrer"
            if method == "HEAD":
                assert answer.content == b""
    assert everything(site.engine) == before


def test_an_unsubscribe_link_works_for_ever_and_after_key_rotation(build: Build) -> None:
    old = build()
    ada = old.join()
    link = f"/u/{old.token(Purpose.UNSUBSCRIBE, ada.id)}"
    old.clock.later(days=4000)
    assert old.post(link).status_code == 200
    rotated = build(secret_keys=(SecretStr("a newer secret key, for tests"), SecretStr(SECRET)))
    other = rotated.join()
    assert rotated.post(link).status_code == 200
    assert state(rotated, other.id) is SubscriberState.UNSUBSCRIBED


@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.UNSUBSCRIBE])
def test_a_token_for_something_else_does_not_unsubscribe(site: Site, purpose: Purpose) -> None:
    ada = site.join()
    assert site.post(f"/u/{site.token(purpose, ada.id)}").status_code == 403
    assert state(site, ada.id) is SubscriberState.CONFIRMED


@pytest.mark.parametrize("prefix", ["/u/", "/p/", "/confirm/", "/pause/", "/d/", "/back/"])
def test_broken_tokens_are_refused_with_one_and_the_same_page(site: Site, prefix: str) -> None:
    good = site.token(Purpose.UNSUBSCRIBE, site.join().id)
    broken = (
        good[:-1],
        good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1],
        "x",
        "ä",
        "a" * 4000,
    )
    answers = {(one.status_code, one.text) for one in (site.get(f"{prefix}{token}") for token in broken)}
    assert len(answers) == 1
    [(status, page)] = answers
    assert status == 403
    assert "does not work" in page


def test_leaving_offers_weekly_or_a_pause_once(site: Site) -> None:
    ada = site.join()
    link = f"/u/{site.token(Purpose.UNSUBSCRIBE, ada.id)}"
    first, second = site.post(link).text, site.post(link).text
    assert "One digest a week" in first
    assert "One digest a week" not in second
    back = first.split('action="')[1].split('"')[0]
    assert site.get(back).status_code == 200
    assert state(site, ada.id) is SubscriberState.UNSUBSCRIBED
    assert "One digest a week, on Monday" in site.post(back, data={"instead": "weekly"}).text
    with reading(site.engine) as session:
        weekly = subscribers.get(session, ada.id)
    assert (weekly.state, weekly.weekdays) == (SubscriberState.CONFIRMED, frozenset({0}))


def test_coming_back_twice_is_the_same_as_once_and_leads_to_the_preferences(site: Site) -> None:
    ada = site.join()
    left = site.post(f"/u/{site.token(Purpose.UNSUBSCRIBE, ada.id)}").text
    back = left.split('action="')[1].split('"')[0]
    assert site.post(back, data={"instead": "weekly"}).status_code == 200
    before = everything(site.engine)
    again = site.post(back, data={"instead": "pause"})
    assert again.status_code == 303
    assert "<h1>Your preferences</h1>" in site.get(again.headers["location"]).text
    reloaded = site.get(back)
    assert (reloaded.status_code, "You are back" in reloaded.text) == (200, True)
    assert f'href="{again.headers["location"]}"' in reloaded.text
    assert everything(site.engine) == before


@pytest.mark.parametrize("page", ["/p/{}", "/p/{}/pause", "/p/{}/resume", "/pause/{}"])
def test_who_has_left_is_told_so_and_how_to_come_back(site: Site, page: str) -> None:
    ada = site.join()
    path = page.format(site.token(Purpose.PREFERENCES, ada.id))
    with transaction(site.engine) as session:
        unsubscribe(session, ada.id)
    answer = site.get(path) if page.count("/") == 2 else site.post(path)
    assert re.search("You have left: no more digests|This subscription is unsubscribed", answer.text)
    assert 'href="/subscribe">Subscribe' in answer.text.split("</header>")[1]
    assert f"ubscriber {ada.id}" not in answer.text


def test_an_old_link_of_somebody_erased_says_that_nothing_is_held(site: Site) -> None:
    ada = site.join()
    preferences = site.token(Purpose.PREFERENCES, ada.id)
    word = (
        f"/f/{site.token(Purpose.FEEDBACK, ada.id)}/{site.get('/api/trending').json()[0]['paper']['id']}/more"
    )
    with transaction(site.engine) as session:
        erase(session, ada.id, KEYS, site.clock())
    for answer in (
        site.get(f"/p/{preferences}"),
        site.get(f"/p/{preferences}/export.json"),
        site.post(f"/p/{preferences}/pause"),
        site.post(f"/p/{preferences}/profiles/new", data={"title": "Speech", "keywords": "speech"}),
        site.get(f"/pause/{preferences}"),
        site.post(word),
        site.post(f"/back/{site.token(Purpose.BACK, ada.id)}"),
        site.get(f"/confirm/{site.token(Purpose.CONFIRM, ada.id)}"),
    ):
        assert answer.status_code == 404
        assert "Nothing is held about you here any more." in answer.text
        assert 'href="/subscribe">Subscribe' in answer.text.split("</header>")[1]
        assert "digest subscribers" not in answer.text


def test_a_pause_instead_of_leaving_and_not_after_an_hour(site: Site) -> None:
    ada = site.join()
    link = f"/u/{site.token(Purpose.UNSUBSCRIBE, ada.id)}"
    back = site.post(link).text.split('action="')[1].split('"')[0]
    assert site.post(back, data={"instead": "pause"}).status_code == 200
    assert state(site, ada.id) is SubscriberState.PAUSED
    back = site.post(link).text.split('action="')[1].split('"')[0]
    site.clock.later(hours=2)
    assert site.post(back, data={"instead": "pause"}).status_code == 403


def test_the_page_of_somebody_gone_says_so(site: Site) -> None:
    ada = site.join()
    link = f"/u/{site.token(Purpose.UNSUBSCRIBE, ada.id)}"
    assert "<button>Unsubscribe</button>" in site.get(link).text
    site.post(link)
    assert "You are unsubscribed" in site.get(link).text
    assert site.post(f"/u/{site.token(Purpose.UNSUBSCRIBE, 999)}").status_code == 200


def test_pausing_from_the_mail_takes_a_date_and_a_button(site: Site) -> None:
    ada = site.join()
    token = site.token(Purpose.PREFERENCES, ada.id)
    assert "Take a break" in site.get(f"/pause/{token}").text
    until = (site.clock() + timedelta(days=9)).date()
    answer = site.post(f"/p/{token}/pause", data={"until": str(until)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/p/{token}?saved=pause")
    with transaction(site.engine) as session:
        assert subscribers.get(session, ada.id).paused_until == until
        assert pause(session, ada.id, site.clock()).paused_until is None


def test_the_first_day_a_pause_may_end_is_tomorrow_where_the_subscriber_is(site: Site) -> None:
    ada = site.join(timezone="America/Los_Angeles")
    site.clock.now = datetime(2026, 10, 17, 3, 0, tzinfo=UTC)  # still the evening of the 16th there
    token = site.token(Purpose.PREFERENCES, ada.id)
    assert 'min="2026-10-17"' in site.get(f"/pause/{token}").text
    assert site.post(f"/p/{token}/pause", data={"until": "2026-10-17"}).status_code == 303
