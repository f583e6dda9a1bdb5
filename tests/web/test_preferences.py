"""One's own page: everything can be seen, changed, undone, taken along and erased."""

from __future__ import annotations

import re

import pytest

from digest.model import EmptyDigests, FeedbackVerdict, Profile, SubscriberState, Weight
from digest.ranking.language import parse_profile
from digest.store import profiles, subscribers
from digest.store.database import reading, transaction
from digest.subscriptions import export, give_feedback, unsubscribe
from digest.tokens import Purpose
from tests.web.conftest import Site


class Ada:
    """A subscriber with the way to her page."""

    def __init__(self, site: Site, address: str = "ada@example.org") -> None:
        self.site = site
        self.id = site.join(address=address).id
        self.me = f"/p/{site.token(Purpose.PREFERENCES, self.id)}"

    def page(self) -> str:
        answer = self.site.get(self.me)
        assert answer.status_code == 200
        return answer.text

    def send(self, what: str, **values: object) -> tuple[int, str]:
        """Send a form; after a change follow the way back to the page."""
        answer = self.site.post(f"{self.me}/{what}", data=values)
        if answer.status_code == 303:
            answer = self.site.get(answer.headers["location"])
        return answer.status_code, answer.text

    @property
    def profiles(self) -> list[Profile]:
        with reading(self.site.engine) as session:
            return profiles.of_subscriber(session, self.id, parse_profile)


@pytest.fixture
def ada(site: Site) -> Ada:
    return Ada(site)


def test_the_schedule_is_changed_and_said(ada: Ada) -> None:
    status, text = ada.send(
        "schedule",
        timezone="Asia/Tokyo",
        send_at="06:15",
        weekdays=["2"],
        empty="never",
    )
    assert status == 200
    assert "Your schedule is saved." in text
    assert "every Wednesday at 06:15 (Asia/Tokyo)" in text
    with reading(ada.site.engine) as session:
        one = subscribers.get(session, ada.id)
    assert (one.empty_digests, one.rising) == (EmptyDigests.NEVER, False)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"timezone": "Mars"}, "no time zone"),
        ({"send_at": ""}, "no time of day"),
        ({"weekdays": []}, "No weekday"),
        ({"empty": "sometimes"}, "no choice"),
    ],
)
def test_a_wrong_schedule_is_said_and_changes_nothing(
    ada: Ada, changes: dict[str, object], says: str
) -> None:
    given = {"timezone": "UTC", "send_at": "07:00", "weekdays": ["1"], "empty": "weekly"} | changes
    status, text = ada.send("schedule", **given)
    assert status == 422
    assert says in text
    assert "every day at 07:30 (Europe/Berlin)" in ada.page()


def test_profiles_are_added_tried_changed_and_removed(ada: Ada) -> None:
    status, text = ada.send(
        "profiles/new", title="Speech", keywords="speech, audio", bar="6", limit="3", learning="1"
    )
    assert (status, "The profile is saved." in text) == (200, True)
    [robots, speech] = ada.profiles
    assert (speech.name, speech.bar, speech.limit, speech.learning) == ("Speech", 6.0, 3, True)
    status, text = ada.send(
        f"profiles/{speech.id}", title="Speech", keywords="robot learning", bar="2", limit="3", action="try"
    )
    assert (status, "papers a week" in text) == (200, True)
    assert ada.profiles == [robots, speech]
    ada.send(f"profiles/{speech.id}", title="Sound", keywords="audio", bar="", limit="")
    assert (ada.profiles[1].name, ada.profiles[1].bar, ada.profiles[1].learning) == ("Sound", None, False)
    assert "removed" in ada.send(f"profiles/{speech.id}", action="remove")[1]
    assert ada.profiles == [robots]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"keywords": '"open'}, "open"),
        ({"keywords": ""}, "no keywords"),
        ({"title": ""}, "name"),
        ({"title": "Robots"}, "has that name"),
        ({"bar": "x"}, "bar"),
        ({"limit": "0"}, "limit"),
    ],
)
def test_a_wrong_profile_is_said_and_what_was_typed_stays(
    ada: Ada, changes: dict[str, object], says: str
) -> None:
    given = {"title": "Speech", "keywords": "speech", "bar": "5", "limit": "9"} | changes
    status, text = ada.send("profiles/new", **given)
    assert status == 422
    assert says in text
    if changes.get("title", "x"):
        assert f'value="{given["title"]}"' in text
    assert len(ada.profiles) == 1


