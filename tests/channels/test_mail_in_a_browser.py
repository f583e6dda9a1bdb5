"""Mails in Chromium, light and dark, phone and desktop: axe finds nothing, nothing runs out of the page."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from digest.channels.email import parts
from digest.channels.letters import write
from tests.channels.mails import KINDS, sheet
from tests.channels.test_email import CHANNEL
from tests.channels.test_letters import AT, LETTERS, SETTINGS
from tests.chromium import browser

__all__ = ["browser"]

pytestmark = pytest.mark.browser

PAGES = {kind: parts(CHANNEL.render(sheet(digest)))[1] for kind, digest in KINDS.items()}
PAGES["letter"] = parts(
    write(LETTERS["confirmation"], SETTINGS, to="reader@example.net", message_id="1@b", date=AT)
)[1]
LANDMARKS = {"rules": {name: {"enabled": False} for name in ("region", "landmark-one-main")}}
"""A mail is a part of somebody else's page, which has the landmarks."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_mail_is_accessible_in_both_schemes(browser: Browser, name: str, scheme: str) -> None:
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.set_content(PAGES[name])
    report = Axe().run(page, options=LANDMARKS)
    context.close()
    assert report.violations_count == 0, report.generate_report()


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_a_mail_fits_every_width_and_asks_for_nothing(browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(PAGES["daily"])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == []
    context.close()


def test_the_dark_scheme_is_dark_and_the_preheader_is_not_seen(browser: Browser) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.set_content(PAGES["daily"])
    colour = page.evaluate("getComputedStyle(document.querySelector('td[colspan]')).backgroundColor")
    assert colour == "rgb(21, 23, 27)"
    assert not page.locator("body > div").first.is_visible()
    context.close()
