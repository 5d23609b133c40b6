"""Does a reader that knows nothing of us find on paper what each label should say?"""

from dataclasses import replace

import pypdfium2
import pytest

from labels.draw_pdf import draw_pdf
from labels.label import codes_on
from labels.layout import CodeBox, TextBox, lay_out
from labels.offer import offer_pdf
from labels.readback import Reading, check_readback, read_labels
from labels.ruler import font_ruler
from labels.sheet import Offset, Rect, find_sheet, sheets
from staging.core.faults import LabelRefused
from tests.fakes import labels as cast

KINDS = [cast.handset(), cast.dect_handset(), cast.dect_base(), cast.carton(), cast.appliance(), cast.port()]
STOCK = sheets()
LONG = "Françoise Œuvrard-Lefèvre de La Châtaigneraie"


def decoded(pdf: bytes, count: int, sheet: str, **options) -> list[tuple[str, ...]]:
    """The codes of each label, the way a scanner gives them; read anew, without the check in offer_pdf."""
    places = tuple(STOCK[sheet].places(count, **options))
    return [reading.codes for reading in read_labels(pdf, places)]


def expected(labels) -> list[tuple[str, ...]]:
    return [tuple(sorted(codes_on(label))) for label in labels]


@pytest.mark.parametrize(
    "sheet", ["l7159", "l7160", "3474", "l7163", "l7165", "roll-57x32", "roll-62x29", "roll-100x50"]
)
def test_every_kind_of_label_reads_back(sheet) -> None:
    pdf = offer_pdf(KINDS, STOCK[sheet])
    assert decoded(pdf, len(KINDS), sheet) == expected(KINDS)


@pytest.mark.parametrize("sheet", ["l7651", "l4736", "roll-38x21", "roll-57x32", "roll-62x29", "roll-102x152"])
def test_stickers_for_phones_read_back_on_small_and_large_stock(sheet) -> None:
    batch = [cast.handset(1), cast.handset(2, "directrice", copy=2), cast.dect_handset(4), cast.port()]
    assert decoded(offer_pdf(batch, STOCK[sheet]), 4, sheet) == expected(batch)


