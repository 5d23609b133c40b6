"""What do programs do with printers, sheets and pictures? Add and set a printer, forget a sheet, read codes."""

from dataclasses import dataclass

from flask import Response, request

from labels.printers.printer import Format
from labels.sheet import find_sheet, sheets
from staging.adapters.frame import MOST_BYTES, decode_frame
from staging.adapters.stationery import ROLL
from staging.core.faults import Fault, Refused, Where
from staging.desk import labels as desk_labels
from staging.jobs.records import Printer
from staging.web import api_answers as answers
from staging.web.here import here


@dataclass(frozen=True, slots=True)
class NewPrinter:
    """Body of POST /printers. language: what it is sent; left out, what fits its address and sheet."""

    name: str
    url: str
    sheet: str
    language: Format | None = None
    dpi: int = 203


@dataclass(frozen=True, slots=True)
class PrinterShift:
    """Body of PUT …/offset: how far the picture has to move, in millimetres, as read off its test page."""

    right_mm: float
    down_mm: float


@dataclass(frozen=True, slots=True)
class PrinterOut:
    """A printer: where it is, what lies in it, what it is sent, how far its picture moves."""

    name: str
    url: str
    sheet: str
    language: str
    dpi: int
    right_mm: float
    down_mm: float


@dataclass(frozen=True, slots=True)
class PrintersOut:
    """By name."""

    printers: tuple[PrinterOut, ...]


@dataclass(frozen=True, slots=True)
class StockOut:
    """A printer as whoever prints needs it: its name, and the sheet that lies in it."""

    printer: str
    sheet: str


@dataclass(frozen=True, slots=True)
class SheetOut:
    """A sheet that was begun. number: written on it; used: its cells without a label, from 1; free: those left."""

    number: int
    sheet: str
    used: tuple[int, ...]
    free: int


@dataclass(frozen=True, slots=True)
class StationeryOut:
    """What there is to print with. sheets: every kind by name; begun: sheets with labels on them still."""

    printers: tuple[StockOut, ...]
    sheets: tuple[str, ...]
    begun: tuple[SheetOut, ...]


@dataclass(frozen=True, slots=True)
class CodesOut:
    """The codes in a picture, each once."""

    codes: tuple[str, ...]


def list_printers() -> PrintersOut:
    """Every printer by name."""
    return PrintersOut(tuple(_printer(one) for one in here().store.bench.printers()))


def add_printer(body: NewPrinter) -> PrinterOut:
    """Add a printer."""
    name, url, sheet = body.name.strip(), body.url.strip(), body.sheet.strip()
    form = body.language or desk_labels.language_for(url, sheet)
    desk_labels.add_printer(here().desk, Printer(name, url, sheet, form, body.dpi))
    return _printer(here().store.bench.get_printer(name))


def calibrate(name: str, body: PrinterShift) -> PrinterOut:
    """Keep how far a printer's picture has to move."""
    here().store.bench.get_printer(name)
    desk_labels.calibrate(here().desk, name, dx_mm=body.right_mm, dy_mm=body.down_mm)
    return _printer(here().store.bench.get_printer(name))


def print_test_page(name: str) -> answers.DoneOut:
    """Print where a printer puts things."""
    desk_labels.print_test_page(here().desk, name)
    return answers.DoneOut(done=True)


def show_stationery() -> StationeryOut:
    """What there is to print with."""
    begun = [(one, find_sheet(one.sheet)) for one in here().store.stock.sheets()]
    return StationeryOut(
        printers=tuple(StockOut(one.name, one.sheet) for one in here().store.bench.printers()),
        sheets=tuple(sorted(sheets())),
        begun=tuple(
            SheetOut(one.number, one.sheet, tuple(sorted(one.used)), stock.cells - len(one.used))
            for one, stock in begun
            if stock is not None
        ),
    )


def forget_sheet(number: str) -> answers.DoneOut:
    """A sheet that was begun is used up, lost or thrown away."""
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        raise Refused(Fault("unknown-label-sheet", Where("labels"), {"number": number[:20]}))
    return answers.DoneOut(here().store.stock.forget_sheet(int(number)))


def label_picture(order_id: str, kind: str, item: str) -> Response:
    """One label as it would stand on a sheet; query: sheet."""
    sheet = request.args.get("sheet") or ROLL
    return Response(desk_labels.picture(here().desk, order_id, kind, item, sheet=sheet), content_type="image/png")


def read_codes() -> CodesOut:
    """The codes in a picture, which is not kept."""
    if (request.content_length or 0) > MOST_BYTES:
        raise Refused(Fault("frame-unreadable", Where("camera")))
    return CodesOut(decode_frame(request.get_data(cache=False)))


_MOST_DIGITS = 9


def _printer(one: Printer) -> PrinterOut:
    return PrinterOut(one.name, one.url, one.sheet, one.language, one.dpi, one.dx_mm, one.dy_mm)
