"""Are these labels right, as an independent reader sees them? Only then are they offered for printing."""

from collections import Counter
from collections.abc import Iterator, Sequence

from labels.design import Designs
from labels.draw_brother import DPI, draw_brother, ql_bits, ql_rolls
from labels.draw_pdf import draw_pdf
from labels.draw_zpl import Dpi, draw_zpl, too_dense
from labels.label import Label, label_name
from labels.layout import CodeBox, Layout, TextBox, lay_out
from labels.picture import pictures
from labels.readback import Reading, check_readback, read_codes, read_labels
from labels.ruler import font_ruler
from labels.sheet import NO_OFFSET, Offset, Sheet, sheets
from staging.core.faults import Fault, LabelRefused, Where
from staging.core.words import Language

_NOTHING_USED: frozenset[int] = frozenset()


def offer_pdf(
    labels: Sequence[Label],
    sheet: Sheet,
    *,
    start_cell: int = 1,
    used: frozenset[int] = _NOTHING_USED,
    offset: Offset = NO_OFFSET,
    lang: Language = "fr",
    own: Designs = (),
) -> bytes:
    """The labels as a PDF that was drawn, rasterised at 300 dpi, decoded and compared first.

    sheet: `find_sheet(name)` of sheet.py; start_cell: from 1, row by row, when the first cells were used up;
    used: cells of the first sheet to pass over; offset: correction of one printer, in millimetres; own: designs
    that go before ours.

    Raises LabelRefused with every fault that was found, each naming its label: one that does not fit, cannot
    be drawn, stands twice or does not read back. About 10 ms a label.
    """
    _refuse(tuple(_batch_faults(labels, sheet, start_cell)))
    layouts = _lay_out_all(labels, sheet, lang, own)
    places = tuple(sheet.places(len(labels), start_cell=start_cell, used=used, offset=offset))
    placed = [(page, cell, layout.boxes) for (page, cell), layout in zip(places, layouts, strict=True)]
    pdf = draw_pdf(placed, sheet, title=label_name(labels[0]))
    _refuse(check_readback(labels, read_labels(pdf, places), lines=[_lines(layout) for layout in layouts]))
    return pdf


def offer_zpl(
    labels: Sequence[Label],
    sheet: Sheet,
    *,
    dpi: Dpi = 203,
    offset: Offset = NO_OFFSET,
    lang: Language = "fr",
    own: Designs = (),
) -> bytes:
    """The labels in the language of Zebra printers, from the layout that passed the check as a PDF.

    sheet: a roll. The printer draws codes and letters itself, so that only the layout and the payloads are
    proven here; the scan on the packing bench proves the sticker. Raises LabelRefused as offer_pdf does.
    """
    if sheet.cells != 1:
        known = ", ".join(name for name, stock in sheets().items() if stock.cells == 1)
        raise LabelRefused(Fault("not-a-roll", facts={"sheet": sheet.name, "known": known}))
    offer_pdf(labels, sheet, lang=lang, own=own)
    layouts = _lay_out_all(labels, sheet, lang, own)
    _refuse(tuple(_dense_faults(labels, layouts, dpi)))
    corner = Offset(offset.dx_mm + sheet.first.x, offset.dy_mm + sheet.first.y)
    return draw_zpl([layout.boxes for layout in layouts], sheet, dpi=dpi, offset=corner)


def offer_brother(
    labels: Sequence[Label], sheet: Sheet, *, offset: Offset = NO_OFFSET, lang: Language = "fr", own: Designs = ()
) -> bytes:
    """The labels as the dots that a Brother QL prints; those very dots were decoded and compared.

    sheet: one of brother.toml. Raises LabelRefused as offer_pdf does.
    """
    roll = ql_rolls().get(sheet.name)
    if roll is None:
        raise LabelRefused(Fault("not-a-brother-roll", facts={"sheet": sheet.name, "known": ", ".join(ql_rolls())}))
    pdf = offer_pdf(labels, sheet, offset=offset, lang=lang, own=own)
    bits = [ql_bits(page, roll) for page in pictures(pdf, dpi=DPI)]
    upright = [one.rotate(-90, expand=True) if roll.turned else one for one in bits]
    _refuse(check_readback(labels, [Reading(read_codes(one.convert("L")), "") for one in upright]))
    return draw_brother(bits, roll)


def _batch_faults(labels: Sequence[Label], sheet: Sheet, start_cell: int) -> Iterator[Fault]:
    if not labels:
        yield Fault("no-labels")
    if not 1 <= start_cell <= sheet.cells:
        yield Fault("no-such-cell", facts={"sheet": sheet.name, "cell": start_cell, "cells": sheet.cells})
    times = Counter(label.code for label in labels)
    for label in labels:
        if times[label.code] > 1:
            yield Fault("label-code-twice", Where(label_name(label)), {"text": str(label.code)})


def _lay_out_all(labels: Sequence[Label], sheet: Sheet, lang: Language, own: Designs) -> list[Layout]:
    cell = sheet.first
    ruler = font_ruler()
    layouts = [
        lay_out(label, width_mm=cell.width, height_mm=cell.height, ruler=ruler, lang=lang, own=own) for label in labels
    ]
    _refuse(tuple(fault for layout in layouts for fault in layout.faults))
    return layouts


def _dense_faults(labels: Sequence[Label], layouts: Sequence[Layout], dpi: Dpi) -> Iterator[Fault]:
    for label, layout in zip(labels, layouts, strict=True):
        for box in layout.boxes:
            if isinstance(box, CodeBox) and too_dense(box, dpi=dpi):
                facts = {"label": label_name(label), "text": box.text, "width": round(box.rect.width, 1)}
                yield Fault("label-code-too-dense", Where(label_name(label), field=box.symbology), facts)


def _lines(layout: Layout) -> list[str]:
    return [line for box in layout.boxes if isinstance(box, TextBox) for line in box.lines]


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise LabelRefused(*faults)
