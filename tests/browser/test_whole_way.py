"""The whole way in a real browser: subscribe, confirm, read, feed back, edit, leave."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from digest.bootstrap import (
    delivery_terms,
    open_channels,
    prepare_rules,
    send_due_notices,
    sheet_desk,
)
from digest.links import make_links
from digest.model import SubscriberState
from digest.pipeline.deliver import deliver
from digest.pipeline.prepare import prepare
from digest.store import digests, feedback, subscribers
from digest.store.database import reading
from digest.tokens import Purpose, sign
from tests.browser.conftest import World
from tests.web.conftest import KEYS

pytestmark = pytest.mark.browser


def link(text: str, part: str) -> str:
    """The first link of a mail that leads to this part of the site."""
    found = re.search(rf"http://127\.0\.0\.1:\d+/{part}/[^\s>)]+", text)
    assert found, text
    return found[0]


def fill_in(page: Page, world: World) -> None:
    page.goto(f"{world.address}/")
    page.get_by_label("Keywords").fill("robot learning, manipulation")
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_label("Hour").fill("07:30")


def state(world: World) -> SubscriberState:
    with reading(world.house.engine) as session:
        return subscribers.get(session, 1).state


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_from_subscribing_to_leaving(browser: Browser, world: World, script: bool) -> None:
    page = browser.new_page(java_script_enabled=script)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    fill_in(page, world)
    if not script:
        page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("papers a week")).to_be_visible()
    world.clock.later(seconds=5)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()

    send_due_notices(world.house, clock=world.clock)
    page.goto(link(world.text(0), "confirm"))
    assert state(world) is SubscriberState.UNCONFIRMED
    page.get_by_role("button", name="Yes, send it").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()

    world.clock.later(days=1)
    prepare(world.house.engine, prepare_rules(world.house.settings), now=world.clock())
    deliver(
        world.house.engine,
        open_channels(world.house.settings),
        sheet_desk(world.house).sheets,
        delivery_terms(world.house.settings),
        clock=world.clock,
    )
    mail = world.text(1)

    page.goto(link(mail, "f"))
    page.get_by_role("button", name="More like this").click()
    expect(page.get_by_role("heading", name="Noted")).to_be_visible()
    with reading(world.house.engine) as session:
        assert len(feedback.of_subscriber(session, 1)) == 1

    page.goto(link(mail, "p"))
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("textbox", name="Keywords").first.fill("speech, audio")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("The profile is saved.")).to_be_visible()

    page.get_by_text("Change", exact=True).click()
    page.get_by_role("textbox", name="Keywords").first.fill("robot learning")
    page.get_by_role("button", name="Try it").first.click()
    expect(page.get_by_text("Compared with what is saved")).to_be_visible()

    page.goto(link(mail, "pause"))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume now")).to_be_visible()
    assert state(world) is SubscriberState.PAUSED
    page.get_by_role("button", name="Resume now").click()
    expect(page.get_by_text("Welcome back.")).to_be_visible()

    page.goto(link(mail, "u"))
    assert state(world) is SubscriberState.CONFIRMED
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert state(world) is SubscriberState.UNSUBSCRIBED
    page.get_by_role("button", name="One digest a week").click()
    page.get_by_role("link", name="Your preferences").click()
    expect(page.get_by_role("radio", name="Once a week")).to_be_checked()
    assert state(world) is SubscriberState.CONFIRMED
    assert troubles == []


def test_a_profile_is_tried_while_one_types_and_the_zone_is_guessed(browser: Browser, world: World) -> None:
    page = browser.new_page(timezone_id="Asia/Tokyo")
    page.goto(f"{world.address}/subscribe")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    page.get_by_role("textbox", name="Keywords").press_sequentially("diffusion")
    expect(page.get_by_text("papers a week")).to_be_visible()
    page.get_by_role("textbox", name="Keywords").fill('"open')
    expect(page.get_by_role("alert")).to_be_visible()


def pages(world: World) -> list[str]:
    """Every kind of page there is."""
    with reading(world.house.engine) as session:
        [made] = digests.of_subscriber(session, 1)
    links = make_links(KEYS, world.address, subscriber_id=1, digest_id=made.id, at=world.clock())
    paper = made.entries[0].paper_id
    public = (
        "",
        "trending",
        "week/2026-W42",
        "search?q=diffusion",
        f"paper/{paper}",
        "subscribe",
        "link",
        "api",
    )
    confirm = sign(KEYS, Purpose.CONFIRM, "1", world.clock())
    return [
        *(f"{world.address}/{path}" for path in public),
        f"{world.address}/subscribe?keywords=robot+learning",
        f"{world.address}/nothing",
        f"{world.address}/confirm/{confirm}",
        links.preferences,
        f"{links.preferences}/erase",
        links.pause,
        links.unsubscribe,
        links.digest_page,
        f"{links.feedback}/{paper}/more",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier_and_none_is_wider_than_a_phone(
    browser: Browser, world: World, scheme: str
) -> None:
    from tests.web.conftest import Site

    one = Site(world.house, world.clock).join(profiles={"Robots": "robot learning, manipulation, diffusion"})
    assert one.next_due_at is not None
    world.clock.now = one.next_due_at + timedelta(minutes=1)
    prepare(world.house.engine, prepare_rules(world.house.settings), now=world.clock())
    page = browser.new_page(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": 360, "height": 740}
    )
    for address in pages(world):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{address}\n{found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
