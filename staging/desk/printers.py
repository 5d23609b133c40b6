"""Printers: which there are, what each is sent, where its picture sits."""

from dataclasses import replace
from typing import get_args

from labels.calibration import pdf_test_page, zpl_test_page
from labels.draw_brother import DPI, draw_brother, ql_bits, ql_rolls
from labels.draw_zpl import Dpi
from labels.picture import pictures
from labels.printers.choose import printer_for
from labels.printers.printer import Format
from labels.sheet import Offset, Sheet, find_sheet
from staging.core.faults import Fault, Refused, SettingsRefused, Where
from staging.desk.desk import Desk
from staging.desk.typed import check_name
from staging.jobs.records import Printer

LONGEST_OFFSET_MM = 20.0
"""A picture that has to move further sits on another sheet than the one that is set."""


def add_printer(desk: Desk, printer: Printer) -> None:
    """Keep a printer. Raises Refused for what we cannot use of it, and for a name that is taken."""
    printer = replace(printer, name=check_name(printer.name, "printer"))
    if printer.language not in get_args(Format) or printer.dpi not in get_args(Dpi):
        facts = {"name": printer.name, "language": printer.language, "dpi": printer.dpi}
        raise Refused(Fault("printer-language", Where("printer", field=printer.name), facts))
    _check_offset(printer.name, printer.dx_mm, printer.dy_mm)
    try:
        printer_for(printer.url)
    except SettingsRefused as error:
        # Here the address was typed, it is no setting of ours.
        raise Refused(*error.faults) from error
    _check_stock(printer, stock_of(printer))
    desk.store.bench.add_printer(printer)


def calibrate(desk: Desk, name: str, *, dx_mm: float, dy_mm: float) -> None:
    """Say how far a printer's picture has to move, as read off its test page. Raises Refused beyond 20 mm."""
    _check_offset(name, dx_mm, dy_mm)
    desk.store.bench.change_printer(name, dx_mm=dx_mm, dy_mm=dy_mm)


def print_test_page(desk: Desk, name: str) -> None:
    """Print where this printer puts things: the outline of each label and a ruler. Raises PrinterUnavailable."""
    target = desk.store.bench.get_printer(name)
    stock, form = stock_of(target), language_of(target)
    offset = Offset(target.dx_mm, target.dy_mm)
    match form:
        case "zpl":
            data = zpl_test_page(stock, dpi=dpi_of(target), offset=offset)
        case "brother":
            roll = ql_rolls()[stock.name]
            page = pdf_test_page(stock, offset=offset)
            data = draw_brother([ql_bits(one, roll) for one in pictures(page, dpi=DPI)], roll)
        case _:
            data = pdf_test_page(stock, offset=offset)
    printer_for(target.url).send(data, title=f"test-{name}", format=form)


def stock_of(printer: Printer) -> Sheet:
    """The stock that is set for a printer. Raises Refused `unknown-sheet`."""
    stock = find_sheet(printer.sheet)
    if stock is None:
        raise Refused(Fault("unknown-sheet", Where("printer", field=printer.name), {"name": printer.sheet}))
    return stock


def language_of(printer: Printer) -> Format:
    """What a printer is sent when nobody says otherwise."""
    return next((one for one in _LANGUAGES if one == printer.language), "pdf")


def dpi_of(printer: Printer) -> Dpi:
    """The dots per inch of a ZPL printer."""
    return 300 if printer.dpi == 300 else 203


def language_for(url: str, sheet: str) -> Format:
    """What a printer at this address is sent when nobody chose: raw bytes only where no driver stands between."""
    if sheet.lower() in ql_rolls():
        return "brother"
    return "zpl" if url.startswith(("socket:", "rfc2217:", "/dev/")) else "pdf"


_LANGUAGES: tuple[Format, ...] = get_args(Format)


def _check_stock(printer: Printer, stock: Sheet) -> None:
    at = Where("printer", field=printer.name)
    if printer.language == "zpl" and stock.cells != 1:
        raise Refused(Fault("zpl-needs-roll", at, {"sheet": printer.sheet}))
    if printer.language == "brother" and stock.name not in ql_rolls():
        raise Refused(Fault("not-a-brother-roll", at, {"sheet": printer.sheet, "known": ", ".join(ql_rolls())}))


def _check_offset(name: str, dx_mm: float, dy_mm: float) -> None:
    # NaN compares false with everything, so what is good is asked for, not what is bad.
    if not (-LONGEST_OFFSET_MM <= dx_mm <= LONGEST_OFFSET_MM and -LONGEST_OFFSET_MM <= dy_mm <= LONGEST_OFFSET_MM):
        raise Refused(Fault("printer-offset", Where("printer", field=name), {"longest": LONGEST_OFFSET_MM}))
