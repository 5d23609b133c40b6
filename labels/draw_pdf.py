"""How do boxes become a PDF? Vectors in millimetres, nothing that a printer could scale or blur."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import groupby

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels.codes import bar_runs, qr_matrix
from labels.layout import DOT_MM, Box, CodeBox, TextBox
from labels.ruler import font_name, font_ruler
from labels.sheet import Rect, Sheet

Placed = tuple[int, Rect, Sequence[Box]]
"""Page from 0, the label's cell on it, the boxes in the cell."""


def draw_pdf(placed: Iterable[Placed], sheet: Sheet, *, title: str) -> bytes:
    """The labels as a PDF of the sheet's size; the same labels give the same bytes."""
    font_ruler()
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(sheet.page_width_mm * mm, sheet.page_height_mm * mm), invariant=1)
    canvas.setTitle(title)
    # "None" keeps a print dialog from shrinking the page by its few per cent.
    canvas.setViewerPreference("PrintScaling", "None")
    for _, labels in groupby(placed, key=lambda item: item[0]):
        for _, cell, boxes in labels:
            _draw_label(canvas, cell, boxes, page_height=sheet.page_height_mm)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw_label(canvas: Canvas, cell: Rect, boxes: Iterable[Box], *, page_height: float) -> None:
    canvas.saveState()
    # From here on: millimetres from the cell's top left corner, x to the right, y up (so below is negative).
    canvas.translate(cell.x * mm, (page_height - cell.y) * mm)
    canvas.scale(mm, mm)
    for box in boxes:
        if isinstance(box, TextBox):
            _draw_text(canvas, box)
        else:
            _draw_code(canvas, box, cell)
    canvas.restoreState()


def _draw_text(canvas: Canvas, box: TextBox) -> None:
    canvas.setFont(font_name(bold=box.bold), box.size_mm)
    rect = box.rect
    for line, y in box.baselines():
        match box.align:
            case "right":
                canvas.drawRightString(rect.x + rect.width, -y, line)
            case "centre":
                canvas.drawCentredString(rect.x + rect.width / 2, -y, line)
            case _:
                canvas.drawString(rect.x, -y, line)


def _draw_code(canvas: Canvas, box: CodeBox, cell: Rect) -> None:
    """One path for the whole code: many small shapes would show hairlines between them."""
    path = canvas.beginPath()
    for rect in _squares(box) if box.symbology == "qr" else _bars(box, cell):
        path.rect(rect.x, -rect.y - rect.height, rect.width, rect.height)
    canvas.drawPath(path, stroke=0, fill=1)


def _squares(box: CodeBox) -> Iterator[Rect]:
    matrix = qr_matrix(box.text)
    side = len(matrix) * box.module_mm
    left = box.rect.x + (box.rect.width - side) / 2
    top = box.rect.y + (box.rect.height - side) / 2
    for y, row in enumerate(matrix):
        for start, width in _black_runs(row):
            yield Rect(left + start * box.module_mm, top + y * box.module_mm, width * box.module_mm, box.module_mm)


def _black_runs(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    x = 0
    for black, run in groupby(row):
        width = len(list(run))
        if black:
            yield x, width
        x += width


def _bars(box: CodeBox, cell: Rect) -> Iterator[Rect]:
    runs = bar_runs(box.text)
    centred = box.rect.x + (box.rect.width - sum(runs) * box.module_mm) / 2
    # Bars are whole dots wide; they must begin on one too, counted from the edge of the page.
    x = round((cell.x + centred) / DOT_MM) * DOT_MM - cell.x
    for index, run in enumerate(runs):
        if index % 2 == 0:
            yield Rect(x, box.rect.y, run * box.module_mm, box.rect.height)
        x += run * box.module_mm
