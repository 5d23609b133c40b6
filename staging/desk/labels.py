"""Labels: which an order has, print them, scan them back on the packing bench."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from labels.calibration import pdf_test_page, zpl_test_page
from labels.draw_zpl import Dpi
from labels.label import Label, LabelCode, label_content, label_name, parse_code
from labels.printers.choose import printer_for
from labels.printers.printer import Format, Printed
from labels.sheet import Offset, find_sheet
from staging.adapters.stationery import ROLL, Copies
from staging.core.faults import Fault, LabelRefused, PrinterUnavailable, Refused, SettingsRefused, Where
from staging.desk.desk import Desk
from staging.jobs.records import LabelCopy, Printer
from staging.jobs.view import plan_of

LONGEST_OFFSET_MM = 20.0
"""A picture that has to move further sits on another sheet than the one that is set."""
Verdict = Literal["next", "right", "wrong", "void", "foreign", "again", "unreadable"]
"""next: now scan the other one. right: a pair. wrong: not a pair. void: an earlier print. again: packed before."""


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label of an order. copy: the print that counts, 0 before the first."""

    kind: str
    item: str
    name: str
    copy: int


@dataclass(frozen=True, slots=True)
class PackAnswer:
    """What a scan at the packing bench came to. text: key `pack-<verdict>` with these names."""

    verdict: Verdict
    first: str
    second: str
    handset: str | None


@dataclass(frozen=True, slots=True)
class PackState:
    """How far packing is. missing: names of what was not packed yet."""

    packed: int
    total: int
    missing: tuple[str, ...]


def add_printer(desk: Desk, printer: Printer) -> None:
    """Keep a printer. Raises Refused for what we cannot use of it, and for a name that is taken."""
    if printer.language not in ("pdf", "zpl") or printer.dpi not in get_args(Dpi):
        facts = {"name": printer.name, "language": printer.language, "dpi": printer.dpi}
        raise Refused(Fault("printer-language", Where("printer", field=printer.name), facts))
    _check_offset(printer.name, printer.dx_mm, printer.dy_mm)
    try:
        printer_for(printer.url)
    except SettingsRefused as error:
        # Here the address was typed, it is no setting of ours.
        raise Refused(*error.faults) from error
    if find_sheet(printer.sheet) is None:
        raise Refused(Fault("unknown-sheet", Where("printer", field=printer.name), {"name": printer.sheet}))
    if printer.language == "zpl" and (stock := find_sheet(printer.sheet)) is not None and stock.cells != 1:
        raise Refused(Fault("zpl-needs-roll", Where("printer", field=printer.name), {"sheet": printer.sheet}))
    desk.store.bench.add_printer(printer)


def calibrate(desk: Desk, name: str, *, dx_mm: float, dy_mm: float) -> None:
    """Say how far a printer's picture has to move, as read off its test page. Raises Refused beyond 20 mm."""
    _check_offset(name, dx_mm, dy_mm)
    desk.store.bench.change_printer(name, dx_mm=dx_mm, dy_mm=dy_mm)


def print_test_page(desk: Desk, name: str) -> None:
    """Print where this printer puts things: the outline of each label and a ruler. Raises PrinterUnavailable."""
    target = desk.store.bench.get_printer(name)
    stock = find_sheet(target.sheet)
    if stock is None:
        raise Refused(Fault("unknown-sheet", Where("printer", field=name), {"name": target.sheet}))
    offset = Offset(target.dx_mm, target.dy_mm)
    zpl = target.language == "zpl"
    data = zpl_test_page(stock, dpi=_dpi(target.dpi), offset=offset) if zpl else pdf_test_page(stock, offset=offset)
    printer_for(target.url).send(data, title=f"test-{name}", format="zpl" if zpl else "pdf")


def label_rows(desk: Desk, order_id: str, *, kinds: frozenset[str] | None = None) -> tuple[LabelRow, ...]:
    """Every label that the order needs, with the copy that counts: a print that says something else is void."""
    labels = _labels(desk, order_id, {})
    counting = _counting(desk, order_id, labels)
    return tuple(
        LabelRow(label.code.kind, label.code.item, label_name(label), counting.get(_key(label), 0))
        for label in labels
        if kinds is None or label.code.kind in kinds
    )


