"""Can a person do it? Real pages in a real browser: keyboard only, both languages, a small screen, no other site."""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, Page, expect

from staging.sandbox.serve import Served, serve
from tests.fakes.browsing import PATIENCE_MS, listening, sign_in
from tests.fakes.house import order_on, ready_box, shared_stack
from tests.fakes.web import PASSWORD, Door, open_door

pytestmark = pytest.mark.browser


@dataclass
class Site:
    """A running service with one order on a shared stack and one box on the bench."""

    base: str
    door: Door
    order_id: str

    def pages(self) -> list[str]:
        order = f"/orders/{self.order_id}"
        tabs = [f"{order}/{tab}" for tab in ("plan", "changes", "phones", "labels", "accept", "timeline")]
        return ["/", "/bench", "/bench/new", "/bench/SN0042", "/orders", "/orders/new", order, *tabs, "/pack",
                f"/pack/{self.order_id}", "/admin", "/admin/stacks/partage"]  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Served]:
    with serve(configured=True) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sandbox: Served) -> Iterator[Site]:
    door = open_door(tmp_path_factory.mktemp("site"))
    shared_stack(door.house, sandbox.url)
    order = order_on(door.house, "partage")
    door.work(order.id)
    ready_box(door.house)
    door.house.store.people.add("camille", role="admin", language="fr", password=PASSWORD)
    with listening(door.app) as base:
        yield Site(base, door, order.id)
    door.house.store.database.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="fr-FR") as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page


def test_signing_in_and_reaching_the_bench_needs_no_mouse(page: Page, site: Site) -> None:
    sign_in(page, site.base)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Aller au contenu")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Banc")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.base}/bench")
    expect(page.locator("#bench-tiles")).to_contain_text("SN0042")


def test_whatever_has_the_focus_can_be_seen(page: Page, site: Site) -> None:
    sign_in(page, site.base)
    page.goto(f"{site.base}/orders/{site.order_id}/changes")
    seen, body = set(), page.evaluate("document.body.textContent.trim().slice(0, 30)")
    for _ in range(25):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.id || e.textContent.trim().slice(0, 30), s.outlineStyle, parseFloat(s.outlineWidth)]; })()"
        )
        if style[0] == body:
            break
        assert style[1] != "none", style
        assert style[2] >= 2, style
        seen.add(style[0])
    assert "do-apply" in seen


def test_no_page_asks_anything_of_another_site_or_breaks_its_own_policy(page: Page, site: Site) -> None:
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    sign_in(page, site.base)
    for path in site.pages():
        page.goto(f"{site.base}{path}")
    assert len(asked) > len(site.pages())
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}
    assert complaints == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_speaks_one_language_and_shows_no_bare_key(page: Page, site: Site, language: str) -> None:
    sign_in(page, site.base)
    with page.expect_navigation():
        page.click(f"button[lang={language}]")
    expect(page.locator("html")).to_have_attribute("lang", language)
    for path in site.pages():
        page.goto(f"{site.base}{path}")
        text = page.inner_text("body")
        assert ("Se déconnecter" in text, "Sign out" in text) == (language == "fr", language == "en")
        assert not [word for word in text.split() if word.startswith(("web-", "waits-", "bench-", "seat-"))], path
        assert "{" not in text.replace("{}", ""), path
    with page.expect_navigation():
        page.click("button[lang=fr]")


