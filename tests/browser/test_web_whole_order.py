"""Can one order go from upload to acceptance by what a person sees and types? The demo, in a browser."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from staging.commands import rehearsal
from staging.commands.rehearsal import SERIAL, Ports, Rehearsal
from staging.jobs.records import CHECKLIST
from staging.sandbox.box import SimulatedBox, switch_on
from tests.fakes.browsing import PATIENCE_MS
from tests.fakes.house import CRECHE, SAMPLES

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Rehearsal]:
    running = rehearsal.start(tmp_path / "home", ports=Ports(0, _free_port(), 0), environ={})
    yield running
    running.close()
    running.house.store.database.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="fr-FR") as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page


def test_an_order_goes_from_its_workbook_to_the_carrier(page: Page, demo: Rehearsal) -> None:
    order = f"{demo.base}/orders/{demo.order.id}"
    _enter_as(page, demo, "technician")
    _prepare_box(page, demo)
    _enter_as(page, demo, "manager")
    _upload(page, order)
    expect(page.locator("#next")).to_have_attribute("data-waits", "waits-approval")
    _apply(page)
    _enter_as(page, demo, "technician")
    _match_phones(page, demo, order)
    _enter_as(page, demo, "manager")
    page.goto(f"{order}/accept")
    page.fill("#f-address", "192.0.2.10/24")
    with page.expect_navigation():
        page.press("#f-address", "Enter")
    # The appliance's sticker bears that address, so labels come after it.
    _enter_as(page, demo, "logistics")
    page.goto(f"{order}/labels")
    with page.expect_navigation():
        page.click("#do-print")
    page.goto(order)
    expect(page.locator("#step-accept")).to_have_attribute("data-status", "done")
    _enter_as(page, demo, "manager")
    page.goto(f"{order}/verify")
    expect(page.locator("[data-verified=yes]")).to_be_visible()
    _enter_as(page, demo, "logistics")
    _pack(page, demo)


def _enter_as(page: Page, demo: Rehearsal, role: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{demo.base}/signin")
    page.click(f"#demo-{role}")
    page.wait_for_url(f"{demo.base}/")


def _prepare_box(page: Page, demo: Rehearsal) -> None:
    page.goto(f"{demo.base}/bench/{SERIAL}")
    for point in CHECKLIST:
        page.check(f"#point-{point}")
    page.click("#checklist button")
    expect(page.locator("#checklist-card .state")).to_be_visible()
    page.click("#arm button")
    expect(page.locator(".notice.good")).to_contain_text(SERIAL)
    switch_on(SimulatedBox(SERIAL, demo.bench_base, "127.0.0.1", pause_s=0.05, ask_s=0.2))


def _upload(page: Page, order: str) -> None:
    page.goto(f"{order}/plan")
    page.set_input_files("#f-workbook", SAMPLES / "plan-with-faults.xlsx")
    page.click("#do-upload")
    expect(page.locator("#faults-card")).to_have_attribute("data-ok", "no")
    with page.expect_download() as download:
        page.click("#annotated")
    assert download.value.suggested_filename.startswith("plan-with-faults")
    page.set_input_files("#f-workbook", CRECHE)
    page.click("#do-upload")
    expect(page.locator("#faults-card")).to_have_attribute("data-ok", "yes")


def _apply(page: Page) -> None:
    page.click("#go-on")
    page.click("#do-apply")
    expect(page.locator("#changes-none")).to_be_visible()
    expect(page.locator("[data-changeset]").first).to_have_attribute("data-status", "applied")


def _match_phones(page: Page, demo: Rehearsal, order: str) -> None:
    page.goto(f"{order}/phones")
    macs = rehearsal.plug_phones(demo.sandbox.url, demo.house, demo.order.id)
    expect(page.locator("#phones-left tr[data-mac]")).to_have_count(len(macs))
    page.focus("#f-mac")
    page.keyboard.type(macs[0].replace(":", "").upper(), delay=5)
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict=paired]")).to_be_visible()
    expect(page.locator("#f-mac")).to_be_focused()
    page.click("#do-pair-rest")
    expect(page.locator("#phones tr[data-stage=fetched]")).to_have_count(len(macs))


def _pack(page: Page, demo: Rehearsal) -> None:
    page.goto(f"{demo.base}/orders/{demo.order.id}/labels")
    rows = page.locator("tr[data-kind=handset]")
    items = [rows.nth(index).get_attribute("data-item") for index in range(rows.count())]
    page.goto(f"{demo.base}/pack/{demo.order.id}")
    _scan(page, demo, "handset", items[0], "next")
    _scan(page, demo, "carton", items[1], "wrong")
    for item in items:
        _scan(page, demo, "handset", item, "next")
        _scan(page, demo, "carton", item, "right")
    page.click("#do-ship")
    expect(page.locator(".notice.good")).to_be_visible()


def _scan(page: Page, demo: Rehearsal, kind: str, item: str | None, verdict: str) -> None:
    page.keyboard.type(f"S1:{demo.order.id}:{kind}:{item}:1", delay=2)
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", verdict)
    expect(page.locator("#f-code")).to_have_value("")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