def preview(desk: Desk, order_id: str, *, sheet: str = ROLL, start_cell: int = 1) -> bytes:
    """The labels as they would be printed now, as a PDF; prints nothing, numbers nothing."""
    return desk.paper.pdf(labels_to_print(desk, order_id), sheet=sheet, start_cell=start_cell)


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
) -> int:
    """Print labels, each under its next copy number, which voids the earlier one; how many were sent.

    kinds, items: only those; all when None. first: from this label on, counted in the order's whole list from 1, as
    after a jam. Raises LabelRefused for one that does not read back (then none is
    printed), PrinterUnavailable, Refused for an unknown printer.
    """
    target = desk.store.bench.get_printer(printer)
    wanted = [
        _key(label)
        for number, label in enumerate(_labels(desk, order_id, {}), start=1)
        if number >= first
        and (kinds is None or label.code.kind in kinds)
        and (items is None or label.code.item in items)
    ]
    if not wanted:
        raise LabelRefused(Fault("no-labels", Where("labels", field=order_id), {"order": order_id}))
    copies = desk.store.bench.next_copies(order_id, wanted)
    made = [label for label in _labels(desk, order_id, copies) if _key(label) in copies]
    offset = Offset(target.dx_mm, target.dy_mm)
    form: Format = "zpl" if target.language == "zpl" else "pdf"
    if form == "zpl":
        data = desk.paper.zpl(made, sheet=target.sheet, dpi=_dpi(target.dpi), offset=offset)
    else:
        data = desk.paper.pdf(made, sheet=target.sheet, start_cell=start_cell, offset=offset)
    way = printer_for(target.url)
    note_printing(desk, order_id, made, printer=printer, by=by)
    try:
        answer = way.send(data, title=order_id, format=form)
    except PrinterUnavailable:
        note_printed(desk, order_id, made, printer=printer, status="failed", by=by)
        raise
    status = "printed" if isinstance(answer, Printed) else "sent"
    note_printed(desk, order_id, made, printer=printer, status=status, by=by)
    return len(made)


def labels_to_print(desk: Desk, order_id: str) -> tuple[Label, ...]:
    """Every label of an order under the number of its next copy; changes nothing."""
    items = [_key(label) for label in _labels(desk, order_id, {})]
    return _labels(desk, order_id, desk.store.bench.next_copies(order_id, items))


def note_printing(desk: Desk, order_id: str, labels: Sequence[Label], *, printer: str, by: str) -> None:
    """Write down that labels are about to go to a printer: whatever becomes of them, their numbers are used up.

    Raises LabelRefused when somebody else printed one of them at the same moment; then nothing is to be sent.
    """
    copies = {_key(label): LabelCopy(label.code.copy, label_content(label)) for label in labels}
    desk.store.bench.printed(order_id, copies, printer=printer, status="sending", by=by)


def note_printed(desk: Desk, order_id: str, labels: Sequence[Label], *, printer: str, status: str, by: str) -> None:
    """Write down what became of labels: `sent`, `printed`, or `failed`, which voids them; the order goes on."""
    copies = {_key(label): label.code.copy for label in labels}
    desk.store.bench.settle_copies(order_id, copies, status=status)
    desk.store.timeline.add(
        "labels-went-out", {"labels": len(copies), "printer": printer, "status": status}, order_id=order_id, operator=by
    )
    desk.store.orders.wake(order_id)


def pack(desk: Desk, order_id: str, scanned: str, *, before: str | None, by: str) -> PackAnswer:
    """One scan at the packing bench. before: the code scanned just before it, which waits for its other half."""
    code, waiting = parse_code(scanned.strip()), parse_code(before or "")
    labels = _labels(desk, order_id, {})
    names = {_key(label): label_name(label) for label in labels}
    if code is None or code.kind not in ("handset", "carton"):
        return PackAnswer("unreadable", scanned.strip()[:40], "", None)
    name = names.get((code.kind, code.item))
    if code.order != order_id or name is None:
        return PackAnswer("foreign", str(code), code.order, None)
    copies = _counting(desk, order_id, labels)
    counts = copies.get((code.kind, code.item), 0)
    if code.copy != counts:
        return PackAnswer("void", name, str(counts), None)
    if waiting is None or waiting.kind == code.kind or waiting.order != order_id:
        return PackAnswer("next", name, "", str(code))
    if waiting.copy != (valid := copies.get((waiting.kind, waiting.item), 0)):
        # Reprinted after it was scanned: the half in the packer's hand is void by now.
        return PackAnswer("void", names.get((waiting.kind, waiting.item), str(waiting)), str(valid), None)
    return _pair(desk, order_id, code, waiting, names, by)


