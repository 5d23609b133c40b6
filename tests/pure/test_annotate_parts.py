"""Does a splice change what it must and nothing else, whatever a sheet, its looks and its comments look like?"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numbering.cells import cell_name, cell_position
from numbering.looks import EMPTY_STYLES, Looks, Pair
from numbering.remarks import EMPTY_COMMENTS, EMPTY_DRAWING, draw_remarks, has_boxes, remark
from numbering.sheet_part import SheetEdits, edit_sheet
from numbering.sheet_survey import Position, survey_sheet
from numbering.splice import Document, edited_tag, spliced
from staging.core.faults import PlanRefused

_ROWS, _COLUMNS = 7, 5
_MARKED = 100


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A sheet's XML, and what stands in it: look and content by cell."""

    xml: str
    cells: Mapping[Position, tuple[int, str]]


@st.composite
def _sheets(draw: st.DrawFn) -> _Drawn:
    """Sheets as programs write them: with and without positions, closed at once or not, with gaps."""
    rows, cells = [], {}
    for row in sorted(draw(st.sets(st.integers(1, _ROWS)))):
        numbered = draw(st.booleans()) or row - 1 != max((place[0] for place in cells), default=0)
        written, before = [], 0
        for column in sorted(draw(st.sets(st.integers(1, _COLUMNS)))):
            look, text = draw(st.integers(0, 3)), draw(st.sampled_from(["", "x", "<&"]))
            named = f' r="{cell_name(column, row)}"' if draw(st.booleans()) or column != before + 1 else ""
            shown = f' s="{look}"' if look else draw(st.sampled_from(["", ' s="0"', " s='0'"]))
            value = f"<v>{text.replace('&', '&amp;').replace('<', '&lt;')}</v>" if text else ""
            empty = draw(st.sampled_from([f"<c{named}{shown}/>", f"<c{named}{shown}></c>"]))
            written.append(f"<c{shown}{named} t='str'>{value}</c>" if value else empty)
            cells[row, column], before = (look, text), column
        if not written and not numbered:
            numbered = True
        number = f' r="{row}"' if numbered or not written else ""
        rows.append(f"<row{number}>{''.join(written)}</row>" if written else f"<row{number}/>")
    if not rows:
        return _Drawn(draw(st.sampled_from(["<w><sheetData/></w>", "<w><sheetData></sheetData></w>"])), {})
    # Rows without a number follow the one before, empty ones too: each is numbered unless that gives its own number.
    return _Drawn(f"<w>{draw(st.sampled_from(['', '<cols/>']))}<sheetData>{''.join(rows)}</sheetData></w>", cells)


def _read(xml: bytes) -> dict[Position, tuple[int, str]]:
    cells: dict[Position, tuple[int, str]] = {}
    row = 0
    for item in ET.fromstring(xml).iter("row"):
        assert int(item.get("r", row + 1)) > row
        row, column = int(item.get("r", row + 1)), 0
        for cell in item:
            name = cell.get("r")
            assert (cell_position(name)[0] if name else column + 1) > column
            column = cell_position(name)[0] if name else column + 1
            assert name is None or cell_position(name)[1] == row
            cells[row, column] = int(cell.get("s", "0")), "".join(cell.itertext())
    return cells


_places = st.tuples(st.integers(1, _ROWS + 1), st.integers(1, _COLUMNS + 1))


@settings(deadline=None)
@given(drawn=_sheets(), marks=st.sets(_places), texts=st.dictionaries(_places, st.sampled_from(["8000", "<b>", "=1"])))
def test_marked_cells_get_their_look_and_all_others_stay(
    drawn: _Drawn, marks: set[Position], texts: dict[Position, str]
) -> None:
    assert _read(drawn.xml.encode()) == drawn.cells
    edits = SheetEdits(
        marks=dict.fromkeys(marks, "error"),
        texts=texts,
        look=lambda look, severity: look + _MARKED if severity else look,
    )
    expected = dict(drawn.cells)
    for place in {*marks, *texts}:
        look, text = expected.get(place, (0, ""))
        expected[place] = look + _MARKED * (place in marks), texts.get(place, text)
    assert _read(edit_sheet(drawn.xml.encode(), edits, relations="r")) == expected


@settings(deadline=None)
@given(drawn=_sheets())
def test_a_sheet_without_marks_keeps_every_byte(drawn: _Drawn) -> None:
    edits = SheetEdits(marks={}, texts={}, look=lambda look, _: look)
    assert edit_sheet(drawn.xml.encode(), edits, relations="r") == drawn.xml.encode()


