"""Does each printer get its own language, and its picture where its labels are?"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from labels.calibration import pdf_test_page, zpl_test_page
from labels.draw_zpl import draw_zpl
from labels.layout import CodeBox
from labels.sheet import Offset, Rect, Sheet, find_sheet
from staging.bootstrap import House
from staging.core.faults import Refused
from staging.desk import labels, orders
from staging.jobs.job import Order, Stack
from staging.jobs.records import Printer
from tests.fakes.house import BY, SIRET, make_house, workbook
from tests.fakes.labels import PatientPrinter, address, serving
from tests.fakes.terminal import Terminal

DOTS_PER_MM = 10


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = make_house(tmp_path / "home")
    made.store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    yield made
    made.store.database.close()


@pytest.fixture
def order(house: House, tmp_path: Path) -> Order:
    made = orders.new_order(house.desk, customer="Atelier Bleu", siret=SIRET, stack="partage", by=BY)
    plan = workbook(tmp_path / "plan.xlsx", ("accueil", "STANDARDISTES", "T54W", None))
    orders.upload_plan(house.desk, made.id, plan, name="plan.xlsx", by=BY, lang="fr")
    return made


def stock(name: str) -> Sheet:
    found = find_sheet(name)
    assert found is not None
    return found


def picture(pdf: bytes) -> Image.Image:
    page = pypdfium2.PdfDocument(io.BytesIO(pdf))[0]
    return page.render(scale=DOTS_PER_MM * 25.4 / 72).to_pil().convert("L")


def first_ink(image: Image.Image) -> tuple[float, float]:
    """The upper left corner of what is drawn, in millimetres."""
    left, top, _, _ = image.point(lambda grey: 255 if grey < 128 else 0).getbbox()  # type: ignore[misc]
    return left / DOTS_PER_MM, top / DOTS_PER_MM


def test_a_printer_on_a_socket_is_sent_zpl_and_a_folder_pdf(house: House, order: Order, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    labels.add_printer(house.desk, Printer("dossier", f"folder://{tmp_path / 'out'}", "roll-100x50"))
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
    assert next((tmp_path / "out").glob("*.pdf")).read_bytes().startswith(b"%PDF")
    with serving(PatientPrinter()) as printer:
        labels.add_printer(house.desk, Printer("zebra", address(printer), "roll-100x50", "zpl"))
        labels.print_labels(house.desk, order.id, printer="zebra", by=BY)
    assert b"%PDF" not in printer.received
    assert printer.received.count(b"^XZ") == 2
    assert f"S1:{order.id}:handset:".encode() in printer.received


@pytest.mark.parametrize(
    ("printer", "code"),
    [
        (Printer("x", "folder:///tmp", "roll-100x50", "postscript"), "printer-language"),
        (Printer("x", "folder:///tmp", "roll-100x50", "zpl", 600), "printer-language"),
        (Printer("x", "folder:///tmp", "l7160", "zpl"), "zpl-needs-roll"),
        (Printer("x", "folder:///tmp", "l7160", dx_mm=float("nan")), "printer-offset"),
        (Printer("x", "folder:///tmp", "l7160", dy_mm=20.1), "printer-offset"),
        (Printer("x", "ftp://x", "l7160"), "invalid-printer-url"),
        (Printer("x", "folder:///tmp", "papyrus"), "unknown-sheet"),
    ],
)
def test_a_printer_that_could_never_print_is_refused_at_once(house: House, printer: Printer, code: str) -> None:
    with pytest.raises(Refused) as error:
        labels.add_printer(house.desk, printer)
    assert error.value.faults[0].code == code
    assert house.store.bench.printers() == ()


def test_a_calibrated_printers_labels_move_by_what_was_measured(house: House, order: Order, tmp_path: Path) -> None:
    labels.add_printer(house.desk, Printer("dossier", f"folder://{tmp_path}", "l7160"))
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
    first = first_ink(picture(next(tmp_path.glob("*.pdf")).read_bytes()))
    labels.calibrate(house.desk, "dossier", dx_mm=2.0, dy_mm=-1.0)
    for file in tmp_path.glob("*.pdf"):
        file.unlink()
    labels.print_labels(house.desk, order.id, printer="dossier", by=BY)
    moved = first_ink(picture(next(tmp_path.glob("*.pdf")).read_bytes()))
    assert (moved[0] - first[0], moved[1] - first[1]) == pytest.approx((2.0, -1.0), abs=0.15)


@pytest.mark.parametrize("name", ["l7160", "l7159", "roll-100x50"])
def test_a_test_page_outlines_the_labels_where_they_are(name: str) -> None:
    sheet = stock(name)
    still, moved = (first_ink(picture(pdf_test_page(sheet, offset=offset))) for offset in (Offset(), Offset(1.5, 2.0)))
    assert still == pytest.approx((sheet.first.x, sheet.first.y), abs=0.2)
    assert (moved[0] - still[0], moved[1] - still[1]) == pytest.approx((1.5, 2.0), abs=0.2)


def test_a_roll_printers_test_page_is_one_label_with_rulers() -> None:
    page = zpl_test_page(stock("roll-100x50"), dpi=203, offset=Offset(1.0, 0.0)).decode()
    assert (page.count("^XA"), page.count("^XZ")) == (1, 1)
    assert "^GB800,400,1" in page
    assert page.count("^GB1,") == page.count(",1,1^FS") == 10


@pytest.mark.parametrize("offset", [Offset(), Offset(-2.0, -1.0), Offset(1.5, 18.0)])
def test_a_roll_printers_test_page_moves_as_its_labels_do(offset: Offset) -> None:
    roll = stock("roll-100x50")
    page, label = zpl_test_page(roll, offset=offset).decode(), draw_zpl([[]], roll, offset=offset).decode()
    assert page.startswith(label.partition("\n")[0])


def test_a_picture_that_moves_further_down_than_the_printer_can_is_drawn_lower() -> None:
    box = CodeBox("qr", Rect(10, 10, 20, 20), "S1:k3m9xp:handset:8000:1", 0.5)
    near, far = (draw_zpl([[box]], stock("roll-100x50"), offset=Offset(0.0, down)).decode() for down in (0.0, 18.0))
    tops = [sum(int(number) for number in re.findall(r"(?:\^LT|\^FO\d+,)(-?\d+)", page)) for page in (near, far)]
    assert tops[1] - tops[0] == 18 * 8


def test_a_printer_is_tested_and_calibrated_from_the_terminal(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "home")
    (tmp_path / "out").mkdir()
    assert terminal.run("printer", "add", "p", "--url", f"folder://{tmp_path / 'out'}", "--sheet", "l7160").status == 0
    assert terminal.run("printer", "test", "p").status == 0
    assert next((tmp_path / "out").glob("*.pdf")).read_bytes().startswith(b"%PDF")
    assert terminal.run("printer", "calibrate", "p", "--right", "1.5", "--down", "-0.5").status == 0
    (known,) = terminal.run("printer", "list", "--json").json
    assert (known["dx_mm"], known["dy_mm"]) == (1.5, -0.5)
    assert terminal.run("printer", "calibrate", "p", "--right", "90").codes == ["printer-offset"]
    assert terminal.run("printer", "test", "nowhere").codes == ["unknown-printer"]
