"""What does an independent reader see? A PDF's pages rasterised and decoded, cell by cell.

Nothing that drew the label takes part: pypdfium2 makes the picture and lifts the words, zxing-cpp decodes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pypdfium2
import zxingcpp

from labels.label import Label, codes_on, label_name
from labels.picture import page_picture
from labels.sheet import Rect
from staging.core.faults import Fault, Where

DPI = 300
"""What office and thermal printers reach; a code that needs more is too dense for the bench."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in one label's cell: every code, and the words with all spaces taken out."""

    codes: tuple[str, ...]
    words: str


def read_labels(pdf: bytes, places: Sequence[tuple[int, Rect]]) -> tuple[Reading, ...]:
    """Read each place of a PDF: page from 0, and the cell in millimetres. One Reading per place, in order."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return tuple(_read_pages(document, places))
    finally:
        document.close()


def read_codes(picture: Any) -> tuple[str, ...]:
    """Every code that a decoder finds in a clean picture, such as the dots that go to a printer."""
    # Without the second look at half size: seen on one label in 600, it read clean bars again with a wrong digit.
    found = zxingcpp.read_barcodes(picture, formats=_FORMATS, try_downscale=False, try_invert=False)
    return tuple(sorted({barcode.text for barcode in found}))


def check_readback(
    labels: Sequence[Label], readings: Sequence[Reading], *, lines: Sequence[Sequence[str]] = ()
) -> tuple[Fault, ...]:
    """Compare what was read with what each label must say; a fault for each code or line missing or too many.

    lines: for each label the lines of text that were laid out. An unread label never passes.
    """
    faults: list[Fault] = []
    for index, label in enumerate(labels):
        reading = readings[index] if index < len(readings) else Reading((), "")
        at = Where(label_name(label))
        expected = codes_on(label)
        faults += [Fault("label-unreadable", at, {"text": t}) for t in expected if t not in reading.codes]
        faults += [Fault("label-misread", at, {"text": t}) for t in reading.codes if t not in expected]
        wanted = lines[index] if index < len(lines) else ()
        faults += [Fault("label-text-lost", at, {"text": t}) for t in wanted if _squeezed(t) not in reading.words]
    return tuple(faults)


_POINTS_PER_MM = 72 / 25.4
_PIXELS_PER_MM = DPI / 25.4


def _read_pages(document: Any, places: Sequence[tuple[int, Rect]]) -> Iterator[Reading]:
    for number, cells in groupby(places, key=lambda place: place[0]):
        if number >= len(document):
            yield from (Reading((), "") for _ in cells)
            continue
        page = document[number]
        text, height = page.get_textpage(), page.get_height()
        picture = page_picture(page, dpi=DPI)
        for _, cell in cells:
            yield Reading(_decode(picture, cell), _words(text, cell, height))
        text.close()
        page.close()


def _decode(picture: Any, cell: Rect) -> tuple[str, ...]:
    edges = (cell.x, cell.y, cell.x + cell.width, cell.y + cell.height)
    return read_codes(picture.crop(tuple(round(edge * _PIXELS_PER_MM) for edge in edges)))


def _words(text: Any, cell: Rect, page_height: float) -> str:
    left, right = cell.x * _POINTS_PER_MM, (cell.x + cell.width) * _POINTS_PER_MM
    top, bottom = (page_height - y * _POINTS_PER_MM for y in (cell.y, cell.y + cell.height))
    return _squeezed(text.get_text_bounded(left=left, bottom=bottom, right=right, top=top))


def _squeezed(text: str) -> str:
    """Without spaces: where a reader of PDF sees one depends on the letters' distances."""
    return "".join(text.split())


# Any: zxing-cpp 3.1 takes a tuple, its own type hints do not say so yet.
_FORMATS: Any = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128)