@settings(deadline=None)
@given(drawn=_sheets(), column=st.integers(1, _COLUMNS))
def test_our_column_is_cleared_from_its_heading_down(drawn: _Drawn, column: int) -> None:
    edits = SheetEdits(marks={}, texts={}, look=lambda look, _: look, cleared=(column, 2))
    found = _read(edit_sheet(drawn.xml.encode(), edits, relations="r"))
    assert {place: text for place, (_, text) in found.items()} == {
        place: "" if place[1] == column and place[0] >= 2 else text for place, (_, text) in drawn.cells.items()
    }


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("", [(4, 4, "24")]),
        ('<cols><col min="1" max="2" width="9"/></cols>', [(1, 2, "9"), (4, 4, "24")]),
        ('<cols><col min="6" max="9" width="9"/></cols>', [(4, 4, "24"), (6, 9, "9")]),
        ('<cols><col min="2" max="9" width="9" hidden="1"></col></cols>', [(2, 3, "9"), (4, 4, "24"), (5, 9, "9")]),
        ('<cols><col min="4" max="4" width="9"/></cols>', [(4, 4, "24")]),
    ],
)
def test_the_added_column_gets_its_width_among_those_of_the_others(
    columns: str, expected: list[tuple[int, int, str]]
) -> None:
    edits = SheetEdits(marks={}, texts={(1, 4): "x"}, look=lambda look, _: look, width=(4, 24))
    xml = edit_sheet(f"<w>{columns}<sheetData/></w>".encode(), edits, relations="r")
    found = [(int(c.get("min", "")), int(c.get("max", "")), c.get("width")) for c in ET.fromstring(xml).iter("col")]
    assert found == expected


@pytest.mark.parametrize("old", [b'<legacyDrawing r:id="a"/>', b'<legacyDrawing r:id="a"></legacyDrawing >'])
@pytest.mark.parametrize(("drawing", "expected"), [(None, [b"a"]), ("", []), ("b", [b"b"])])
def test_a_sheet_refers_to_one_drawing_of_comments_or_none(
    old: bytes, drawing: str | None, expected: list[bytes]
) -> None:
    sheet = b'<w xmlns:r="r"><sheetData/><drawing/>' + old + b"<tableParts/></w>"
    xml = edit_sheet(sheet, SheetEdits({}, {}, lambda look, _: look, drawing=drawing), relations="r")
    assert re.findall(rb'<legacyDrawing[^>]* r:id="(.)"', xml) == expected
    names = [child.tag for child in ET.fromstring(xml)]
    assert names == ["sheetData", "drawing", *["legacyDrawing"] * len(expected), "tableParts"]


def test_spans_and_dimension_grow_with_the_cells_that_are_added() -> None:
    sheet = b'<w><dimension ref="A1:B2"/><sheetData><row r="2" spans="1:2"><c r="A2"/></row></sheetData></w>'
    edits = SheetEdits(marks={(5, 1): "error"}, texts={(2, 4): "x"}, look=lambda look, _: look)
    xml = edit_sheet(sheet, edits, relations="r")
    assert b'<dimension ref="A1:D5"/>' in xml
    assert b'<row r="2" spans="1:4">' in xml


def test_an_empty_cell_takes_the_look_of_its_row_else_of_its_column() -> None:
    sheet = (
        b'<w><cols><col min="2" max="3" style="7"/></cols>'
        b'<sheetData><row r="1" s="5" customFormat="1"/></sheetData></w>'
    )
    edits = SheetEdits(marks={(1, 2): "error", (2, 2): "error", (2, 4): "error"}, texts={}, look=lambda look, _: look)
    assert {place: look for place, (look, _) in _read(edit_sheet(sheet, edits, relations="r")).items()} == {
        (1, 2): 5,
        (2, 2): 7,
        (2, 4): 0,
    }


def test_the_last_column_counts_content_and_merged_ranges_from_the_header_down() -> None:
    sheet = (
        b'<w><sheetData><row r="1"><c r="H1"><v>1</v></c></row><row r="2"><c r="B2" s="4"><v>1</v></c><c r="F2" s="9"/>'
        b'<c r="C2"><f>1</f></c></row><row r="3"><c r="J3"/></row></sheetData>'
        b'<mergeCells><mergeCell ref="B2:D2"/></mergeCells>'
        b'<extLst xmlns:xm="m"><xm:f>1</xm:f></extLst></w>'
    )
    survey = survey_sheet(sheet, from_row=2, column=3)
    assert (survey.last_column, survey.heading, survey.formulas) == (4, 4, True)
    assert survey.anchors(["D2", "D3"]) == {"D2": (2, 2), "D3": (3, 4)}


def test_splices_never_overlap_and_keep_their_order() -> None:
    assert spliced(b"abcdef", [(2, 2, b"1"), (2, 4, b"2"), (2, 2, b"3")]) == b"ab132ef"
    with pytest.raises(ValueError, match="overlap"):
        spliced(b"abcdef", [(1, 4, b""), (3, 5, b"")])


