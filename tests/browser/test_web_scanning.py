"""Can a person with a scanner in the hand pair a whole order, right and wrong, and can a camera do it too?"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from labels.label import LabelCode
from labels.offer import offer_pdf
from labels.picture import pictures
from labels.sheet import find_sheet
from staging.bootstrap import House
from staging.desk import labels
from staging.jobs.job import Order
from staging.jobs.records import Printer
from staging.sandbox.serve import serve
from staging.web.app import create_app
from tests.fakes import labels as cast
from tests.fakes.browsing import PATIENCE_MS, listening, sign_in
from tests.fakes.house import make_house, order_on, plug, shared_stack, work, workbook
from tests.fakes.web import PASSWORD

pytestmark = pytest.mark.browser

MAC = "02:5e:c0:ab:cd:01"
ROWS = (
    ("accueil", "STANDARDISTES", "T54W", None),
    ("directrice", "POSTE FIXE", "T54W", None),
    ("atelier", "POSTE FIXE", "T31P", None),
)


@dataclass(frozen=True)
class Bench:
    """A service on loopback with one order, its tenant made and its labels printed; a T54W is plugged in."""

    base: str
    house: House
    order: Order


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    with serve(configured=True) as sandbox:
        plug(sandbox, (MAC, "T54W"))
        house = make_house(folder / "home")
        shared_stack(house, sandbox.url)
        (folder / "printed").mkdir()
        house.store.bench.add_printer(Printer("rouleau", f"folder://{folder / 'printed'}", "roll-62x33"))
        order = order_on(house, "partage", plan=workbook(folder / "plan.xlsx", *ROWS))
        work(house, order.id)
        labels.print_labels(house.desk, order.id, printer="rouleau", by="camille")
        house.store.people.add("camille", role="admin", language="fr", password=PASSWORD)
        with listening(create_app(house.desk, session_key=b"k" * 32)) as base:
            yield Bench(base, house, order)
        house.store.database.close()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera sees: the label of the phone, lying on a grey bench, again and again."""
    stock = find_sheet("roll-62x33")
    assert stock is not None
    (label,) = pictures(offer_pdf([cast.handset()], stock), dpi=200)
    frame = Image.new("L", (640, 480), 150)
    frame.paste(label, (70, 110))
    file = tmp_path_factory.mktemp("film") / "camera.mjpeg"
    out = io.BytesIO()
    frame.convert("RGB").save(out, "JPEG", quality=92)
    file.write_bytes(out.getvalue() * 4)
    return file


@pytest.fixture(scope="module")
def browser_flags(browser_flags: tuple[str, ...], film: Path) -> tuple[str, ...]:
    fake = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    return (*browser_flags, *fake, f"--use-file-for-fake-video-capture={film}")


@pytest.fixture(scope="module")
def context(browser: Browser, bench: Bench) -> Iterator[BrowserContext]:
    with browser.new_context(locale="fr-FR", permissions=["camera"]) as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        sign_in(page, bench.base)
        page.close()
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


def scan(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def code(bench: Bench, kind: str, item: str) -> str:
    return str(LabelCode(bench.order.id, kind, item))  # type: ignore[arg-type]  # handset or carton


def test_an_order_is_packed_by_scans_right_and_wrong_and_closes(page: Page, bench: Bench) -> None:
    page.goto(f"{bench.base}/pack/{bench.order.id}")
    expect(page.locator("#f-code")).to_be_focused()
    scan(page, code(bench, "handset", "8000"))
    scan(page, code(bench, "carton", "8001"))
    wrong = page.locator("[data-verdict=wrong]")
    expect(wrong).to_contain_text("8000 accueil")
    expect(wrong).to_contain_text("8001 directrice")
    expect(page.locator("#pack-missing li")).to_have_count(3)
    # From here on faster than any answer: a scanner does not wait.
    for item in ("8000", "8001", "8002"):
        scan(page, code(bench, "handset", item))
        scan(page, code(bench, "carton", item))
    expect(page.locator("#order-closed")).to_be_visible()
    expect(page.locator("#pack-state")).to_have_attribute("data-packed", "3")
    expect(page.locator("[data-sound]")).to_have_attribute("data-sound", "all")
    manifest = page.request.get(f"{bench.base}/pack/{bench.order.id}/manifest.pdf").body()
    assert "3 cartons, tous vérifiés par scan." in pypdfium2.PdfDocument(manifest)[0].get_textpage().get_text_bounded()
    page.click("#do-undo-pack")
    expect(page.locator("#pack-missing li")).to_have_text(["8002 atelier"])
    expect(page.locator("#f-code")).to_be_focused()


def test_scans_outlive_a_server_that_is_away_and_a_page_that_is_loaded_anew(page: Page, bench: Bench) -> None:
    page.goto(f"{bench.base}/pack/{bench.order.id}")
    expect(page.locator("#f-code")).to_be_focused()
    page.route("**/pack/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    for item in ("8001", "8002"):
        scan(page, code(bench, "handset", item))
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator("[data-waiting]")).to_have_text("2")
    page.unroute("**/pack/*")
    page.reload()
    expect(page.locator("[data-verdict=next]")).to_contain_text("8002 atelier")
    scan(page, code(bench, "carton", "8002"))
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "right")


def test_a_camera_reads_the_label_of_a_phone_and_it_is_paired(page: Page, bench: Bench) -> None:
    page.goto(f"{bench.base}/orders/{bench.order.id}/phones")
    page.click("[data-camera-button]")
    expect(page.locator("[data-verdict=paired]")).to_contain_text("8000 accueil")
    expect(page.locator(".socket")).to_have_attribute("data-port", "1")
    expect(page.locator("[data-camera] video")).to_be_visible()
    page.click("[data-camera-button]")
    expect(page.locator("[data-camera] video")).to_be_hidden()
    page.click("#do-undo-scan")
    expect(page.locator("[data-verdict=undone]")).to_be_visible()
    expect(page.locator("#chosen")).to_have_attribute("data-seat", "8000")


def test_a_scan_after_the_session_ended_waits_until_its_person_is_back(page: Page, bench: Bench) -> None:
    page.goto(f"{bench.base}/orders/{bench.order.id}/phones")
    expect(page.locator("#f-mac")).to_be_focused()
    bench.house.store.people.remove("camille")
    bench.house.store.people.add("camille", role="admin", language="fr", password=PASSWORD)
    scan(page, "8001")
    page.wait_for_url(f"{bench.base}/signin?next=/orders/{bench.order.id}/phones")
    page.fill("[name=name]", "camille")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{bench.base}/orders/{bench.order.id}/phones")
    expect(page.locator("[data-verdict=seat]")).to_contain_text("directrice")
