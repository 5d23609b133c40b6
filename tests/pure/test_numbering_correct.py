"""Is a corrected cell the only thing that changes, whatever the sheet's XML looks like and whatever is typed?"""

from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numbering.cells import cell_name, cell_position
from numbering.correct import MAX_CHARACTERS, Correction, parse_correction
from numbering.sheet_patch import parse_area, patch_sheet
from numbering.xlsx_parts import unescaped
from staging.core.faults import Fault, PlanRefused

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def sheet(rows: str, after: str = "", *, data: str = "") -> bytes:
    body = data or f"<sheetData>{rows}</sheetData>"
    space = MAIN.strip("{}")
    return HEAD + f'<worksheet xmlns="{space}"><cols/>{body}{after}</worksheet>'.encode()


def put(xml: bytes, **texts: str) -> bytes:
    return patch_sheet(xml, {cell_position(name): text for name, text in texts.items()}).xml


def said(xml: bytes, name: str) -> str | None:
    """What a cell says, by a parser that shares nothing with the one that wrote it."""
    cell = ElementTree.fromstring(xml).find(f".//{MAIN}c[@r='{name}']")
    return None if cell is None else unescaped("".join(part.text or "" for part in cell.iter(f"{MAIN}t")))


def order(xml: bytes) -> list[str]:
    return [cell.attrib["r"] for cell in ElementTree.fromstring(xml).iter(f"{MAIN}c") if "r" in cell.attrib]


ROW = '<row r="2" spans="1:2" ht="20"><c r="A2" s="3"><v>1</v></c><c r="C2" t="s"><v>0</v></c></row>'


def test_a_cell_gets_a_text_and_every_other_byte_stays() -> None:
    before = sheet(ROW)
    after = put(before, A2="accueil")
    start, end = before.index(b"<c r="), before.index(b'<c r="C2"')
    assert after.startswith(before[:start])
    assert after.endswith(before[end:])
    assert said(after, "A2") == "accueil"
    assert b' s="3"' in after


@pytest.mark.parametrize("text", ["=1+1", "+33465710001", "-", "@x", "\ttab", "0465710001"])
def test_nothing_that_is_typed_becomes_a_formula_or_a_number(text: str) -> None:
    cell = ElementTree.fromstring(put(sheet(ROW), C2=text)).find(f".//{MAIN}c[@r='C2']")
    assert cell is not None
    assert cell.attrib["t"] == "inlineStr"
    assert [part.tag for part in cell] == [f"{MAIN}is"]


@pytest.mark.parametrize(("cell", "among"), [("B2", ["A2", "B2", "C2"]), ("D2", ["A2", "C2", "D2"])])
def test_a_new_cell_stands_in_its_order_and_the_row_no_longer_tells_its_width(cell: str, among: list[str]) -> None:
    after = put(sheet(ROW), **{cell: "x"})
    assert order(after) == among
    assert b"spans" not in after
    assert b'ht="20"' in after


@pytest.mark.parametrize(
    ("rows", "among"),
    [
        (ROW, ["A1", "A2", "C2", "A3"]),
        ('<row r="1"/>' + ROW, ["A1", "A2", "C2", "A3"]),
        ("", ["A1", "A3"]),
        ('<row r="1"></row>', ["A1", "A3"]),
    ],
)
def test_a_new_row_stands_in_its_order(rows: str, among: list[str]) -> None:
    assert order(put(sheet(rows), A1="x", A3="y")) == among


def test_a_sheet_without_a_row_gets_its_first_one() -> None:
    assert said(put(sheet("", data="<sheetData/>"), B7="x"), "B7") == "x"


def test_rows_and_cells_that_do_not_say_their_place_are_counted() -> None:
    xml = sheet("<row><c><v>1</v></c></row><row><c><v>2</v></c><c><v>3</v></c></row>")
    assert b"<v>3</v>" not in put(xml, B2="x")
    assert b"<v>2</v>" in put(xml, B2="x")


def test_an_empty_text_empties_the_cell_and_keeps_its_look() -> None:
    after = put(sheet(ROW), A2="")
    assert b'<c r="A2" s="3"/>' in after
    assert put(sheet(ROW), B2="") == sheet(ROW)


def test_a_prefix_of_the_file_s_own_is_kept() -> None:
    space = MAIN.strip("{}")
    xml = f'<x:worksheet xmlns:x="{space}"><x:sheetData><x:row r="1"><x:c r="A1"/></x:row></x:sheetData></x:worksheet>'
    assert said(put(xml.encode(), A1="un", B1="deux", A2="trois"), "B1") == "deux"