def test_an_attribute_is_never_mistaken_for_what_another_one_says() -> None:
    tag = edited_tag(b"<c title=' s=\"9\" >' s = '1'/>", {"s": "2", "r": '<"'})
    assert tag == b'<c title=\' s="9" >\' s="2" r="&lt;&quot;"/>'


def test_a_document_type_is_refused_before_anything_is_changed() -> None:
    with pytest.raises(PlanRefused):
        Document(b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><w>&x;</w>')
    with pytest.raises(PlanRefused):
        survey_sheet(b"<!DOCTYPE w><w/>", from_row=1, column=None)


_STYLES = (
    b'<styleSheet xmlns="m"><fonts count="1"><font/></fonts><fills count="3"><fill/><fill/><fill><patternFill '
    b'patternType="solid"><fgColor rgb="FF00FF00"/></patternFill></fill></fills><borders count="1"><border/></borders>'
    b'<cellXfs count="3"><xf fontId="0" fillId="0"/><xf fontId="0" fillId="2"/><xf fontId="0" fillId="2">'
    b'<alignment wrapText="1"/></xf></cellXfs></styleSheet>'
)


def test_two_looks_that_differ_in_their_fill_alone_are_told_apart_once_marked() -> None:
    looks = Looks(_STYLES)
    plain, green, wrapped = (looks.marked(look, "error") for look in (0, 1, 2))
    assert len({plain, green, wrapped}) == 3
    again = Looks(looks.result(), looks.pairs)
    assert [again.restored(look) for look in (plain, green, wrapped)] == [0, 1, 2]
    assert [again.marked(look, "error") for look in (0, 1, 2)] == [plain, green, wrapped]
    assert again.marked(0, "warning") not in (plain, green, wrapped)


def test_looks_that_a_file_has_not_are_no_pairs() -> None:
    looks = Looks(_STYLES, [Pair(99, 0), Pair(0, 99), Pair(1, 1)])
    assert [looks.restored(look) for look in (0, 1, 2, 99)] == [0, 1, 2, 99]


def test_a_styles_part_without_lists_gets_them_in_order() -> None:
    looks = Looks(EMPTY_STYLES)
    marked = looks.marked(0, "warning")
    root = ET.fromstring(looks.result())
    names = [item.tag.rpartition("}")[2] for item in root]
    assert names == ["fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles"]
    assert [len(item) for item in root] == [int(item.get("count", "0")) for item in root]
    assert root[4][marked].get("fillId") == "2"


_said = st.dictionaries(
    st.sampled_from(["A1", "B2", "C3"]), st.sampled_from(["faux\nÀ revoir.", "<b> & ]]>", "_x0041_\r\x01"])
)


@settings(deadline=None)
@given(first=_said, second=_said)
def test_comments_said_anew_are_those_said_once(first: dict[str, str], second: dict[str, str]) -> None:
    own = remark(EMPTY_COMMENTS, {}).content.replace(
        b"<commentList/>",
        '<commentList><comment ref="B2" authorId="0"><text><r><rPr><b/></rPr><t>à voir</t></r></text></comment>'
        "</commentList>".encode(),
    )
    twice = remark(remark(own, first).content, second).content
    assert _texts(twice) == _texts(remark(own, second).content)
    assert remark(twice, second).content == twice
    assert _texts(remark(twice, {}).content) == {"B2": "à voir"}
    assert "<r><rPr><b/></rPr><t>à voir</t></r>".encode() in twice


def _texts(content: bytes) -> dict[str, str]:
    items = [item for item in ET.fromstring(content).iter() if item.tag.endswith("}comment")]
    return {item.get("ref", ""): "".join(item.itertext()) for item in items}


def test_a_drawing_of_thousands_of_boxes_says_so() -> None:
    said = {f"A{row}": "faux" for row in range(1, 3001)}
    places = {name: (row, 1) for row, name in enumerate(said, start=1)}
    drawn = draw_remarks(EMPTY_DRAWING, remark(EMPTY_COMMENTS, said), places, said)
    assert b'<o:idmap v:ext="edit" data="1,2,3"/>' in drawn
    assert len(set(re.findall(rb'id="(_x0000_s[0-9]+)"', drawn))) == 3000


def test_each_new_comment_has_a_box_and_each_silenced_one_loses_it() -> None:
    places = {"A1": (1, 1), "B2": (2, 2)}
    said = {"A1": "faux", "B2": "faux aussi"}
    first = remark(EMPTY_COMMENTS, said)
    drawn = draw_remarks(EMPTY_DRAWING, first, places, said)
    assert drawn.count(b"ObjectType") == 2
    second = remark(first.content, {"B2": "faux aussi"})
    left = draw_remarks(drawn, second, places, {})
    assert (left.count(b"ObjectType"), b"<x:Row>1</x:Row>" in left, has_boxes(left)) == (1, True, True)
    assert not has_boxes(draw_remarks(left, remark(second.content, {}), places, {}))
