"""Do labels look as they did, and does a reader that nobody here uses read the same codes?"""

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from labels.label import BenchPlace, FirmwareLabel, HandsetLabel, Label, LabelCode, bar_text
from labels.layout import BAR_QUIET, CodeBox, lay_out
from labels.offer import offer_pdf
from labels.picture import first_page_png
from labels.ruler import font_ruler
from labels.sheet import find_sheet
from staging.core.words import Extension
from tests.fakes import labels as cast
from tests.fakes.readers import dark, read_bars, read_qr

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "labels"
DPI = 300
DOTS = DPI / 25.4
MOST_DIFFERENT = 0.004
"""Share of the dots that may differ: another version of the rasteriser smooths an edge otherwise, and moves no word."""

FIRMWARE = FirmwareLabel(
    "FortiGate 40F", "FortiOS 7.4.5", date(2026, 11, 20), LabelCode(cast.ORDER, "firmware", "FGT40F0042"), "FGT40F0042"
)
BENCHED = HandsetLabel(
    "Directrice adjointe – Zoé Œuvrard", Extension("8002"), cast.SITE, LabelCode(cast.ORDER, "handset", "8002"),
    caption="Zoé", mac=cast.mac(2), bench=BenchPlace(12, 2),
)  # fmt: skip
SHOWN: dict[str, tuple[Label, str]] = {
    "handset": (BENCHED, "l7160"),
    "handset-small": (BENCHED, "l7651"),
    "dect": (cast.dect_handset(), "roll-62x29"),
    "base": (cast.dect_base(), "roll-100x50"),
    "carton": (cast.carton(), "l7165"),
    "appliance": (cast.appliance(), "l7160"),
    "port": (cast.port(), "l7651"),
    "firmware": (FIRMWARE, "roll-62x29"),
}


def picture(label: Label, sheet: str, dpi: int = DPI) -> Image.Image:
    """The label as it comes out of the finished PDF."""
    stock = find_sheet(sheet)
    assert stock is not None
    page = Image.open(BytesIO(first_page_png(offer_pdf([label], stock), dpi=dpi)))
    cell, scale = stock.first, dpi / 25.4
    corners = (cell.x, cell.y, cell.x + cell.width, cell.y + cell.height)
    return page.crop(tuple(round(corner * scale) for corner in corners))  # type: ignore[arg-type]  # four of them


def code_box(label: Label, sheet: str, symbology: str) -> CodeBox:
    stock = find_sheet(sheet)
    assert stock is not None
    cell = stock.first
    layout = lay_out(label, width_mm=cell.width, height_mm=cell.height, ruler=font_ruler(), lang="fr")
    return next(box for box in layout.boxes if isinstance(box, CodeBox) and box.symbology == symbology)


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_label_looks_as_the_picture_that_was_agreed_on(name: str) -> None:
    found = picture(*SHOWN[name], dpi=100).convert("L")
    agreed = Image.open(GOLDEN / f"{name}.png").convert("L")
    assert found.size == agreed.size
    different = ImageChops.difference(found, agreed).point(lambda grey: 255 if grey > 96 else 0)
    share = different.histogram()[255] / (found.width * found.height)
    assert share <= MOST_DIFFERENT, f"{share:.2%} of the dots differ"


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_reader_that_shares_nothing_with_ours_reads_the_same_square(name: str) -> None:
    label, sheet = SHOWN[name]
    box = code_box(label, sheet, "qr").rect
    edges = (box.x, box.y, box.x + box.width, box.y + box.height)
    square = picture(label, sheet, 600).crop(tuple(round(edge * 600 / 25.4) for edge in edges))  # type: ignore[arg-type]
    assert read_qr(square) == str(label.code)


@pytest.mark.parametrize("name", ["handset", "handset-small", "base", "carton", "appliance"])
def test_a_reader_that_shares_nothing_with_ours_reads_the_same_bars(name: str) -> None:
    label, sheet = SHOWN[name]
    box = code_box(label, sheet, "bar")
    rows = dark(picture(label, sheet))
    middle = rows[round((box.rect.y + box.rect.height / 2) * DOTS)]
    left = max(0, round((box.rect.x + box.rect.width / 2) * DOTS) - round(_half(box) * DOTS))
    strip = middle[left : left + 2 * round(_half(box) * DOTS)]
    assert read_bars(strip, box.module_mm * DOTS) == bar_text(label)


def _half(box: CodeBox) -> float:
    """Millimetres from the middle of the bars to a little beyond their end."""
    return (font_ruler().bar_modules(box.text) / 2 + BAR_QUIET / 2) * box.module_mm


def test_a_wrong_dot_is_seen_by_that_reader() -> None:
    label, sheet = SHOWN["handset"]
    box = code_box(label, sheet, "bar")
    rows = dark(picture(label, sheet))
    middle = rows[round((box.rect.y + box.rect.height / 2) * DOTS)]
    begin = middle.index(True, round((box.rect.x + 1) * DOTS))
    spoiled = [*middle[:begin], *(False for _ in range(3)), *middle[begin + 3 :]]
    with pytest.raises((ValueError, KeyError)):
        read_bars(spoiled, box.module_mm * DOTS)
