"""Does everything on a label stand where it should, whatever people are called?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.design import designs
from labels.label import KINDS, HandsetLabel, Label, LabelCode, codes_on, label_name, parse_code
from labels.layout import LINE_HEIGHT, CodeBox, Layout, TextBox, fit_text, lay_out
from labels.sheet import Offset, Rect, Sheet, find_sheet, sheets
from labels.wording import words_on
from staging.core.words import Extension
from tests.fakes import labels as cast

RULER = cast.SquareRuler()
NAMES = st.text(alphabet="abcdefghijklmnopqrstuvwxyzÉéèçœ -'", min_size=1, max_size=60)


def placed(label: Label, width: float = 63.5, height: float = 38.1) -> Layout:
    return lay_out(label, width_mm=width, height_mm=height, ruler=RULER, lang="fr")


@given(
    order=st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
    kind=st.sampled_from(KINDS),
    item=st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
    copy=st.integers(1, 999_999),
)
def test_a_code_comes_back_from_its_text(order, kind, item, copy) -> None:
    code = LabelCode(order, kind, item, copy)
    assert parse_code(str(code)) == code


@given(st.text(max_size=40))
def test_what_parses_as_a_code_is_that_code_letter_for_letter(text) -> None:
    assert parse_code(text) is None or str(parse_code(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "S1:k3m9xp:handset:8001",
        "S2:k3m9xp:handset:8001:1",
        "S1:k3m9xp:toaster:8001:1",
        "S1:k3m9xp:handset:8001:0",
        "S1:k3m9xp:handset:8001:01",
        "S1:k3m9xp:handset:80 01:1",
        "S1:k3m9xp:handset:8001:1\n",
    ],
)
def test_a_code_that_was_misread_is_none(text) -> None:
    assert parse_code(text) is None


def test_a_code_that_would_not_come_back_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="not a label code"):
        LabelCode("k3m9xp", "handset", "80:01")


def test_a_dect_handset_has_no_bars_and_says_base_and_slot() -> None:
    label = cast.dect_handset(4)
    assert codes_on(label) == ("S1:k3m9xp:handset:8004:1",)
    assert words_on(label, "fr")["place"] == "Base atelier · place 4"
    assert words_on(label, "en")["place"] == "Base atelier · slot 4"


def test_bars_hold_the_mac_of_a_phone_and_the_serial_of_an_appliance() -> None:
    assert codes_on(cast.handset(1))[1] == "025EC0ABCD01"
    assert codes_on(cast.appliance())[1] == "SN0042"


def test_a_line_break_in_a_name_is_a_space() -> None:
    assert words_on(cast.handset(1, " la\ndirectrice "), "fr")["name"] == "la directrice"


def test_only_a_reprint_says_which_copy_it_is() -> None:
    assert "copy" not in words_on(cast.handset(1), "fr")
    assert words_on(cast.handset(1, copy=2), "fr")["copy"] == "copie 2"


@given(name=NAMES, size=st.sampled_from([(38.1, 21.2), (63.5, 38.1), (99.1, 67.7), (62.0, 29.0)]))
def test_text_stays_inside_its_box_or_is_a_fault(name, size) -> None:
    layout = placed(cast.handset(1, name), *size)
    for box in layout.boxes:
        assert Rect(0, 0, *size).holds(box.rect)
        if isinstance(box, TextBox):
            widest = max(RULER.text_width(line, bold=box.bold) for line in box.lines)
            assert widest * box.size_mm <= box.rect.width
            assert len(box.lines) * box.size_mm * LINE_HEIGHT <= box.rect.height
    assert layout.faults or any(isinstance(box, TextBox) and box.field == "extension" for box in layout.boxes)


@given(name=NAMES)
def test_no_letter_of_a_name_is_lost(name) -> None:
    layout = placed(cast.handset(1, name))
    said = [
        "".join("".join(box.lines).split()) for box in layout.boxes if isinstance(box, TextBox) and box.field == "name"
    ]
    wanted = "".join(name.split())
    assert said == ([wanted] if wanted else []) or [fault.code for fault in layout.faults] == ["label-too-long"]


@given(text=NAMES, width=st.floats(5, 100), height=st.floats(2, 30), lines=st.integers(1, 4))
def test_a_wider_box_never_makes_text_smaller(text, width, height, lines) -> None:
    def size(of: float) -> float:
        fitted = fit_text(text, width_mm=of, height_mm=height, largest_mm=9, lines=lines, ruler=RULER, bold=False)
        return fitted[1]

    # An added line has to pay with a seventh; so in a wider box the letters may be up to a seventh smaller.
    assert size(width * 1.3) >= size(width) / 1.16


def test_a_short_name_stays_in_one_piece_and_a_long_one_wraps() -> None:
    def lines(text: str) -> tuple[str, ...]:
        return fit_text(text, width_mm=40, height_mm=7, largest_mm=5, lines=2, ruler=RULER, bold=False)[0]

    assert lines("la directrice") == ("la directrice",)
    assert lines("la directrice de l'atelier des bleus") == ("la directrice de", "l'atelier des bleus")


def test_a_double_name_wraps_after_its_hyphen() -> None:
    broken, _ = fit_text(
        "ooooooooooo-ooooooooooo", width_mm=20, height_mm=9, largest_mm=5, lines=2, ruler=RULER, bold=False
    )
    assert broken == ("ooooooooooo-", "ooooooooooo")


def test_a_name_that_cannot_fit_names_its_label_and_field() -> None:
    fault = placed(cast.handset(1, "o" * 61)).faults[0]
    assert (fault.code, str(fault.at)) == ("label-too-long", f"8001 {'o' * 61} name")


def test_a_novel_instead_of_a_name_is_refused_at_once() -> None:
    assert [fault.code for fault in placed(cast.handset(1, "oo " * 4000)).faults] == ["label-too-long"]


@pytest.mark.parametrize("name", ["☎ accueil", "שלום", "e\u0301\u0323\u0307", "a\u200db"])
def test_what_the_font_cannot_draw_or_would_draw_wrong_is_a_fault(name) -> None:
    assert "missing-glyph" in [fault.code for fault in placed(cast.handset(1, name)).faults]


def test_an_accent_typed_as_two_characters_is_one_letter() -> None:
    boxes = placed(cast.handset(1, "E\u0301loi")).boxes
    assert [box.lines for box in boxes if isinstance(box, TextBox) and box.field == "name"] == [("Éloi",)]


def test_a_code_too_dense_for_a_reader_is_a_fault() -> None:
    long = HandsetLabel("accueil", Extension("8001"), "x", LabelCode("o", "handset", "8001"), mac=cast.mac(1))

    class Dense(cast.SquareRuler):
        def qr_modules(self, text: str) -> int:
            return 177

    faults = lay_out(long, width_mm=63.5, height_mm=38.1, ruler=Dense(), lang="fr").faults
    assert [(fault.code, fault.at.field) for fault in faults] == [("label-code-too-dense", "qr")]


def test_a_cell_too_small_for_a_kind_is_a_fault() -> None:
    assert [fault.code for fault in placed(cast.carton(), 38.1, 21.2).faults] == ["label-cell-too-small"]


@pytest.mark.parametrize("design", designs(), ids=lambda d: f"{d.kind}-{d.min_width_mm}x{d.min_height_mm}")
def test_boxes_of_a_design_stay_in_its_smallest_cell_and_clear_of_its_codes(design) -> None:
    cell = Rect(0, 0, design.min_width_mm, design.min_height_mm)
    for only in ("bar", "no-bar"):
        specs = [spec for spec in design.specs if spec.only in (None, only)]
        rects = [(spec, spec.edges.rect(cell.width, cell.height)) for spec in specs]
        assert all(cell.holds(rect) and rect.width > 0 and rect.height > 0 for _, rect in rects)
        codes = [rect for spec, rect in rects if hasattr(spec, "symbology")]
        texts = [rect for spec, rect in rects if not hasattr(spec, "symbology")]
        assert not [(code, text) for code in codes for text in texts if overlap(code, text)]


@pytest.mark.parametrize("sheet", sheets().values(), ids=lambda s: s.name)
def test_cells_of_a_sheet_lie_on_the_page_and_never_over_each_other(sheet: Sheet) -> None:
    page = Rect(0, 0, sheet.page_width_mm, sheet.page_height_mm)
    cells = [sheet.cell(number) for number in range(1, sheet.cells + 1)]
    assert all(page.holds(cell) for cell in cells)
    assert not [1 for i, one in enumerate(cells) for other in cells[i + 1 :] if overlap(one, other)]


@pytest.mark.parametrize("sheet", sheets().values(), ids=lambda s: s.name)
def test_margins_of_a_sheet_are_even_on_both_sides(sheet: Sheet) -> None:
    last = sheet.cell(sheet.cells)
    assert sheet.page_width_mm - last.x - last.width == pytest.approx(sheet.first.x, abs=0.15)
    assert sheet.page_height_mm - last.y - last.height == pytest.approx(sheet.first.y, abs=0.15)


def test_labels_go_row_by_row_from_the_first_free_cell_and_on_to_the_next_page() -> None:
    sheet = find_sheet("L7160")
    assert sheet is not None
    places = list(sheet.places(18, start_cell=5, offset=Offset(1, -2)))
    assert places[0] == (0, Rect(7.25 + 66 + 1, 15.15 + 38.1 - 2, 63.5, 38.1))
    assert [page for page, _ in places] == [0] * 17 + [1]


def test_a_base_lists_its_slots_in_order_and_at_one_size() -> None:
    boxes = [box for box in placed(cast.dect_base(8), 99.1, 67.7).boxes if isinstance(box, TextBox)]
    slots = [box for box in boxes if box.field.startswith("slot-")]
    assert [box.lines[0][:2] for box in slots] == [f"{i}." for i in range(1, 9)]
    assert len({box.size_mm for box in slots}) == 1


@pytest.mark.parametrize("label", [cast.handset(), cast.dect_base(), cast.carton(), cast.appliance(), cast.port()])
def test_every_kind_carries_its_code_and_has_a_name(label) -> None:
    boxes = [box for box in placed(label).boxes if isinstance(box, CodeBox)]
    assert tuple(box.text for box in boxes) == codes_on(label)
    assert label_name(label)


def overlap(one: Rect, other: Rect) -> bool:
    apart_x = one.x + one.width <= other.x + 1e-6 or other.x + other.width <= one.x + 1e-6
    apart_y = one.y + one.height <= other.y + 1e-6 or other.y + other.height <= one.y + 1e-6
    return not (apart_x or apart_y)
