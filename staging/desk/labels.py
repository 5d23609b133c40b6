"""Labels: which an order has, which print of each counts, print them and remember the sheet they came from."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from labels.label import FirmwareLabel, Label, LabelCode, label_content, label_name
from labels.printers.choose import printer_for
from labels.printers.media import wrong_roll
from labels.printers.printer import Format, Outcome, PrintDone, Printed
from labels.sheet import Offset, Sheet
from staging.adapters.stationery import ROLL
from staging.core.faults import Fault, LabelRefused, PrinterUnavailable, Refused, Where
from staging.desk.desk import Desk
from staging.desk.labelbook import counting, key_of, labels_of
from staging.desk.packing import PackAnswer as PackAnswer
from staging.desk.packing import PackState as PackState
from staging.desk.packing import Verdict as Verdict
from staging.desk.packing import manifest as manifest
from staging.desk.packing import pack as pack
from staging.desk.packing import pack_and_look as pack_and_look
from staging.desk.packing import pack_state as pack_state
from staging.desk.packing import ship as ship
from staging.desk.packing import unpack_last as unpack_last
from staging.desk.printers import LONGEST_OFFSET_MM as LONGEST_OFFSET_MM
from staging.desk.printers import add_printer as add_printer
from staging.desk.printers import calibrate as calibrate
from staging.desk.printers import dpi_of, language_of, stock_of
from staging.desk.printers import language_for as language_for
from staging.desk.printers import print_test_page as print_test_page
from staging.jobs.records import LabelCopy
from staging.jobs.records import Printer as PrinterRecord

_LONGEST_WORDS = 60
_LONGEST_ITEM = 40


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label of an order. copy: the print that counts, 0 before the first.

    status, printer, at, by: what became of its newest print, whether that counts or not; None before the first.
    """

    kind: str
    item: str
    name: str
    copy: int
    status: str | None = None
    printer: str | None = None
    at: datetime | None = None
    by: str | None = None


def label_rows(desk: Desk, order_id: str, *, kinds: frozenset[str] | None = None) -> tuple[LabelRow, ...]:
    """Every label that the order needs, with the copy that counts: a print that says something else is void."""
    labels = labels_of(desk, order_id, {})
    valid, ledger = counting(desk, order_id, labels), desk.store.bench.ledger(order_id)
    rows = []
    for label in labels:
        if kinds is not None and label.code.kind not in kinds:
            continue
        key = key_of(label)
        row = LabelRow(*key, label_name(label), valid.get(key, 0))
        if (last := ledger.get(key)) is not None:
            row = LabelRow(row.kind, row.item, row.name, row.copy, last.status, last.printer, last.at, last.operator)
        rows.append(row)
    return tuple(rows)


def preview(desk: Desk, order_id: str, *, sheet: str = ROLL, start_cell: int = 1) -> bytes:
    """The labels as they would be printed now, as a PDF; prints nothing, numbers nothing."""
    own = desk.paper.own_designs(desk.store.orders.get(order_id))
    return desk.paper.pdf(labels_to_print(desk, order_id), sheet=sheet, start_cell=start_cell, own=own)


def picture(desk: Desk, order_id: str, kind: str, item: str, *, sheet: str = ROLL) -> bytes:
    """One label as a PNG, as it would be printed now. Raises Refused `unknown-label`, LabelRefused for a bad one."""
    own = desk.paper.own_designs(desk.store.orders.get(order_id))
    for label in labels_of(desk, order_id, desk.store.bench.next_copies(order_id, [(kind, item)])):
        if key_of(label) == (kind, item):
            return desk.paper.png(label, sheet=sheet, own=own)
    raise Refused(Fault("unknown-label", Where("labels", field=order_id), {"kind": kind, "item": item}))


