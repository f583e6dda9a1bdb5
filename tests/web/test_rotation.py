"""Another secret key: links that are out keep working while the old one stands second."""

from __future__ import annotations

import re

from pydantic import SecretStr

from digest.house import House
from digest.links import make_links
from digest.tokens import Keys, Purpose, sign
from tests.web.conftest import KEYS, SECRET, Site
from tests.web.test_exits import prepared

NEW = "a newer secret key, for tests"


def with_keys(site: Site, *keys: str) -> Site:
    """The same store behind a site that was started with other keys."""
    settings = site.house.settings
    web = settings.web.model_copy(update={"secret_keys": tuple(map(SecretStr, keys))})
    return Site(House(settings.model_copy(update={"web": web}), site.engine), site.clock)


def links_out(site: Site) -> list[str]:
    """The path of every kind of link that a subscriber may have kept."""
    digest, profile = prepared(site)
    mail = make_links(KEYS, "", subscriber_id=1, digest_id=digest, at=site.clock())
    paper = site.get("/api/trending").json()[0]["paper"]["id"]
    feed = f"/feed/{site.token(Purpose.FEED, profile)}.atom"
    back = f"/back/{site.token(Purpose.BACK, 1)}"
    confirm = f"/confirm/{site.token(Purpose.CONFIRM, 1)}"
    shown = [
        mail.preferences,
        mail.pause,
        mail.unsubscribe,
        mail.digest_page,
        f"{mail.feedback}/{paper}/more",
    ]
    return [*shown, feed, back, confirm]


def test_every_link_that_is_out_works_while_the_old_key_stands_second_and_none_without_it(site: Site) -> None:
    paths = links_out(site)
    rotated, forgotten = with_keys(site, NEW, SECRET), with_keys(site, NEW)
    for path in paths:
        assert site.get(path).status_code == 200, path
        assert rotated.get(path).status_code == 200, path
        assert forgotten.get(path).status_code == 403, path


def test_what_a_page_hands_out_after_a_rotation_needs_the_new_key_alone(site: Site) -> None:
    links_out(site)
    rotated, forgotten = with_keys(site, NEW, SECRET), with_keys(site, NEW)
    fresh = sign(Keys((NEW.encode(), SECRET.encode())), Purpose.PREFERENCES, "1", site.clock())
    page = rotated.get(f"/p/{fresh}").text
    handed_out = sorted(set(re.findall(r'href="(/(?:feed|d|u)/[^"]+)"', page)))
    assert {path.split("/")[1] for path in handed_out} == {"feed", "d", "u"}
    for path in [f"/p/{fresh}", *handed_out]:
        assert forgotten.get(path).status_code == 200, path
