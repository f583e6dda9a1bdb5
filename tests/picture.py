"""Takes the README's picture: a digest of the demo, as Chromium shows it. ``make picture``."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from digest.demo.mailbox import html_of
from digest.demo.play import MORNINGS, open_stage

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "digest.png"
READER = "ada@sample.example"
WIDTH, SHARPNESS = 640, 1
"""One dot a pixel: half the bytes of one and a half, and as it is shown."""
COLOURS = 32
"""Enough for black on white with one accent; a third of the bytes of true colour."""


def mail() -> str:
    """The HTML of what a reader with keywords gets on the second morning."""
    with open_stage() as stage:
        stage.round(MORNINGS[0])
        mails = stage.round(MORNINGS[1]).mails
    return next(html_of(mail) for mail in mails if mail.recipients == (READER,))


def take(html: str, path: Path) -> None:
    """Write the whole page, in light colours, as a picture."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-lcd-text"]
        )
        page = browser.new_page(
            viewport={"width": WIDTH, "height": 400}, device_scale_factor=SHARPNESS, color_scheme="light"
        )
        page.set_content(html)
        page.screenshot(path=path, full_page=True)
        browser.close()
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    take(mail(), PICTURE)