def print_labels(
    desk: Desk,
    order_id: str,
    *,
    printer: str,
    by: str,
    kinds: frozenset[str] | None = None,
    items: frozenset[str] | None = None,
    start_cell: int = 1,
    first: int = 1,
    form: Format | None = None,
    sheet_number: int | None = None,
) -> PrintDone:
    """Print labels, each under its next copy number, which voids the earlier one.

    kinds, items: only those; all when None. first: from this label on, counted in the order's whole list from 1, as
    after a jam. form: in place of the printer's own language. sheet_number: a sheet that was begun and is put into
    the printer first; its free cells from start_cell on are used.

    Raises LabelRefused for one that does not read back (then none is printed), PrinterUnavailable, also for the wrong
    roll, Refused for an unknown printer or sheet.
    """
    target = desk.store.bench.get_printer(printer)
    stock, spoken, way = stock_of(target), form or language_of(target), printer_for(target.url)
    begun = _begun(desk, sheet_number, stock)
    every = labels_of(desk, order_id, {})
    wanted = [
        key_of(label)
        for number, label in enumerate(every, start=1)
        if number >= first
        and (kinds is None or label.code.kind in kinds)
        and (items is None or label.code.item in items)
    ]
    if not wanted:
        facts = {"order": order_id, "count": len(every)}
        raise LabelRefused(Fault("no-labels-chosen" if every else "no-labels", Where("labels", field=order_id), facts))
    if fault := wrong_roll(way.media(spoken), stock, dpi=300 if spoken == "brother" else target.dpi, printer=printer):
        raise PrinterUnavailable(fault)
    copies = desk.store.bench.next_copies(order_id, wanted)
    made = [label for label in labels_of(desk, order_id, copies) if key_of(label) in copies]
    data = _drawn(desk, order_id, made, target, spoken, start_cell=start_cell, used=begun)
    note_printing(desk, order_id, made, printer=printer, by=by)
    try:
        answer = way.send(data, title=order_id, format=spoken)
    except PrinterUnavailable:
        note_printed(desk, order_id, made, printer=printer, status="failed", by=by)
        raise
    note_printed(desk, order_id, made, printer=printer, status=_status(answer), by=by)
    left = _remember_sheet(desk, stock, len(made), start_cell, begun, sheet_number, by) if spoken == "pdf" else None
    return PrintDone(len(made), _status(answer), answer.detail, left)


def labels_to_print(desk: Desk, order_id: str) -> tuple[Label, ...]:
    """Every label of an order under the number of its next copy; changes nothing."""
    items = [key_of(label) for label in labels_of(desk, order_id, {})]
    return labels_of(desk, order_id, desk.store.bench.next_copies(order_id, items))


def note_printing(desk: Desk, order_id: str, labels: Sequence[Label], *, printer: str, by: str) -> None:
    """Write down that labels are about to go to a printer: whatever becomes of them, their numbers are used up.

    Raises LabelRefused when somebody else printed one of them at the same moment; then nothing is to be sent.
    """
    copies = {key_of(label): LabelCopy(label.code.copy, label_content(label)) for label in labels}
    desk.store.bench.printed(order_id, copies, printer=printer, status="sending", by=by)


def note_printed(desk: Desk, order_id: str, labels: Sequence[Label], *, printer: str, status: str, by: str) -> None:
    """Write down what became of labels: `sent`, `printed`, or `failed`, which voids them; the order goes on."""
    copies = {key_of(label): label.code.copy for label in labels}
    desk.store.bench.settle_copies(order_id, copies, status=status)
    desk.store.timeline.add(
        f"labels-out-{status}", {"labels": len(copies), "printer": printer}, order_id=order_id, operator=by
    )
    desk.store.orders.wake(order_id)