@pytest.mark.parametrize("sheet", ["l7160", "l7651"])
def test_eighty_labels_fill_their_sheets_in_order(sheet) -> None:
    batch = [cast.handset(number, f"atelier {number}") for number in range(1, 81)]
    pdf = offer_pdf(batch, STOCK[sheet])
    assert decoded(pdf, 80, sheet) == expected(batch)
    assert pages(pdf) == -(-80 // STOCK[sheet].cells)


def test_a_sheet_begun_before_goes_on_at_its_fifth_cell() -> None:
    batch = [cast.handset(1), cast.handset(2)]
    pdf = offer_pdf(batch, STOCK["l7160"], start_cell=5)
    cells = [(0, STOCK["l7160"].cell(number)) for number in range(1, 8)]
    codes = [reading.codes for reading in read_labels(pdf, cells)]
    assert codes == [(), (), (), (), *expected(batch), ()]


def test_a_roll_has_one_label_a_page_of_its_own_size() -> None:
    document = pypdfium2.PdfDocument(offer_pdf([cast.handset(1), cast.handset(2)], STOCK["roll-62x29"]))
    sizes = [document.get_page_size(index) for index in range(len(document))]
    document.close()
    assert [tuple(round(side / 72 * 25.4, 1) for side in size) for size in sizes] == [(62.0, 29.0)] * 2


def test_an_offset_moves_the_labels_and_they_still_read_back() -> None:
    pdf = offer_pdf([cast.handset(1)], STOCK["l7160"], offset=Offset(2.0, -1.5))
    assert decoded(pdf, 1, "l7160", offset=Offset(2.0, -1.5)) == expected([cast.handset(1)])


def test_accents_and_long_names_are_on_the_paper_letter_for_letter() -> None:
    batch = [cast.handset(1, LONG), cast.handset(2, "Éloïse Ÿ Ångström-Ægir ß")]
    readings = read_labels(offer_pdf(batch, STOCK["l7160"]), tuple(STOCK["l7160"].places(2)))
    assert LONG.replace(" ", "") in readings[0].words
    assert "ÉloïseŸÅngström-Ægirß" in readings[1].words


def test_the_same_labels_give_the_same_bytes() -> None:
    assert offer_pdf(KINDS, STOCK["l7165"]) == offer_pdf(KINDS, STOCK["l7165"])


def test_a_label_drawn_with_another_ones_code_is_named() -> None:
    right, wrong = cast.handset(1), cast.handset(2)
    sheet = STOCK["l7160"]
    places = tuple(sheet.places(1))
    layout = lay_out(wrong, width_mm=63.5, height_mm=38.1, ruler=font_ruler(), lang="fr")
    readings = read_labels(draw_pdf([(0, places[0][1], layout.boxes)], sheet, title="x"), places)
    found = {(fault.code, str(fault.at), fault.facts["text"]) for fault in check_readback([right], readings)}
    assert found == {
        ("label-unreadable", "8001 accueil", "S1:k3m9xp:handset:8001:1"),
        ("label-unreadable", "8001 accueil", "025EC0ABCD01"),
        ("label-misread", "8001 accueil", "S1:k3m9xp:handset:8002:1"),
        ("label-misread", "8001 accueil", "025EC0ABCD02"),
    }


def test_a_code_half_off_the_paper_is_found_out() -> None:
    with pytest.raises(LabelRefused) as caught:
        offer_pdf([cast.handset(1), cast.handset(2)], STOCK["l7160"], offset=Offset(-20, 0))
    assert ("label-unreadable", "8001 accueil") in {(fault.code, str(fault.at)) for fault in caught.value.faults}
    assert not [fault for fault in caught.value.faults if str(fault.at).startswith("8002")]


def test_a_line_that_is_not_on_the_paper_is_found_out() -> None:
    reading = Reading(codes_on(cast.port()), "1")
    faults = check_readback([cast.port()], [reading], lines=[["1", "Réseau du client"]])
    assert [(fault.code, fault.facts["text"]) for fault in faults] == [("label-text-lost", "Réseau du client")]


def test_a_label_that_nobody_read_never_passes() -> None:
    assert [fault.code for fault in check_readback([cast.port()], [])] == ["label-unreadable"]


def test_a_page_that_is_missing_reads_as_nothing() -> None:
    pdf = offer_pdf([cast.port()], STOCK["l7160"])
    assert read_labels(pdf, [(3, Rect(0, 0, 10, 10))]) == (Reading((), ""),)


@pytest.mark.parametrize(
    ("labels", "start", "codes"),
    [
        ([], 1, ["no-labels"]),
        ([cast.port()], 22, ["no-such-cell"]),
        ([cast.port()], 0, ["no-such-cell"]),
        ([cast.port(), cast.port()], 1, ["label-code-twice", "label-code-twice"]),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused(labels, start, codes) -> None:
    with pytest.raises(LabelRefused) as caught:
        offer_pdf(labels, STOCK["l7160"], start_cell=start)
    assert [fault.code for fault in caught.value.faults] == codes


def test_all_labels_that_do_not_fit_are_named_at_once() -> None:
    with pytest.raises(LabelRefused) as caught:
        offer_pdf([cast.handset(1, LONG), cast.handset(2), cast.handset(3, LONG)], STOCK["l7651"])
    assert [str(fault.at)[:4] for fault in caught.value.faults] == ["8001", "8003"]


@pytest.mark.parametrize("sheet", list(STOCK))
def test_no_module_is_finer_than_readers_take(sheet) -> None:
    cell = STOCK[sheet].first
    layout = lay_out(cast.handset(1), width_mm=cell.width, height_mm=cell.height, ruler=font_ruler(), lang="fr")
    finest = {box.symbology: box.module_mm for box in layout.boxes if isinstance(box, CodeBox)}
    assert finest["qr"] >= 0.3
    assert finest["bar"] >= 0.16


def test_the_font_draws_the_names_of_europe() -> None:
    names = "ÀÂÄÇÉÈÊËÎÏÔÖŒÙÛÜŸàâäçéèêëîïôöœùûüÿæÆßñÑøØåÅłŁşŞțȚčČďěřžŽőűİığĞ’–«»·"
    assert [font_ruler().lacks(names, bold=bold) for bold in (False, True)] == ["", ""]


@pytest.mark.parametrize(("slots", "fields"), [(4, "slot-"), (10, "short-slot-")])
def test_a_base_without_room_for_ten_long_names_keeps_slot_and_number(slots, fields) -> None:
    base = cast.dect_base(slots)
    base = replace(base, slots=tuple(replace(slot, name="atelier de la directrice") for slot in base.slots))
    layout = lay_out(base, width_mm=62, height_mm=29, ruler=font_ruler(), lang="fr")
    found = [box for box in layout.boxes if isinstance(box, TextBox) and "slot" in box.field]
    assert layout.faults == ()
    assert {box.field for box in found} == {f"{fields}{number}" for number in range(1, slots + 1)}
    assert found[-1].lines[0].startswith(f"{slots}. {8010 + slots}")


def pages(pdf: bytes) -> int:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()


def test_find_sheet_ignores_case_and_knows_nothing_else() -> None:
    assert (find_sheet("L7160"), find_sheet("nothing")) == (STOCK["l7160"], None)
