"""Do the pages of labels, scans and cartons do without a script what they do with one?"""

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image

from labels.offer import offer_pdf
from labels.picture import first_page_png
from labels.sheet import find_sheet
from staging.jobs.job import Stack
from staging.jobs.records import Printer
from tests.fakes import labels as cast
from tests.fakes.house import order_on, workbook
from tests.fakes.web import Door, open_door

PASSWORDLESS = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Door, str]]:
    """A door with one order of two phones and two printers: A4 sheets and a roll."""
    folder = tmp_path_factory.mktemp("door")
    opened = open_door(folder / "home")
    opened.house.store.stacks.add(Stack("partage", "on-cloud", url="http://127.0.0.1:9"))
    (folder / "out").mkdir()
    for name, sheet in (("planche", "l7160"), ("rouleau", "roll-100x50")):
        opened.house.store.bench.add_printer(Printer(name, f"folder://{folder / 'out'}", sheet))
    rows = (("accueil", "STANDARDISTES", "T54W", None), ("directrice", "POSTE FIXE", "T54W", None))
    order = order_on(opened.house, "partage", plan=workbook(folder / "plan.xlsx", *rows))
    yield opened, order.id
    opened.house.store.database.close()


def png(size: tuple[int, int] | None = None) -> bytes:
    stock = find_sheet("roll-62x29")
    assert stock is not None
    picture = first_page_png(offer_pdf([cast.handset()], stock), dpi=200)
    if size is None:
        return picture
    out = io.BytesIO()
    Image.new("L", size).save(out, "PNG")
    return out.getvalue()


def test_a_print_on_a_sheet_leaves_a_number_and_the_page_shows_its_cells(door: tuple[Door, str]) -> None:
    opened, order = door
    logistics = opened.person("logistics")
    answer = logistics.post(f"/orders/{order}/labels/print", printer="planche", kind="handset", start="4")
    assert answer.status_code == 303
    page = logistics.get(f"/orders/{order}/labels").text
    found = re.search(r'id="sheet-(\d+)" data-free="16"', page)
    assert found is not None
    assert f"écrivez dessus le numéro {found[1]}" in page
    assert 'data-status="printed"' in page
    again = logistics.post(f"/orders/{order}/labels/print", printer="planche", kind="carton", sheet=found[1])
    assert again.status_code == 303
    assert f'id="sheet-{found[1]}" data-free="14"' in logistics.get(f"/orders/{order}/labels").text
    logistics.post(f"/orders/{order}/labels/sheets/{found[1]}/forget")
    assert 'id="sheet-' not in logistics.get(f"/orders/{order}/labels").text


def test_a_label_is_looked_at_as_it_would_stand_on_any_sheet(door: tuple[Door, str]) -> None:
    opened, order = door
    logistics = opened.person("logistics")
    shown = logistics.get(f"/orders/{order}/labels/handset/8000.png?sheet=a4-3x8-70x37")
    assert (shown.content_type, shown.data[:4]) == ("image/png", b"\x89PNG")
    assert logistics.get(f"/orders/{order}/labels/handset/9999.png").status_code == 404
    assert logistics.get(f"/orders/{order}/labels/carton/8000.png?sheet=l7651").status_code == 422


def test_firmware_gets_a_label_among_the_others(door: tuple[Door, str]) -> None:
    opened, order = door
    logistics = opened.person("logistics")
    words = {"equipment": "FortiGate 40F", "software": "FortiOS 7.4.5", "serial": "FGT40F0042", "on": "2026-11-20"}
    assert logistics.post(f"/orders/{order}/labels/firmware", **words).status_code == 303
    page = logistics.get(f"/orders/{order}/labels").text
    assert 'data-kind="firmware" data-item="FGT40F0042"' in page
    assert logistics.post(f"/orders/{order}/labels/firmware", **{**words, "on": "hier"}).status_code == 409


def test_two_scans_and_an_undo_work_without_a_script(door: tuple[Door, str]) -> None:
    opened, order = door
    logistics = opened.person("logistics")
    for kind in ("handset", "carton"):
        logistics.post(f"/orders/{order}/labels/print", printer="rouleau", kind=kind)
    copies = {kind: opened.house.store.bench.copies(order)[kind, "8000"].copy for kind in ("handset", "carton")}
    handset, carton = (f"S1:{order}:{kind}:8000:{copy}" for kind, copy in copies.items())
    page = logistics.post(f"/pack/{order}", code=handset).text
    assert 'data-verdict="next"' in page
    assert f'name="before" value="{handset}"' in page
    assert 'data-verdict="right"' in logistics.post(f"/pack/{order}", code=carton, before=handset).text
    assert 'data-verdict="undone"' in logistics.post(f"/pack/{order}/undo").text
    assert 'data-verdict="nothing"' in logistics.post(f"/pack/{order}/undo").text
    assert logistics.get(f"/pack/{order}/manifest.pdf").data.startswith(b"%PDF")


def test_a_camera_s_picture_is_decoded_here(door: tuple[Door, str]) -> None:
    opened, _ = door
    technician = opened.person("technician")
    found = PASSWORDLESS.search(technician.get("/pack").text) or PASSWORDLESS.search(technician.get("/bench").text)
    headers = {"X-CSRF": found[1] if found else ""}
    answer = technician.client.post("/scan/decode", data=png(), content_type="image/png", headers=headers)
    assert set(answer.get_json()["codes"]) == {f"S1:{cast.ORDER}:handset:8001:1", "025EC0ABCD01"}
    for picture in (b"", b"GIF89a", png()[:60], png((3000, 3000))):
        refused = technician.client.post("/scan/decode", data=picture, content_type="image/png", headers=headers)
        assert refused.status_code == 409
    assert technician.client.post("/scan/decode", data=png(), content_type="image/png").status_code == 403


def test_a_program_can_do_what_the_pages_can(door: tuple[Door, str]) -> None:
    opened, order = door
    program = opened.program("admin")
    chosen = program.ask("POST", f"/orders/{order}/station", {"code": "8001"}).get_json()
    assert (chosen["verdict"], chosen["seat"], chosen["port"], chosen["batch"]) == ("seat", "8001", 2, 1)
    assert chosen["text"] == "Suivant : 8001 directrice"
    assert program.ask("POST", f"/orders/{order}/station/undo").get_json()["verdict"] == "nothing"
    assert program.ask("POST", f"/orders/{order}/station", {"code": "bonjour"}).get_json()["code"] == "scan-unknown"
    words = {"equipment": "Switch", "software": "1.2.3"}
    assert program.ask("POST", f"/orders/{order}/firmware", words).get_json() == {"item": "Switch"}
    assert program.ask("POST", f"/orders/{order}/firmware", {**words, "on": "hier"}).status_code == 409
    assert program.ask("POST", f"/orders/{order}/pack/undo").get_json() == {"done": False}
    assert program.ask("GET", f"/orders/{order}/manifest.pdf").data.startswith(b"%PDF")
    sent = program.ask("POST", f"/orders/{order}/labels/print", {"printer": "planche", "kinds": ["carton"]}).get_json()
    assert (sent["labels"], sent["status"]) == (2, "printed")
    again = {"printer": "planche", "kinds": ["carton"], "sheet": sent["sheet"]}
    assert program.ask("POST", f"/orders/{order}/labels/print", again).get_json()["sheet"] == sent["sheet"]