def note_firmware(
    desk: Desk, order_id: str, *, equipment: str, software: str, serial: str | None, on: date | None, by: str
) -> str:
    """Write down which software a piece of equipment got, for its sticker; gives the label's item.

    serial: where it has one; on: today when None. Raises Refused for words that are missing or too long, LabelRefused
    for those that no label can show.
    """
    order = desk.store.orders.get(order_id)
    words = {"equipment": " ".join(equipment.split()), "software": " ".join(software.split())}
    known = " ".join((serial or "").split()) or None
    for field, text in {**words, **({"serial": known} if known else {})}.items():
        if not 0 < len(text) <= _LONGEST_WORDS or not text.isprintable():
            facts = {"field": field, "typed": text[:_LONGEST_WORDS], "longest": _LONGEST_WORDS}
            raise Refused(Fault("firmware-words", Where("labels", field=field), facts))
    item = _item(known or words["equipment"])
    day = on or desk.clock.now().astimezone().date()
    # Drawn and read back now: later it would stop every print of the order, and nobody takes a note back.
    label = FirmwareLabel(**words, serial=known, applied_on=day, code=LabelCode(order_id, "firmware", item))
    desk.paper.pdf([label], sheet=ROLL, own=desk.paper.own_designs(order))
    desk.store.stock.note_firmware(order_id, item, **words, serial=known, on=day, by=by)
    desk.store.timeline.add("firmware-noted", words, order_id=order_id, operator=by)
    return item


def acceptance_sheet(desk: Desk, order_id: str) -> bytes:
    """The acceptance sheet that was made when the order was accepted. Raises Refused before."""
    found = desk.store.bench.document(order_id, "acceptance.pdf")
    if found is None:
        raise Refused(Fault("not-accepted-yet", Where("order", field=order_id), {"order": order_id}))
    return found


def _drawn(
    desk: Desk,
    order_id: str,
    made: Sequence[Label],
    target: PrinterRecord,
    spoken: Format,
    *,
    start_cell: int,
    used: frozenset[int],
) -> bytes:
    own = desk.paper.own_designs(desk.store.orders.get(order_id))
    offset = Offset(target.dx_mm, target.dy_mm)
    match spoken:
        case "zpl":
            return desk.paper.zpl(made, sheet=target.sheet, dpi=dpi_of(target), offset=offset, own=own)
        case "brother":
            return desk.paper.brother(made, sheet=target.sheet, offset=offset, own=own)
        case "pdf":
            return desk.paper.pdf(made, sheet=target.sheet, start_cell=start_cell, used=used, offset=offset, own=own)


def _begun(desk: Desk, number: int | None, stock: Sheet) -> frozenset[int]:
    """The cells of a sheet that have no label any more; none of a new one."""
    if number is None:
        return frozenset()
    sheet = desk.store.stock.get_sheet(number)
    if sheet.sheet != stock.name:
        facts = {"number": number, "sheet": sheet.sheet, "wanted": stock.name}
        raise Refused(Fault("label-sheet-other-stock", Where("labels"), facts))
    return sheet.used


def _remember_sheet(
    desk: Desk, stock: Sheet, count: int, start_cell: int, begun: frozenset[int], number: int | None, by: str
) -> int | None:
    """Write down which cells were used; gives the number of the sheet that still has labels, if there is one."""
    if stock.cells == 1:
        return None
    cells = list(stock.numbers(count, start_cell=start_cell, used=begun))
    last = cells[-1][0]
    on_last = frozenset(cell for page, cell in cells if page == last)
    if last == 0:
        # What lies before the first cell was gone already, or nobody would have begun there.
        on_last |= begun | frozenset(range(1, start_cell) if number is None else ())
    if number is not None and (last > 0 or len(on_last) == stock.cells):
        desk.store.stock.forget_sheet(number)
        number = None
    if len(on_last) == stock.cells:
        return None
    if number is None:
        return desk.store.stock.open_sheet(stock.name, used=on_last, by=by)
    desk.store.stock.use_cells(number, on_last, by=by)
    return number


def _status(answer: Outcome) -> Literal["printed", "sent"]:
    return "printed" if isinstance(answer, Printed) else "sent"


def _item(name: str) -> str:
    """A name as it may stand in a code, apart from every other name."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name)[:_LONGEST_ITEM]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:4]}"
