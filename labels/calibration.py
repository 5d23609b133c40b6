"""Where does a printer put things? A page to lay over the labels: the outline of each, and rulers to read off."""

from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels.draw_zpl import Dpi, dots_per_mm, label_head
from labels.sheet import NO_OFFSET, Offset, Rect, Sheet

_RULER_MM = 10
_TICK_MM = 1.5


def pdf_test_page(sheet: Sheet, *, offset: Offset = NO_OFFSET) -> bytes:
    """One page: each label's outline, and in the first one rulers of ten millimetres from its corner.

    Where the outline lies beside the label's edge, the rulers tell how far: that is the printer's offset.
    """
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(sheet.page_width_mm * mm, sheet.page_height_mm * mm), invariant=1)
    canvas.setViewerPreference("PrintScaling", "None")
    canvas.setLineWidth(0.2)
    for number, (_, cell) in enumerate(sheet.places(sheet.cells, offset=offset)):
        canvas.rect(cell.x * mm, (sheet.page_height_mm - cell.y - cell.height) * mm, cell.width * mm, cell.height * mm)
        if number == 0:
            _rulers(canvas, cell, sheet.page_height_mm)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def zpl_test_page(sheet: Sheet, *, dpi: Dpi = 203, offset: Offset = NO_OFFSET) -> bytes:
    """The same for a roll: the label's outline and ticks of one millimetre along its upper and left edge."""
    scale, cell = dots_per_mm(dpi), sheet.first
    # Moved as the labels are, so that the page shows where they will be.
    head, down = label_head(sheet, dpi=dpi, offset=Offset(offset.dx_mm + cell.x, offset.dy_mm + cell.y))
    top = max(0, down)
    width, height = round(cell.width * scale), round(cell.height * scale)
    lines = [head, f"^FO0,{top}^GB{width},{height},1^FS"]
    for tick in range(1, _RULER_MM + 1):
        at, long = round(tick * scale), round(_TICK_MM * (2 if tick % 5 == 0 else 1) * scale)
        lines.append(f"^FO{at},{top}^GB1,{long},1^FS^FO0,{top + at}^GB{long},1,1^FS")
    return "".join([*lines, "^XZ\n"]).encode()


def _rulers(canvas: Canvas, cell: Rect, page_height: float) -> None:
    x, y = cell.x * mm, (page_height - cell.y) * mm
    canvas.setFont("Helvetica", 5)
    for tick in range(1, _RULER_MM + 1):
        at, long = tick * mm, _TICK_MM * (2 if tick % 5 == 0 else 1) * mm
        canvas.line(x + at, y, x + at, y - long)
        canvas.line(x, y - at, x + long, y - at)
        if tick % 5 == 0:
            canvas.drawCentredString(x + at, y - long - 5, str(tick))
            canvas.drawString(x + long + 1, y - at - 2, str(tick))
