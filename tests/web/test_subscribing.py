"""Subscribing: the form, the trial run, one confirmation, and nothing told about an address."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources

import pytest
from pydantic import SecretStr

from digest.config import SlackSettings
from digest.demo.sample import FIRST_DAY
from digest.demo.sample import listings as sample_listings
from digest.demo.shapes import item_of
from digest.house import House
from digest.model import ChannelName, Papers, Reading, SubscriberState, Tier
from digest.pipeline.collect import store_reading
from digest.ranking.language import parse_profile
from digest.sources.api import parse_api
from digest.store import notices, profiles, subscribers
from digest.store.database import reading, transaction
from digest.store.notices import Kind
from digest.subscriptions import unsubscribe
from digest.tokens import Purpose
from tests.web.conftest import Build, Site

WISHES = {
    "address": "ada@example.org",
    "keywords": "robot learning, manipulation",
    "follow": "keywords",
    "timezone": "Europe/Berlin",
    "send_at": "06:45",
    "weekdays": ["0", "3"],
    "bar": "4.5",
    "limit": "7",
    "website": "",
}


def zones_offered(page: str) -> set[str]:
    [choice] = re.findall(r'<select id="timezone".*?</select>', page, re.DOTALL)
    return set(re.findall(r"<option[^>]*>([^<]+)</option>", choice))


def form_token(site: Site, path: str = "/subscribe") -> str:
    found = re.search(r'name="form" value="([^"]+)"', site.get(path).text)
    assert found
    return found[1]


def ask(site: Site, **changes: object) -> tuple[int, str]:
    """Fill the form in as a person does: not at once."""
    token = form_token(site)
    site.clock.later(seconds=5)
    answer = site.post("/subscribe", data=WISHES | {"form": token} | changes)
    return answer.status_code, answer.text


def planned(site: Site) -> list[tuple[str, Kind]]:
    now = site.clock()
    with transaction(site.engine) as session:
        found = notices.claim(session, "t", now, lease=timedelta(hours=1), limit=100, most_attempts=5)
    return [(one.address, one.kind) for one in found]


def test_the_zone_of_every_place_on_earth_can_be_chosen(site: Site) -> None:
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text()
    places = {line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")}
    assert len(places) > 300
    assert places | {"UTC"} <= zones_offered(site.get("/subscribe").text)


@pytest.mark.parametrize("bad", ["\x00", "\x1b"])
def test_keywords_no_database_takes_are_named_beside_their_field(site: Site, bad: str) -> None:
    status, text = ask(site, keywords=f"robots{bad}")
    assert (status, text.count(f"U+{ord(bad):04X}, position 7")) == (422, 2)  # above and at the field
    with reading(site.engine) as session:
        assert subscribers.listed(session) == []


def test_a_sign_up_stores_what_was_asked_for_and_mails_one_confirmation(site: Site) -> None:
    status, text = ask(site)
    assert (status, "Look into your mailbox" in text) == (200, True)
    with reading(site.engine) as session:
        [ada] = subscribers.listed(session)
        [own] = profiles.of_subscriber(session, ada.id, parse_profile)
    assert ada.state is SubscriberState.UNCONFIRMED
    assert (ada.timezone, f"{ada.send_at:%H:%M}", sorted(ada.weekdays)) == ("Europe/Berlin", "06:45", [0, 3])
    assert (own.text, own.bar, own.limit) == ("robot learning, manipulation", 4.5, 7)
    assert planned(site) == [("ada@example.org", Kind.CONFIRM)]


def test_following_what_is_trending_needs_no_keywords(site: Site) -> None:
    assert ask(site, follow="trending", keywords="")[0] == 200
    with reading(site.engine) as session:
        [ada] = subscribers.listed(session)
        assert profiles.of_subscriber(session, ada.id, parse_profile)[0].trending


def test_every_address_gets_the_same_answer(site: Site) -> None:
    known = site.join(address="known@example.org")
    gone = site.join(address="gone@example.org")
    with transaction(site.engine) as session:
        unsubscribe(session, gone.id)
    answers = {ask(site, address=address) for address in ("new@example.org", known.address, gone.address)}
    answers |= {ask(site, address="new@example.org"), ask(site, website="https://spam.example")}
    assert len(answers) == 1
    assert planned(site) == [
        ("new@example.org", Kind.CONFIRM),
        ("known@example.org", Kind.KNOWN),
        ("gone@example.org", Kind.CONFIRM),
    ]


def test_a_program_that_fills_the_trap_causes_nothing(site: Site) -> None:
    assert ask(site, website="https://spam.example")[0] == 200
    assert planned(site) == []
    with reading(site.engine) as session:
        assert subscribers.listed(session) == []


def test_a_form_sent_at_once_is_asked_to_be_sent_again_with_all_it_held(site: Site) -> None:
    answer = site.post("/subscribe", data=WISHES | {"form": form_token(site)})
    assert "press the button once more" in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert "robot learning, manipulation</textarea>" in answer.text
    assert planned(site) == []


@pytest.mark.parametrize("token", ["", "forged", "a" * 5000])
def test_a_form_without_its_token_does_nothing(site: Site, token: str) -> None:
    answer = site.post("/subscribe", data=WISHES | {"form": token})
    assert "press the button once more" in answer.text
    assert planned(site) == []


def test_a_form_left_open_for_a_day_is_asked_to_be_sent_again(site: Site) -> None:
    token = form_token(site)
    site.clock.later(hours=24)
    assert "once more" in site.post("/subscribe", data=WISHES | {"form": token}).text
    assert planned(site) == []


@pytest.mark.parametrize(
    ("changes", "says", "field"),
    [
        ({"address": "ada"}, "no mail address", "address"),
        ({"address": " "}, "The mail address is missing", "address"),
        ({"keywords": ""}, "Give some, or choose “What most people vote for”.", "keywords"),
        ({"keywords": 'robots, "open'}, "open", "keywords"),
        ({"timezone": "Europe/Berln"}, "Did you mean Europe/Berlin?</", "timezone"),
        ({"weekdays": []}, "No weekday", None),
        ({"send_at": "soon"}, "no time of day", "send_at"),
        ({"bar": "high"}, "bar is no number", "bar"),
        ({"bar": "11"}, "not between 0 and 10", "bar"),
        ({"limit": "2.5"}, "no whole number", "limit"),
        ({"limit": "nan"}, "no whole number", "limit"),
        ({"limit": "999"}, "not between 1 and 50", "limit"),
        ({"channel": "slack"}, "channel", None),
    ],
)
def test_what_is_wrong_is_said_in_place_and_nothing_is_lost(
    site: Site, changes: dict[str, object], says: str, field: str | None
) -> None:
    status, text = ask(site, **changes)
    assert status == 422
    assert says in text
    assert 'role="alert"' in text
    if field:
        marked = re.search(rf'<(?:input|select|textarea) id="{field}"[^>]*>', text)
        assert marked
        assert 'aria-invalid="true"' in marked[0]
    if "keywords" not in changes:
        assert "robot learning, manipulation</textarea>" in text
    assert planned(site) == []


def test_everything_that_is_wrong_is_named_at_once_and_leads_to_its_field(site: Site) -> None:
    status, text = ask(
        site, keywords='"open', bar="99", limit="x", address="ada@@", send_at="soon", weekdays=[]
    )
    assert status == 422
    [summary] = re.findall(r'<div class="note wrong" role="alert">.*?</div>', text, re.DOTALL)
    assert "these 6 things" in summary
    named = re.findall(r'<a href="#(\w+)">([^<]+)</a>', summary)
    assert [name for name, _ in named] == ["keywords", "bar", "limit", "address", "weekdays", "send_at"]
    for name, words in named:
        assert f'id="{name}"' in text
        assert f'<p class="wrong" id="{name}-wrong">{words}</p>' in text
        assert name == "weekdays" or f'aria-describedby="{name}-wrong' in text


def test_the_trial_run_shows_what_the_profile_would_have_found(site: Site) -> None:
    answer = site.post("/lab", data={"keywords": "robot learning, manipulation, zyzzyva", "bar": "3"})
    assert answer.status_code == 200
    assert "papers a week" in answer.text
    assert "The best of them" in answer.text
    assert "<code>zyzzyva</code>" in answer.text
    assert "<html" not in answer.text


def test_the_trial_run_counts_no_more_a_day_than_the_limit_and_says_when_nothing_is_near(site: Site) -> None:
    wishes = {"keywords": "robot learning, robot manipulation, video", "bar": "0.5"}
    [many], [few] = (
        re.findall(r'number">([\d.]+)</span> papers a week', site.post("/lab", data=wishes | more).text)
        for more in ({"limit": "50"}, {"limit": "1"})
    )
    assert float(few) < float(many)
    assert "with at most 1 a day" in site.post("/lab", data=wishes | {"limit": "1"}).text
    assert "with at most" not in site.post("/lab", data=wishes | {"limit": "50"}).text
    assert "No paper is just below the bar" in site.post("/lab", data={"keywords": "zyzzyva"}).text


def test_the_trial_run_names_what_is_wrong_and_waits_for_keywords(site: Site) -> None:
    assert 'role="alert"' in site.post("/lab", data={"keywords": '"open'}).text
    assert 'role="alert"' in site.post("/lab", data={"keywords": "x", "bar": "high"}).text
    assert "Type keywords" in site.post("/lab", data={}).text


def test_a_browser_without_javascript_has_a_button_to_try(site: Site) -> None:
    text = site.post("/subscribe/try", data=WISHES).text
    assert "papers a week" in text
    assert 'value="ada@example.org"' in text
    assert "<noscript>" in text
    assert 'formaction="/subscribe/try"' in text


def test_keywords_from_the_box_on_other_pages_are_in_the_form(site: Site) -> None:
    assert ">robots &lt;b&gt;</textarea>" in site.get("/subscribe", params={"keywords": "robots <b>"}).text


def test_confirming_takes_a_button_and_works_once(site: Site) -> None:
    ask(site)
    with reading(site.engine) as session:
        [ada] = subscribers.listed(session)
    link = f"/confirm/{site.token(Purpose.CONFIRM, ada.id)}"
    assert "robot learning, manipulation" in site.get(link).text
    with reading(site.engine) as session:
        assert subscribers.get(session, ada.id) == ada
    done = site.post(link)
    assert "You are subscribed" in done.text
    assert "Monday and Thursday at 06:45 (Europe/Berlin)" in done.text
    assert site.post(link).status_code == 200
    assert "used already" in site.get(link).text
    with transaction(site.engine) as session:
        assert subscribers.get(session, ada.id).state is SubscriberState.CONFIRMED
        unsubscribe(session, ada.id)
    assert site.post(link).status_code == 422
    with reading(site.engine) as session:
        assert subscribers.get(session, ada.id).state is SubscriberState.UNSUBSCRIBED


def test_who_left_sees_what_was_asked_for_before_confirming_it(site: Site) -> None:
    ada = site.join(profiles={"Speech": "speech"})
    with transaction(site.engine) as session:
        unsubscribe(session, ada.id)
    ask(site)
    link = f"/confirm/{site.token(Purpose.CONFIRM, ada.id)}"
    text = site.get(link).text
    assert "robot learning, manipulation" in text
    assert "Monday and Thursday at 06:45 (Europe/Berlin)" in text
    with reading(site.engine) as session:
        assert [one.text for one in profiles.of_subscriber(session, ada.id, parse_profile)] == ["speech"]
    assert "You are subscribed" in site.post(link).text
    assert "used already" in site.get(link).text
    with reading(site.engine) as session:
        [own] = profiles.of_subscriber(session, ada.id, parse_profile)
    assert own.text == "robot learning, manipulation"


def test_a_confirmation_expires_after_three_days(site: Site) -> None:
    ask(site)
    link = f"/confirm/{site.token(Purpose.CONFIRM, 1)}"
    site.clock.later(hours=73)
    for answer in (site.get(link), site.post(link)):
        assert answer.status_code == 403
        assert "expired" in answer.text
        ways = answer.text.split("<h1>")[1].split("</main>")[0]
        assert re.findall(r'href="([^"]+)"', ways) == ["/subscribe"], "an unconfirmed address is sent no link"


def test_a_lost_link_is_mailed_and_the_answer_tells_nothing(site: Site) -> None:
    site.join()
    answers = set()
    for address in ("ada@example.org", "nobody@example.org", "ada@example.org"):
        answer = site.post("/link", data={"address": address, "form": form_token(site, "/link")})
        answers.add((answer.status_code, answer.text))
    site.post(
        "/link", data={"address": "ada@example.org", "form": form_token(site, "/link"), "website": "spam"}
    )
    assert len(answers) == 1
    assert planned(site) == [("ada@example.org", Kind.KNOWN)]
    wrong = site.post("/link", data={"address": "ada", "form": form_token(site, "/link")})
    assert (wrong.status_code, "no mail address" in wrong.text) == (422, True)


def test_a_lost_link_asked_for_on_an_old_page_is_asked_for_once_more(site: Site) -> None:
    site.join()
    token = form_token(site, "/link")
    site.clock.later(hours=24)
    for old in ({"form": token}, {}):
        answer = site.post("/link", data={"address": "ada@example.org"} | old)
        assert "press the button once more" in answer.text
        assert "expired" not in answer.text
        assert 'value="ada@example.org"' in answer.text
    assert planned(site) == []
    fresh = re.search(r'name="form" value="([^"]+)"', answer.text)
    assert fresh
    site.post("/link", data={"address": "ada@example.org", "form": fresh[1]})
    assert planned(site) == [("ada@example.org", Kind.KNOWN)]


def test_one_network_is_slowed_down_and_told_when_to_try_again(site: Site) -> None:
    for number in range(20):
        assert ask(site, address=f"r{number}@example.org")[0] == 200
    token = form_token(site)
    site.clock.later(seconds=5)
    answer = site.post("/subscribe", data=WISHES | {"form": token})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "3600"


def test_only_a_configured_proxy_may_say_who_asks(build: Build) -> None:
    plain, behind = build(), build(trusted_proxies=("198.51.100.0/24",))
    for site, status in ((plain, 429), (behind, 200)):
        for number in range(21):
            token = form_token(site)
            site.clock.later(seconds=5)
            answer = site.post(
                "/subscribe",
                data=WISHES | {"form": token, "address": f"r{number}@example.org"},
                headers={"X-Forwarded-For": f"1.2.3.4, 203.0.{number}.9"},
            )
        assert answer.status_code == status


def test_the_answer_takes_the_same_time_for_every_address(site: Site) -> None:
    """The floor is above the work, so that the work cannot be seen from outside."""
    from time import monotonic

    from starlette.testclient import TestClient

    from digest.web import create_app

    app = create_app(site.house, clock=site.clock, answer_seconds=0.3)
    token = form_token(site)
    site.clock.later(seconds=5)
    browser = TestClient(app)
    for address in ("ada@example.org", "ada@example.org"):
        started = monotonic()
        browser.post("/subscribe", data=WISHES | {"form": token, "address": address})
        assert monotonic() - started >= 0.3


# --- how often, and where to -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("often", "weekdays"),
    [("daily", frozenset(range(7))), ("weekly", frozenset({4})), ("chosen", frozenset({0, 3}))],
)
def test_daily_weekly_and_chosen_days_are_choices_of_their_own(
    site: Site, often: str, weekdays: frozenset[int]
) -> None:
    assert ask(site, often=often, weekly_on="4")[0] == 200
    with reading(site.engine) as session:
        assert subscribers.get(session, 1).weekdays == weekdays


def test_what_was_chosen_is_still_chosen_when_something_else_is_wrong(site: Site) -> None:
    _, text = ask(site, often="weekly", weekly_on="4", address="nobody")
    assert 'name="often" value="weekly" checked' in text
    assert '<option value="4" selected>Friday' in text


def slack_site(build: Build, **slack: object) -> Site:
    site = build()
    settings = site.house.settings.model_copy(update={"slack": SlackSettings(enabled=True, **slack)})
    return Site(House(settings, site.engine), site.clock)


def test_slack_is_offered_where_the_operator_has_it_with_the_ways_that_are_open(
    site: Site, build: Build
) -> None:
    assert "Slack" not in site.get("/subscribe").text
    hooks = slack_site(build).get("/subscribe").text
    assert 'name="webhook"' in hooks
    assert "/digest</code>" not in hooks
    one = slack_site(build, bot_token=SecretStr("x"), app_token=SecretStr("y")).get("/subscribe").text
    assert "/digest</code>" in one
    assert "/slack/install" not in one
    half = {"client_id": "1.2", "client_secret": SecretStr("z")}
    many = slack_site(build, **half, signing_secret=SecretStr("x")).get("/subscribe").text
    assert 'href="/slack/install"' in many
    assert "/slack/install" not in slack_site(build, **half).get("/subscribe").text


HOOK = "https://hooks.slack.com/services/T000/B000/secret"


def test_strangers_cannot_have_the_server_post_into_the_operators_network(build: Build) -> None:
    inside = "https://relay.internal:9000"
    site = slack_site(build, webhook_hosts=("hooks.slack.com", inside))
    status, text = ask(site, channel="slack", webhook=f"{inside}/services/x", address="")
    assert (status, "no Slack webhook address" in text) == (422, True)
    with reading(site.engine) as session:
        assert subscribers.listed(session) == []


def test_a_webhook_is_subscribed_at_once_and_leads_to_its_preferences(build: Build) -> None:
    site = slack_site(build)
    status, text = ask(site, channel="slack", webhook=HOOK, address="")
    assert (status, "You are subscribed" in text) == (200, True)
    with reading(site.engine) as session:
        one = subscribers.get(session, 1)
    assert (one.channel, one.address, one.state, one.consent_source) == (
        ChannelName.SLACK,
        HOOK,
        SubscriberState.CONFIRMED,
        "web:webhook",
    )
    assert one.next_due_at is not None
    preferences = re.search(r'href="(/p/[^"]+)"', text)
    assert preferences
    assert site.get(preferences[1]).status_code == 200
    assert planned(site) == []
    assert "Nothing to do" in ask(site, channel="slack", webhook=HOOK)[1]
    with reading(site.engine) as session:
        assert len(subscribers.listed(session)) == 1


@pytest.mark.parametrize("webhook", ["", "C0123ABCD", "https://evil.example/x", "http://hooks.slack.com/x"])
def test_a_stranger_subscribes_no_slack_channel_by_its_id(build: Build, webhook: str) -> None:
    site = slack_site(build)
    status, text = ask(site, channel="slack", webhook=webhook)
    assert (status, "webhook" in text) == (422, True)
    with reading(site.engine) as session:
        assert subscribers.listed(session) == []


def test_slack_cannot_be_chosen_where_the_operator_has_none(site: Site) -> None:
    assert ask(site, channel="slack", webhook=HOOK)[0] == 422


def test_programs_and_floods_subscribe_no_webhook(build: Build) -> None:
    site = slack_site(build)
    ask(site, channel="slack", webhook=HOOK, website="http://spam.example")
    with reading(site.engine) as session:
        assert subscribers.listed(session) == []
    answers = [ask(site, channel="slack", webhook=f"{HOOK}{one}")[0] for one in range(21)]
    assert (answers[19], answers[20]) == (200, 429)


# --- the trial run ---------------------------------------------------------------------------


def test_words_of_the_weaker_half_are_proposed_for_exclusion(site: Site) -> None:
    text = site.post("/lab", data={"keywords": "diffusion guild", "bar": "0.1"}).text
    assert "exclude what you do not mean" in text
    assert re.search(r"<code>-\w+</code>", text)


def test_a_profile_is_tried_on_thirty_or_ninety_days(site: Site) -> None:
    day = date(2026, 8, 20)
    answer = json.dumps([item_of(one) for one in sample_listings(FIRST_DAY, site.clock())]).encode()
    found, _ = parse_api(answer)
    assert isinstance(found, Papers)
    old = Papers(
        tuple(
            replace(one, paper=replace(one.paper, id=f"2608.9{place:04}"))
            for place, one in enumerate(found.records)
        )
    )
    with transaction(site.engine) as session:
        store_reading(session, Reading(day, old, Tier.API), now=site.clock(), silent=True)
    texts = [site.post("/lab", data={"keywords": "diffusion", "days": days}).text for days in ("30", "90")]
    assert "3 stored days" in texts[0]
    assert "4 stored days, Thu 20 Aug to " in texts[1]


@pytest.mark.slow
def test_ten_thousand_sign_ups_for_one_address_from_everywhere_send_one_mail(build: Build) -> None:
    site = build(trusted_proxies=("198.51.100.7",), sign_ups_per_hour=2_000)
    token = form_token(site)
    site.clock.later(seconds=5)
    answers = Counter(
        site.post(
            "/subscribe",
            data=WISHES | {"form": token},
            headers={"X-Forwarded-For": f"10.{one // 250}.{one % 250}.9"},
        ).status_code
        for one in range(10_000)
    )
    assert answers == {200: 2_000, 429: 8_000}
    assert planned(site) == [("ada@example.org", Kind.CONFIRM)]