@pytest.mark.parametrize("width", [390, 320])
def test_a_small_screen_never_scrolls_sideways(browser: Browser, site: Site, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}, locale="fr-FR") as context:
        page = context.new_page()
        sign_in(page, site.base)
        for path in site.pages():
            page.goto(f"{site.base}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_form_works_without_javascript(browser: Browser, site: Site) -> None:
    with browser.new_context(java_script_enabled=False, locale="fr-FR") as context:
        page = context.new_page()
        sign_in(page, site.base)
        page.goto(f"{site.base}/bench/new")
        page.fill("[name=serial]", "SN0043")
        page.click("#register button")
        expect(page.locator("h1")).to_have_text("SN0043")
        expect(page.locator(".notice.good")).to_contain_text("SN0043")


def test_a_mistake_leaves_what_was_typed(page: Page, site: Site) -> None:
    sign_in(page, site.base)
    page.goto(f"{site.base}/orders/new")
    page.fill("[name=customer]", "Atelier Bleu")
    page.fill("[name=siret]", "123")
    page.click("#open-order button")
    expect(page.locator("[data-code=bad-siret]")).to_be_visible()
    assert page.input_value("[name=customer]") == "Atelier Bleu"


def test_a_label_that_does_not_fit_its_sheet_says_so_where_its_picture_would_be(page: Page, site: Site) -> None:
    sign_in(page, site.base)
    page.goto(f"{site.base}/orders/{site.order_id}/labels")
    picture = page.locator("#looks img").first
    expect(picture).not_to_have_attribute("alt", re.compile("ne tient pas"))
    page.goto(f"{site.base}/orders/{site.order_id}/labels?sheet=roll-20x10")
    expect(picture).to_have_attribute("alt", re.compile("ne tient pas sur roll-20x10"))


def test_a_scanner_types_presses_enter_and_the_field_is_ready_again(page: Page, site: Site) -> None:
    sign_in(page, site.base)
    page.goto(f"{site.base}/orders/{site.order_id}/phones")
    expect(page.locator("#f-mac")).to_be_focused()
    for typed in ("bonjour", "au revoir"):
        page.keyboard.type(typed, delay=5)
        page.keyboard.press("Enter")
        expect(page.locator("#scan-answer")).to_contain_text(f"« {typed} »")
        expect(page.locator("#f-mac")).to_be_focused()
        expect(page.locator("#f-mac")).to_have_value("")


def _slow(application: WSGIApplication) -> WSGIApplication:
    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            time.sleep(0.25)
        return application(environ, start_response)

    return slow


def test_a_scanner_that_does_not_wait_loses_no_code(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if request.method == "POST" else None)
    sign_in(page, site.base)
    page.goto(f"{site.base}/orders/{site.order_id}/phones")
    expect(page.locator("#f-mac")).to_be_focused()
    monkeypatch.setattr(site.door.app, "wsgi_app", _slow(site.door.app.wsgi_app))
    codes = [f"code-{number}" for number in range(4)]
    for code in codes:
        page.keyboard.type(code, delay=3)
        page.keyboard.press("Enter")
    page.keyboard.type("moitié")
    expect(page.locator("#scan-answer")).to_contain_text(f"« {codes[-1]} »")
    expect(page.locator("#f-mac")).to_have_value("moitié")
    assert [found[1] for body in asked if (found := re.search(r"mac=([^&]+)", body))] == codes


def test_the_bench_shows_a_new_box_by_itself_and_keeps_the_focus(page: Page, site: Site) -> None:
    sign_in(page, site.base)
    page.goto(f"{site.base}/bench")
    page.focus("#tile-SN0042")
    site.door.house.store.appliances.hello("SN0099", address="192.0.2.99", facts={})
    expect(page.locator("[data-stranger=SN0099]")).to_be_visible()
    expect(page.locator("#tile-SN0042")).to_be_focused()


def test_a_page_whose_service_stopped_says_so(page: Page, tmp_path: Path) -> None:
    door = open_door(tmp_path)
    door.house.store.people.add("camille", role="admin", language="fr", password=PASSWORD)
    with listening(door.app) as base:
        sign_in(page, base)
        page.goto(f"{base}/bench")
        page.route("**/bench/tiles*", lambda route: route.abort())
        expect(page.locator("#offline")).to_be_visible()
        page.unroute("**/bench/tiles*")
        expect(page.locator("#offline")).to_be_hidden()
    door.house.store.database.close()