def test_a_cell_inside_a_merged_range_is_refused_and_its_first_one_is_not() -> None:
    xml = sheet(ROW, '<mergeCells><mergeCell ref="A2:B4"/></mergeCells>')
    assert said(put(xml, A2="x"), "A2") == "x"
    with pytest.raises(PlanRefused) as refused:
        put(xml, B3="x")
    assert refused.value.faults[0].code == "correction-in-merged"
    assert refused.value.faults[0].facts == {"cell": "B3", "first": "A2"}


@pytest.mark.parametrize("formula", ['t="shared" ref="A2:A9" si="0"', 't="array" ref="A2:B2"'])
def test_a_formula_that_others_share_is_refused(formula: str) -> None:
    xml = sheet(f'<row r="2"><c r="A2"><f {formula}>B2</f><v>1</v></c></row>')
    with pytest.raises(PlanRefused) as refused:
        put(xml, A2="x")
    assert refused.value.faults[0].code == "correction-in-shared-formula"


def test_a_formula_that_goes_is_told_so_that_the_order_of_calculation_goes_too() -> None:
    xml = sheet('<row r="2"><c r="A2"><f>B2</f><v>1</v></c><c r="B2"><v>1</v></c></row>')
    assert patch_sheet(xml, {(1, 2): "x"}).lost_formula
    assert not patch_sheet(xml, {(2, 2): "x"}).lost_formula


@pytest.mark.parametrize("xml", [b"", b"<worksheet", HEAD + b"<worksheet/>"])
def test_xml_that_is_no_sheet_s_is_refused(xml: bytes) -> None:
    with pytest.raises((PlanRefused, ExpatError)):
        put(xml, A1="x")


def test_a_sheet_in_another_encoding_is_corrected_too() -> None:
    xml = sheet(ROW.replace("<v>1</v>", "<v>é</v>")).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert said(put(xml, C2="été"), "C2") == "été"


def test_a_document_type_is_refused() -> None:
    with pytest.raises(PlanRefused):
        put(b"<!DOCTYPE x [<!ENTITY e 'x'>]>" + sheet(ROW)[len(HEAD) :], A2="x")


_TYPED = st.text(
    st.characters(blacklist_categories=("Cc", "Cs", "Cn")) | st.sampled_from("\n<>&\"'_x0041=é"), max_size=60
)
_PLACES = st.tuples(st.integers(1, 12), st.integers(1, 12))


@given(texts=st.dictionaries(_PLACES, _TYPED, max_size=6), there=st.sets(_PLACES, max_size=12))
def test_any_text_in_any_cell_is_read_back_and_the_others_say_what_they_said(
    texts: dict[tuple[int, int], str], there: set[tuple[int, int]]
) -> None:
    rows = "".join(
        f'<row r="{row}">'
        + "".join(f'<c r="{cell_name(c, r)}"><v>{c * r}</v></c>' for c, r in sorted(there) if r == row)
        + "</row>"
        for row in sorted({row for _, row in there})
    )
    after = patch_sheet(sheet(rows), texts).xml
    for place, text in texts.items():
        assert (said(after, cell_name(*place)) or "") == text
    untouched = sorted(there - texts.keys(), key=lambda place: (place[1], place[0]))
    assert [name for name in order(after) if cell_position(name) in there - texts.keys()] == [
        cell_name(*place) for place in untouched
    ]
    assert order(after) == sorted(order(after), key=lambda name: cell_position(name)[::-1])


@pytest.mark.parametrize(
    ("cell", "text", "code"),
    [
        ("A0", "x", "correction-outside"),
        ("ZZZ1", "x", "correction-outside"),
        ("A1048577", "x", "correction-outside"),
        ("'; drop", "x", "correction-outside"),
        ("", "x", "correction-outside"),
        ("A1", "x" * (MAX_CHARACTERS + 1), "correction-too-long"),
        ("A1", "a\x00b", "correction-unprintable"),
        ("A1", "a\x1bb", "correction-unprintable"),
        ("A1", "a\ud800", "correction-unprintable"),
    ],
)
def test_what_cannot_stand_in_a_cell_is_a_fault(cell: str, text: str, code: str) -> None:
    found = parse_correction("Plan", cell, text)
    assert isinstance(found, Fault)
    assert found.code == code


def test_a_cell_may_be_typed_in_small_letters_and_hold_lines() -> None:
    assert parse_correction("Plan", " e12 ", "un\r\ndeux") == Correction("Plan", "E12", "un\ndeux")
    assert parse_correction("Plan", "E12", "   ") == Correction("Plan", "E12", "")


def test_an_area_knows_its_cells() -> None:
    area = parse_area("$B$2:$C$4")
    assert area.holds((3, 4))
    assert not area.holds((4, 4))
    assert parse_area("A1").is_single
