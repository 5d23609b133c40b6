"""What does `staging labels` do? Shows the labels of an order as a PDF, or prints them.

What the commands need from the application stands on `ctx.obj`, see `LabelDesk`; errors go up as
StagingError, and the door formats them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import click

from labels.label import Label
from labels.offer import offer_pdf, offer_zpl
from labels.printers.choose import printer_for
from labels.printers.printer import Format, Outcome, Printed, PrinterSetting
from labels.sheet import Sheet, find_sheet, sheets
from staging.core.faults import Fault, PrinterUnavailable, Refused
from staging.core.messages import say
from staging.core.words import Language


class LabelDesk(Protocol):
    """What must stand on `ctx.obj` when these commands run."""

    @property
    def lang(self) -> Language:
        """The operator's language."""
        ...

    def order_labels(self, order: str) -> Sequence[Label]:
        """The labels of an order, each with the number of its next copy. Raises Refused for an unknown order.

        Changes nothing: a preview is not a print.
        """
        ...

    def find_printer(self, name: str) -> PrinterSetting | None:
        """The printer that the administrator declared under this name."""
        ...

    def note_printing(self, order: str, labels: Sequence[Label], *, printer: str) -> None:
        """Write down, before they leave, that these copies are about to: their numbers are used up."""
        ...

    def note_failed(self, order: str, labels: Sequence[Label], *, printer: str) -> None:
        """Write down that the printer did not take these copies: stickers of them that came out are void."""
        ...

    def note_printed(self, order: str, labels: Sequence[Label], *, printer: str, outcome: Outcome) -> None:
        """Write down that these copies left for a printer: earlier copies are void from now on.

        Not called when sending raised.
        """
        ...


@click.group()
def labels() -> None:
    """Labels of an order: phones, bases, cartons, the appliance and its sockets."""


@labels.command()
@click.argument("order")
@click.argument("out", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--sheet", default="l7160", show_default=True, help="Stock: an Avery number or roll-WIDTHxHEIGHT.")
@click.option("--start", default=1, show_default=True, help="First free cell of the first sheet, from 1.")
@click.pass_obj
def preview(desk: LabelDesk, order: str, out: Path, sheet: str, start: int) -> None:
    """Write the labels of ORDER to the PDF file OUT, decoded once before.

    \b
    Example: staging labels preview k3m9xp labels.pdf --sheet l7160 --start 5
    """
    batch = desk.order_labels(order)
    out.write_bytes(offer_pdf(batch, _sheet(sheet), start_cell=start, lang=desk.lang))
    click.echo(say("labels-previewed", desk.lang, count=len(batch), out=out))


@labels.command("print")
@click.argument("order")
@click.option("--printer", "name", required=True, help="A printer's name, as the administrator declared it.")
@click.option("--format", "form", type=click.Choice(["pdf", "zpl"]), help="In place of the printer's own language.")
@click.option("--start", default=1, show_default=True, help="First free cell of the first sheet, from 1.")
@click.option("--from", "first", default=1, show_default=True, help="From this label on, as after a jam.")
@click.pass_obj
def print_labels(desk: LabelDesk, order: str, name: str, form: Format | None, start: int, first: int) -> None:
    """Print the labels of ORDER, decoded once before. Each copy voids the one before it.

    \b
    Example: staging labels print k3m9xp --printer bench --from 37
    """
    setting = desk.find_printer(name)
    if setting is None:
        raise Refused(Fault("no-such-printer", facts={"printer": name}))
    form = form or setting.language
    printer, batch = printer_for(setting.url), desk.order_labels(order)[max(0, first - 1) :]
    data = _finished(batch, setting, form=form, start=start, lang=desk.lang)
    desk.note_printing(order, batch, printer=name)
    try:
        outcome = printer.send(data, title=order, format=form)
    except PrinterUnavailable:
        desk.note_failed(order, batch, printer=name)
        raise
    desk.note_printed(order, batch, printer=name, outcome=outcome)
    key = "labels-printed" if isinstance(outcome, Printed) else "labels-sent"
    click.echo(say(key, desk.lang, count=len(batch), printer=name, detail=outcome.detail))


def _finished(batch: Sequence[Label], setting: PrinterSetting, *, form: Format, start: int, lang: Language) -> bytes:
    sheet, offset = _sheet(setting.sheet), setting.offset
    if form == "zpl":
        return offer_zpl(batch, sheet, dpi=setting.dpi, offset=offset, lang=lang)
    return offer_pdf(batch, sheet, start_cell=start, offset=offset, lang=lang)


def _sheet(name: str) -> Sheet:
    sheet = find_sheet(name)
    if sheet is None:
        raise Refused(Fault("no-such-sheet", facts={"sheet": name, "known": ", ".join(sheets())}))
    return sheet
