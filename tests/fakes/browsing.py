"""How does somebody with a browser reach a service under test, and how long may a slow machine take?"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Page, expect

from staging.commands.serving import Listener
from tests.fakes.web import PASSWORD

PATIENCE_MS = 60_000


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    """The address on loopback at which the pages answer."""
    listener = Listener(app, host="127.0.0.1", port=0)
    listener.start()
    try:
        yield f"http://127.0.0.1:{listener.port}"
    finally:
        listener.stop()


def sign_in(page: Page, base: str, name: str = "camille") -> None:
    """With the keyboard alone: the field has the focus, Tab goes on, Enter submits."""
    page.goto(f"{base}/signin")
    # The browser gives the focus when it first draws the page, which may be after it was loaded.
    expect(page.locator("[name=name]")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")
