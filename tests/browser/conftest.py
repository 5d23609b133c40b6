"""What does every browser test stand on? One Chromium a file, and patience: a slow machine is no fault of a page."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.fakes.browsing import PATIENCE_MS

_CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """For a module, not the whole run: its event loop may not be there while other tests start theirs."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser_flags() -> tuple[str, ...]:
    """How Chromium is started; a file that needs more (a camera, say) has a fixture of this name that adds it."""
    return _FLAGS


@pytest.fixture(scope="module")
def browser(playwright: Playwright, browser_flags: tuple[str, ...]) -> Iterator[Browser]:
    running = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(browser_flags))
    yield running
    running.close()
