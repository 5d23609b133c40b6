"""Do the codes that a ZPL printer draws by itself read as the label, at its dots and with their white around them?"""

import pytest

from labels.draw_zpl import Dpi
from labels.label import codes_on
from labels.offer import offer_zpl
from labels.readback import read_codes
from labels.sheet import Offset, find_sheet
from tests.fakes import labels as cast
from tests.fakes.zpl import zpl_pictures
from tests.sandbox.test_labels_pictures import BENCHED, FIRMWARE

LABELS = [cast.handset(), BENCHED, cast.dect_handset(), cast.dect_base(), cast.carton(), cast.appliance(), cast.port()]


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("name", ["roll-62x29", "roll-100x50", "roll-102x152"])
def test_every_code_of_a_batch_is_read_where_the_printer_puts_it(name: str, dpi: Dpi) -> None:
    sheet = find_sheet(name)
    assert sheet is not None
    made = [*LABELS, FIRMWARE]
    drawn = list(zpl_pictures(offer_zpl(made, sheet, dpi=dpi)))
    assert [set(read_codes(one)) for one in drawn] == [set(codes_on(label)) for label in made]


def test_a_brother_roll_in_a_zpl_printer_keeps_the_white_that_no_head_reaches() -> None:
    sheet = find_sheet("ql-62-cut-50")
    assert sheet is not None
    (drawn,) = zpl_pictures(offer_zpl([cast.handset()], sheet, offset=Offset(0.5, 0.0)))
    left, top, _, _ = drawn.point(lambda grey: 255 - grey).getbbox()  # type: ignore[misc]
    assert left >= round(sheet.first.x * 8)
    assert top >= round(sheet.first.y * 8)
