"""Can a person correct a plan in the page, with the keyboard alone, next to somebody who does the same?"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from staging.desk import orders
from staging.jobs.job import Stack
from tests.fakes.browsing import PATIENCE_MS, listening, sign_in
from tests.fakes.house import BY, SAMPLES, order_on
from tests.fakes.web import PASSWORD, Door, open_door

pytestmark = pytest.mark.browser

FAULTY = SAMPLES / "plan-with-faults.xlsx"
DROP = """([name, bytes]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], name));
  for (const kind of ["dragenter", "dragover", "drop"])
    document.querySelector("h1").dispatchEvent(
      new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: carried}));
}"""


@dataclass
class Site:
    """A running service; each test opens an order of its own."""

    base: str
    door: Door

    def order(self, plan: Path | None = FAULTY) -> str:
        order = order_on(self.door.house, "partage", plan=None)
        if plan is not None:
            orders.upload_plan(self.door.house.desk, order.id, plan, name=plan.name, by=BY, lang="fr")
        return order.id


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    door = open_door(tmp_path_factory.mktemp("site"))
    door.house.store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    for name in ("camille", "dominique"):
        door.house.store.people.add(name, role="manager", language="fr", password=PASSWORD)
    with listening(door.app) as base:
        yield Site(base, door)
    door.house.store.database.close()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        sign_in(page, site.base)
        yield page
        assert broken == []


def _open(page: Page, site: Site, order_id: str) -> None:
    page.goto(f"{site.base}/orders/{order_id}/plan")


def _errors(page: Page, number: int) -> None:
    expect(page.locator("#faults-card")).to_have_attribute("data-errors", str(number))
    expect(page.locator(".cell.saving")).to_have_count(0)


def _type(page: Page, text: str, errors: int) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    _errors(page, errors)


def _until(wanted: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_MS / 1000
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_faulty_sample_is_corrected_until_it_is_clean_without_a_mouse(page: Page, site: Site) -> None:
    order_id = site.order()
    _open(page, site, order_id)
    expect(page.locator("#cell-note")).to_contain_text("est déjà en")
    for cell, text, errors in [
        ("C7", "POSTE FIXE", 6),
        ("E7", "04 65 71 00 02", 4),
    ]:
        page.keyboard.press("F8")
        expect(page.locator(f"#c-{cell}")).to_be_focused()
        _type(page, text, errors)
    page.keyboard.press("F8")
    expect(page.locator("#cell-note")).to_contain_text("adresse électronique")
    for key in ("ArrowUp",) * 3 + ("ArrowRight",) * 4:
        page.keyboard.press(key)
    page.keyboard.type("E-mail")
    page.keyboard.press("Enter")
    expect(page.locator("#c-G5")).to_be_attached()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    _type(page, "bureau2@atelier-bleu.example", 3)
    for cell, text, errors in [("B9", "Bureau 3", 2), ("D10", "T54W", 1), ("E10", "04 65 71 00 05", 0)]:
        page.keyboard.press("F8")
        expect(page.locator(f"#c-{cell}")).to_be_focused()
        _type(page, text, errors)
    page.reload()
    _errors(page, 0)
    expect(page.locator("#c-D10")).to_have_class(re.compile("corrected"))
    page.focus("#keep button")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.good")).to_contain_text("version 2")
    kept = site.door.house.store.plans.latest(order_id, ok=True)
    assert kept is not None
    assert [seat.name for seat in kept.plan.seats][3] == "Bureau 3"


def test_escape_gives_a_text_up_and_control_z_takes_the_last_correction_back(page: Page, site: Site) -> None:
    _open(page, site, site.order())
    page.keyboard.press("F8")
    page.keyboard.press("F2")
    page.keyboard.type("SOFTPHONE")
    page.keyboard.press("Escape")
    expect(page.locator("#c-C7 .text")).to_have_text("POSTE FIX")
    _type(page, "POSTE FIXE", 6)
    page.keyboard.press("Control+z")
    _errors(page, 7)
    expect(page.locator("#c-C7 .text")).to_have_text("POSTE FIX")
    expect(page.locator("#draft")).to_have_count(0)


def test_whoever_writes_on_while_a_cell_is_checked_loses_no_letter(page: Page, site: Site) -> None:
    _open(page, site, site.order())
    page.focus("#c-C7")
    page.keyboard.type("POSTE FIXE")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("T5")
    _errors(page, 6)
    page.keyboard.type("3W")
    page.keyboard.press("Enter")
    expect(page.locator("#c-D7.corrected .text")).to_have_text("T53W")
    expect(page.locator("#c-C7.corrected .text")).to_have_text("POSTE FIXE")


def test_f8_goes_round_both_ways_and_the_list_leads_to_the_cell(page: Page, site: Site) -> None:
    _open(page, site, site.order())
    page.keyboard.press("Shift+F8")
    expect(page.locator("#c-A12")).to_be_focused()
    page.keyboard.press("F8")
    expect(page.locator("#c-E6")).to_be_focused()
    page.click("[data-jump=D10]")
    expect(page.locator("#c-D10")).to_be_focused()
    expect(page.locator("#cell-note")).to_contain_text("n'est pas un matériel du catalogue")
    expect(page.locator(".fault-list li.now")).to_have_attribute("data-cell", "D10")


def test_the_message_is_read_where_the_pointer_is(page: Page, site: Site) -> None:
    _open(page, site, site.order())
    page.hover("#c-E10")
    expect(page.locator("#cell-note")).to_contain_text("n'est pas un numéro de ligne")
    page.hover("h1")
    expect(page.locator("#cell-note")).to_contain_text("est déjà en")


def test_the_second_of_two_is_told_and_keeps_what_was_typed(browser: Browser, page: Page, site: Site) -> None:
    order_id = site.order()
    _open(page, site, order_id)
    with browser.new_context(locale="fr-FR") as context:
        other = context.new_page()
        sign_in(other, site.base, "dominique")
        _open(other, site, order_id)
        other.focus("#c-C7")
        _type(other, "POSTE FIXE", 6)
    page.focus("#c-B9")
    page.keyboard.type("Bureau 3")
    page.keyboard.press("Enter")
    expect(page.locator("[data-code=plan-corrected-meanwhile]")).to_contain_text("dominique")
    expect(page.locator("#c-C7 .text")).to_have_text("POSTE FIXE")
    expect(page.locator("#c-B9 textarea")).to_have_value("Bureau 3")
    page.keyboard.press("Enter")
    _errors(page, 5)


def test_a_cell_that_the_service_refuses_stays_open_with_the_reason(page: Page, site: Site) -> None:
    _open(page, site, site.order())
    page.focus("#c-B1")
    page.keyboard.type("titre")
    page.keyboard.press("Enter")
    expect(page.locator("[data-code=correction-in-merged]")).to_contain_text("A1")
    expect(page.locator("#c-B1 textarea")).to_have_value("titre")


def test_a_workbook_dropped_anywhere_is_checked(page: Page, site: Site) -> None:
    order_id = site.order(plan=None)
    _open(page, site, order_id)
    page.evaluate(DROP, [FAULTY.name, list(FAULTY.read_bytes())])
    _errors(page, 7)
    assert len(site.door.house.store.plans.versions(order_id)) == 1


def test_a_picked_workbook_that_is_refused_says_so_on_the_same_page(page: Page, site: Site) -> None:
    _open(page, site, site.order(plan=None))
    page.route("**/plan", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.set_input_files("#f-workbook", FAULTY)
    page.click("#do-upload")
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator("#do-upload")).to_be_enabled()
    page.unroute("**/plan")
    page.click("#do-upload")
    _errors(page, 7)


def test_without_javascript_a_workbook_is_uploaded_and_a_cell_corrected(browser: Browser, site: Site) -> None:
    order_id = site.order(plan=None)
    with browser.new_context(java_script_enabled=False, locale="fr-FR") as context:
        page = context.new_page()
        sign_in(page, site.base)
        _open(page, site, order_id)
        page.set_input_files("#f-workbook", FAULTY)
        page.click("#do-upload")
        page.fill("#f-cell", "c7")
        page.fill("#f-text", "POSTE FIXE")
        page.click("#do-correct")
        expect(page.locator("#faults-card")).to_have_attribute("data-errors", "6")
        page.click("#keep button")
        expect(page.locator("[data-version='2']")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280, 1920])
def test_the_page_never_scrolls_sideways_and_asks_nobody_else(page: Page, site: Site, width: int) -> None:
    order_id = site.order()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.set_viewport_size({"width": width, "height": 800})
    _open(page, site, order_id)
    page.keyboard.press("F8")
    _until(lambda: bool(page.evaluate("document.activeElement.id === 'c-C7'")))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert all(url.startswith(site.base) for url in asked)