def links_of(text: str) -> list[str]:
    """The fields that what is wrong at the top of the page leads to."""
    summary = text[text.index('<div class="note wrong"') :]
    return re.findall(r'<a href="#([^"]+)">', summary[: summary.index("</div>")])


def test_all_that_is_wrong_with_a_profile_is_named_at_once_each_beside_its_field(ada: Ada) -> None:
    typed = {"title": "Robots", "keywords": '"open', "bar": "much", "limit": "99", "trending": "1"}
    status, text = ada.send("profiles/new", **typed)
    assert (status, "these 4 things" in text) == (422, True)
    fields = [f"profile-new-{name}" for name in ("title", "keywords", "bar", "limit")]
    assert links_of(text) == fields
    for name in fields:
        assert f'id="{name}-wrong"' in text
        assert re.search(rf'id="{name}"[^>]*aria-describedby="{name}-wrong[^>]*aria-invalid="true"', text)
    for value in ("Robots", "much", "99"):
        assert f'value="{value}"' in text
    assert re.search(r'<textarea id="profile-new-keywords"[^>]*>&#34;open</textarea>', text)
    assert text.count('name="trending" value="1" checked') == 1
    assert len(re.findall("aria-invalid", text)) == 4, "the form of the saved profile is not marked"


def test_a_saved_profile_keeps_its_own_name_and_what_is_wrong_stands_in_its_form(ada: Ada) -> None:
    [own] = ada.profiles
    status, text = ada.send(f"profiles/{own.id}", title="Robots", keywords="robots", bar="x", limit="1.5")
    assert status == 422
    assert links_of(text) == [f"profile-{own.id}-bar", f"profile-{own.id}-limit"]


def test_trying_a_profile_asks_for_no_name_and_names_all_the_rest(ada: Ada) -> None:
    status, text = ada.send("profiles/new", keywords="", bar="11", limit="9", action="try")
    assert (status, links_of(text)) == (422, ["profile-new-keywords", "profile-new-bar"])


def test_all_that_is_wrong_with_a_schedule_is_named_at_once_and_what_was_typed_stays(ada: Ada) -> None:
    typed = {"timezone": "Mars", "send_at": "noon", "often": "chosen", "empty": "sometimes"}
    status, text = ada.send("schedule", **typed)
    assert (status, "these 4 things" in text) == (422, True)
    assert links_of(text) == ["weekdays", "send_at", "timezone", "empty"]
    for name in links_of(text):
        assert f'id="{name}-wrong"' in text
    assert "<option selected>Mars</option>" in text
    assert 'value="noon"' in text
    assert 'value="chosen" checked' in text
    assert "every day at 07:30 (Europe/Berlin)" in text


def test_a_wrong_date_is_said_beside_its_field(ada: Ada) -> None:
    status, text = ada.send("pause", until="tomorrow")
    assert (status, links_of(text)) == (422, ["until"])
    assert 'aria-describedby="until-wrong" aria-invalid="true"' in text


def test_a_trending_profile_is_chosen_by_its_box(ada: Ada) -> None:
    ada.send("profiles/new", title="Trending", keywords="", trending="1")
    assert ada.profiles[1].trending
    assert "What most people vote for" in ada.page()


def test_the_only_profile_cannot_be_removed(ada: Ada) -> None:
    status, text = ada.send(f"profiles/{ada.profiles[0].id}", action="remove")
    assert (status, "only profile" in text) == (422, True)


def test_what_was_learnt_is_shown_forgotten_and_reset(ada: Ada) -> None:
    number = ada.profiles[0].id
    with transaction(ada.site.engine) as session:
        profiles.set_weights(session, number, [Weight("grasping", 1.5), Weight("survey", -2.0)])
    assert "+1.50" in ada.page()
    assert "−2.00" in ada.page()
    ada.send(f"weights/{number}", term="survey")
    assert ada.profiles[0].weights == (Weight("grasping", 1.5),)
    assert '/weights"' in ada.page()
    ada.send("weights")
    assert ada.profiles[0].weights == tuple[Weight, ...]()
    assert ada.send("weights/999999", term="grasping")[0] == 404


def test_feedback_is_listed_and_taken_back(ada: Ada) -> None:
    paper = ada.site.get("/api/trending").json()[0]["paper"]
    with transaction(ada.site.engine) as session:
        give_feedback(session, ada.id, paper["id"], FeedbackVerdict.MORE, ada.site.clock())
    assert f'/feedback/{paper["id"]}"' in ada.page()
    assert "taken back" in ada.send(f"feedback/{paper['id']}")[1]
    assert "Your feedback</h2>" not in ada.page()


