"""Debian's chromium, for the tests of pages and of mails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

expect.set_options(timeout=30_000)
"""Milliseconds, as a click waits: a page is waited for as long as it takes a busy machine."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one module.

    Never for longer: until it is closed, the thread counts as one with a running event loop, in which neither
    a second browser nor ``asyncio.run`` starts.
    """
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()