def pack_state(desk: Desk, order_id: str) -> PackState:
    """What is packed and what is missing, by name."""
    labels = _labels(desk, order_id, {})
    counting = _counting(desk, order_id, labels)
    packed = desk.store.bench.packed(order_id)
    cartons = [label for label in labels if label.code.kind == "carton"]

    def is_packed(item: str) -> bool:
        # A label printed anew since has to be put on and scanned, or the carton leaves under a void one.
        return packed.get(item) == (counting.get(("handset", item)), counting.get(("carton", item)))

    missing = tuple(label_name(label) for label in cartons if not is_packed(label.code.item))
    return PackState(len(cartons) - len(missing), len(cartons), missing)


def acceptance_sheet(desk: Desk, order_id: str) -> bytes:
    """The acceptance sheet that was made when the order was accepted. Raises Refused before."""
    found = desk.store.bench.document(order_id, "acceptance.pdf")
    if found is None:
        raise Refused(Fault("not-accepted-yet", Where("order", field=order_id), {"order": order_id}))
    return found


def ship(desk: Desk, order_id: str, *, by: str) -> datetime:
    """The order left: its box is guarded against being armed again. Raises Refused while something is missing."""
    order = desk.store.orders.get(order_id)
    state = pack_state(desk, order_id)
    if order.accepted_at is None or state.missing:
        facts = {"order": order_id, "missing": len(state.missing)}
        raise Refused(Fault("not-ready-to-ship", Where("order", field=order_id), facts))
    at = desk.clock.now()
    if order.serial is not None:
        desk.store.appliances.change(order.serial, shipped_at=at)
    desk.store.timeline.add("order-shipped", {}, order_id=order_id, serial=order.serial, operator=by)
    return at


def _pair(
    desk: Desk, order_id: str, code: LabelCode, waiting: LabelCode, names: Mapping[tuple[str, str], str], by: str
) -> PackAnswer:
    other = names.get((waiting.kind, waiting.item), str(waiting))
    name = names[code.kind, code.item]
    if code.item != waiting.item:
        desk.store.timeline.add("pack-wrong", {"first": other, "second": name}, order_id=order_id, operator=by)
        return PackAnswer("wrong", other, name, None)
    copy = {code.kind: code.copy, waiting.kind: waiting.copy}
    if not desk.store.bench.pack(order_id, code.item, handset=copy["handset"], carton=copy["carton"], by=by):
        return PackAnswer("again", other, name, None)
    desk.store.timeline.add("packed", {"name": name}, order_id=order_id, operator=by)
    return PackAnswer("right", other, name, None)


def _check_offset(name: str, dx_mm: float, dy_mm: float) -> None:
    # NaN compares false with everything, so what is good is asked for, not what is bad.
    if not (-LONGEST_OFFSET_MM <= dx_mm <= LONGEST_OFFSET_MM and -LONGEST_OFFSET_MM <= dy_mm <= LONGEST_OFFSET_MM):
        raise Refused(Fault("printer-offset", Where("printer", field=name), {"longest": LONGEST_OFFSET_MM}))


def _dpi(value: int) -> Dpi:
    return 300 if value == 300 else 203


def _counting(desk: Desk, order_id: str, labels: Sequence[Label]) -> Mapping[tuple[str, str], int]:
    """The copy of each label that counts; one that was printed with other words does not, nor do those before it."""
    printed = desk.store.bench.copies(order_id)
    return {
        key: one.copy
        for label in labels
        if (one := printed.get(key := _key(label))) is not None and one.content == label_content(label)
    }


def _key(label: Label) -> tuple[str, str]:
    return label.code.kind, label.code.item


def _labels(desk: Desk, order_id: str, copies: Copies) -> tuple[Label, ...]:
    order = desk.store.orders.get(order_id)
    version = plan_of(order, desk.needs)
    return desk.paper.labels(order, version, desk.store.bench.pairs(order_id), copies=copies)
