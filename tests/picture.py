"""Takes the README's pictures: a digest and a day's page of the demo, in Chromium. ``make picture``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from digest.config import WebSettings
from digest.demo.mailbox import html_of
from digest.demo.play import MORNINGS, Stage, open_stage
from digest.web import create_app
from digest.web.serving import bound, serving

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
READER = "ada@sample.example"
BEFORE, NOW = MORNINGS[:2]
MAIL = ViewportSize(width=640, height=400)
PAGE = ViewportSize(width=800, height=880)
"""One dot a pixel: half the bytes of one and a half, and as it is shown."""
COLOURS = 32
"""Enough for black on white with one accent; a third of the bytes of true colour."""


def take_mail(browser: Browser, stage: Stage, path: Path) -> None:
    """What a reader with keywords gets on the second morning, to its end."""
    mails = stage.round(NOW).mails
    html = next(html_of(mail) for mail in mails if mail.recipients == (READER,))
    page = browser.new_page(viewport=MAIL, color_scheme="light")
    page.set_content(html)
    page.screenshot(path=path, full_page=True)
    _lessen(path)


def take_day(browser: Browser, stage: Stage, path: Path) -> None:
    """The beginning of the page of the day that is just over."""
    day = NOW.date() - timedelta(days=1)
    with bound(WebSettings(port=0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/day/{day}"
        with serving(create_app(stage.house, clock=lambda: NOW), listening):
            page = browser.new_page(viewport=PAGE, color_scheme="light")
            page.goto(address)
            page.screenshot(path=path)
            page.close()
    _lessen(path)


def _lessen(path: Path) -> None:
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-lcd-text"]
        )
        yield browser
        browser.close()


if __name__ == "__main__":
    with chromium() as opened, open_stage() as played:
        played.round(BEFORE)
        take_mail(opened, played, PICTURES / "digest.png")
        take_day(opened, played, PICTURES / "web.png")
