"""Does a ZPL printer get data as data, and codes that a reader takes?"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.draw_zpl import draw_zpl, escape_zpl
from labels.layout import CodeBox, TextBox
from labels.offer import offer_zpl
from labels.sheet import Offset, Rect, find_sheet
from staging.core.faults import LabelRefused
from tests.fakes import labels as cast

ROLL = find_sheet("roll-62x29")
SMALL_ROLL = find_sheet("roll-38x21")
A4 = find_sheet("l7160")


def unescape(escaped: str) -> str:
    """What the printer makes of a `^FH_` field: `_HH` is a byte, and `^CI28` reads the bytes as UTF-8."""
    return re.sub(rb"_([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), escaped.encode("ascii")).decode()


def text_box(text: str) -> TextBox:
    return TextBox("name", Rect(0, 0, 50, 10), (text,), 4.0, False, "left")


@given(st.text())
def test_any_text_comes_back_from_its_escape(text) -> None:
    assert unescape(escape_zpl(text)) == text


@given(st.text(alphabet=st.one_of(st.sampled_from("^~_\\XZJRFS"), st.characters(exclude_categories=("Cs",)))))
def test_no_text_can_hold_a_command(text) -> None:
    escaped = escape_zpl(text)
    assert escaped.isascii()
    assert escaped.isprintable()
    assert not set(escaped) & set("^~\\")


def test_a_name_that_says_end_of_label_stays_a_name() -> None:
    zpl = draw_zpl([[text_box("^XZ~JR\\_")]], ROLL).decode()
    assert "^FD_5EXZ_7EJR_5C_5F^FS" in zpl
    assert (zpl.count("^XA"), zpl.count("^XZ"), zpl.count("~")) == (1, 1, 0)


def test_accents_go_as_utf8_that_was_announced() -> None:
    zpl = draw_zpl([[text_box("Éloïse")]], ROLL).decode()
    assert zpl.startswith("^XA^CI28")
    assert "^FD_C3_89lo_C3_AFse^FS" in zpl


def test_a_qr_code_says_its_level_and_input_mode_before_the_data() -> None:
    box = CodeBox("qr", Rect(0, 0, 20, 20), "S1:k3m9xp:handset:8001:1", 0.5)
    assert "^BQN,2,4^FH_^FDMA,S1:k3m9xp:handset:8001:1^FS" in draw_zpl([[box]], ROLL).decode()


def test_every_label_of_an_order_is_one_format_with_its_own_codes() -> None:
    zpl = offer_zpl([cast.handset(1), cast.handset(2)], ROLL).decode()
    assert zpl.count("^XA") == zpl.count("^XZ") == 2
    assert re.findall(r"\^FDMA,([^^]*)\^FS", zpl) == ["S1:k3m9xp:handset:8001:1", "S1:k3m9xp:handset:8002:1"]
    assert re.findall(r"\^BCN[^\n]*\^FD([^^]*)\^FS", zpl) == ["025EC0ABCD01", "025EC0ABCD02"]


@pytest.mark.parametrize(("dpi", "dots"), [(203, (496, 232)), (300, (732, 342))])
def test_a_roll_is_as_many_dots_as_its_printer_has(dpi, dots) -> None:
    assert "^PW{}^LL{}".format(*dots) in offer_zpl([cast.handset(1)], ROLL, dpi=dpi).decode()


def test_an_offset_shifts_the_picture_by_whole_dots() -> None:
    assert "^LS-8^LT-4" in draw_zpl([[text_box("accueil")]], ROLL, offset=Offset(1.0, -0.5)).decode()


def test_bars_that_this_printer_cannot_draw_wide_enough_are_refused() -> None:
    with pytest.raises(LabelRefused) as caught:
        offer_zpl([cast.handset(1)], SMALL_ROLL, dpi=203)
    assert [(fault.code, fault.at.field) for fault in caught.value.faults] == [("label-code-too-dense", "bar")]


def test_a_sheet_of_labels_is_no_roll() -> None:
    with pytest.raises(LabelRefused) as caught:
        offer_zpl([cast.handset(1)], A4)
    assert [fault.code for fault in caught.value.faults] == ["not-a-roll"]