def test_a_pause_is_shown_and_ended(ada: Ada) -> None:
    assert "You are paused" in ada.send("pause")[1]
    assert "Welcome back" in ada.send("resume")[1]
    status, text = ada.send("pause", until="someday")
    assert (status, "no date" in text) == (422, True)
    assert ada.send("pause", until="2001-01-01")[0] == 422


def test_who_left_sees_so_and_cannot_resume(ada: Ada) -> None:
    with transaction(ada.site.engine) as session:
        unsubscribe(session, ada.id)
    assert "This subscription is unsubscribed" in ada.page()
    assert ada.send("resume")[0] == 409
    assert ada.send("pause")[0] == 409


def test_another_persons_profile_is_out_of_reach(site: Site) -> None:
    ada, eve = Ada(site), Ada(site, "eve@example.org")
    hers = ada.profiles[0]
    assert eve.send(f"profiles/{hers.id}", title="Mine", keywords="evil")[0] == 422
    assert eve.send(f"profiles/{hers.id}", action="remove")[0] == 422
    assert eve.send(f"weights/{hers.id}", term="x")[0] == 404
    assert ada.profiles == [hers]


def test_the_export_is_a_file_with_everything(ada: Ada) -> None:
    answer = ada.site.get(f"{ada.me}/export.json")
    assert "attachment" in answer.headers["content-disposition"]
    with reading(ada.site.engine) as session:
        assert set(answer.json()) == set(export(session, ada.id))
    assert answer.json()["subscribers"][0]["address"] == "ada@example.org"


def test_erasing_takes_a_button_and_ends_the_link(ada: Ada) -> None:
    assert "ada@example.org" in ada.site.get(f"{ada.me}/erase").text
    assert "fingerprint" in ada.send("erase", never_again="1")[1]
    assert ada.site.get(ada.me).status_code == 404
    with reading(ada.site.engine) as session:
        assert subscribers.listed(session) == []


def test_preferences_need_their_own_token_and_it_expires(ada: Ada) -> None:
    other = f"/p/{ada.site.token(Purpose.UNSUBSCRIBE, ada.id)}"
    assert ada.site.get(other).status_code == 403
    assert ada.site.post(f"{other}/erase").status_code == 403
    ada.site.clock.later(days=61)
    assert ada.site.get(ada.me).status_code == 403
    assert ada.site.post(f"{ada.me}/erase").status_code == 403
    with reading(ada.site.engine) as session:
        assert subscribers.get(session, ada.id).state is SubscriberState.CONFIRMED


def test_an_edit_is_shown_before_and_after_without_being_saved(ada: Ada) -> None:
    [own] = ada.profiles
    edit = {"title": "Robots", "keywords": "speech, audio", "bar": "3", "action": "try"}
    _, tried = ada.send(f"profiles/{own.id}", **edit)
    live = ada.site.post(f"{ada.me}/profiles/{own.id}/lab", data=edit).text
    for text in (tried, live):
        assert "Compared with what is saved" in text
        assert re.search(r"\d+\.\d → \d+\.\d papers a week: \d+ papers? would come, \d+ would go", text)
        assert "New:" in text
        assert "No longer:" in text
    assert ada.profiles == [own]


def test_a_new_profile_is_compared_with_nothing_and_what_is_wrong_is_said(ada: Ada) -> None:
    new = f"{ada.me}/profiles/new/lab"
    assert "Compared" not in ada.site.post(new, data={"keywords": "speech"}).text
    assert 'role="alert"' in ada.site.post(new, data={"keywords": '"open'}).text
    assert "Type keywords" in ada.site.post(new, data={}).text


def test_nobody_tries_an_edit_on_anothers_profile(ada: Ada) -> None:
    other = Ada(ada.site, "eve@example.org")
    [own] = ada.profiles
    assert ada.site.post(f"{other.me}/profiles/{own.id}/lab", data={"keywords": "x"}).status_code == 404
    assert other.send("profiles/many", title="x", keywords="y")[0] == 404


def test_weekly_is_a_choice_and_shown_as_one(ada: Ada) -> None:
    assert 'value="daily" checked' in ada.page()
    _, text = ada.send("schedule", timezone="UTC", send_at="06:15", often="weekly", weekly_on="2")
    assert "every Wednesday at 06:15" in text
    assert 'value="weekly" checked' in text
    assert '<option value="2" selected>Wednesday' in text
