"""Forms from another site's page are refused; one-click and mailed links do not ask where they come from."""

from __future__ import annotations

import pytest

from digest.model import SubscriberState
from digest.store import subscribers
from digest.store.database import reading
from digest.tokens import Purpose
from tests.web.conftest import Build, Site

HERE = {"Origin": "https://digest.example.org"}
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", **HERE},
    {"Origin": "https://evil.example"},
    {"Origin": "https://digest.example.org.evil.example"},
    {"Origin": "https://digest.example.org:8443"},
]
OWN = [
    {},
    HERE,
    {"Origin": "null"},
    {"Origin": "http://testserver"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Sec-Fetch-Site": "none"},
]


def state(site: Site, number: int) -> SubscriberState:
    with reading(site.engine) as session:
        return subscribers.get(session, number).state


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_from_another_site_changes_nothing(site: Site, headers: dict[str, str]) -> None:
    ada = site.join()
    me = f"/p/{site.token(Purpose.PREFERENCES, ada.id)}"
    for path in (f"{me}/pause", f"{me}/erase", "/subscribe", "/subscribe/try", "/lab", "/link"):
        answer = site.post(path, headers=headers)
        assert answer.status_code == 403, path
        assert "from another site" in answer.text
    assert state(site, ada.id) is SubscriberState.CONFIRMED


@pytest.mark.parametrize("headers", OWN)
def test_a_form_of_ours_works(site: Site, headers: dict[str, str]) -> None:
    ada = site.join()
    me = f"/p/{site.token(Purpose.PREFERENCES, ada.id)}"
    assert site.post(f"{me}/pause", headers=headers).status_code == 303
    assert state(site, ada.id) is SubscriberState.PAUSED


@pytest.mark.parametrize("headers", [*FOREIGN, *OWN])
def test_one_click_unsubscribes_wherever_it_comes_from(site: Site, headers: dict[str, str]) -> None:
    ada = site.join()
    link = f"/u/{site.token(Purpose.UNSUBSCRIBE, ada.id)}"
    assert site.post(link, data={"List-Unsubscribe": "One-Click"}, headers=headers).status_code == 200
    assert state(site, ada.id) is SubscriberState.UNSUBSCRIBED


@pytest.mark.parametrize("headers", FOREIGN)
def test_links_open_from_any_mail_program(site: Site, headers: dict[str, str]) -> None:
    ada = site.join()
    for path in (
        f"/p/{site.token(Purpose.PREFERENCES, ada.id)}",
        f"/u/{site.token(Purpose.UNSUBSCRIBE, ada.id)}",
        "/",
        "/api/days",
    ):
        assert site.get(path, headers=headers).status_code == 200


def test_one_click_works_below_a_path_too(build: Build) -> None:
    site = build(base_url="https://example.org/papers")
    link = f"/papers/u/{site.token(Purpose.UNSUBSCRIBE, site.join().id)}"
    assert site.post(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
    assert site.post("/papers/lab", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
