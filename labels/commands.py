"""What does `staging labels` do? Shows the labels of an order as a PDF, prints them, notes firmware.

What the commands need from the application stands on `ctx.obj`, see `LabelDesk`; errors go up as
StagingError, and the door formats them.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Protocol, get_args

import click

from labels.design import Designs
from labels.label import KINDS, Label
from labels.offer import offer_pdf
from labels.printers.printer import Format, PrintDone
from labels.sheet import Sheet, find_sheet, sheets
from staging.core.faults import Fault, Refused, Where
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

    def designs(self, order: str) -> Designs:
        """The designs that go before ours for this order."""
        ...

    def print_labels(
        self,
        order: str,
        *,
        printer: str,
        form: Format | None,
        start_cell: int,
        first: int,
        kinds: frozenset[str] | None,
        sheet: int | None,
    ) -> PrintDone:
        """Print labels, numbered and written down. Raises Refused, LabelRefused or PrinterUnavailable."""
        ...

    def note_firmware(self, order: str, *, equipment: str, software: str, serial: str | None, on: date | None) -> str:
        """Write down which software a piece of equipment got; gives the item of its label."""
        ...


@click.group()
def labels() -> None:
    """Labels of an order: phones, bases, cartons, the appliance and its sockets, firmware."""


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
    pdf = offer_pdf(batch, _sheet(sheet), start_cell=start, lang=desk.lang, own=desk.designs(order))
    try:
        out.write_bytes(pdf)
    except OSError as error:
        facts = {"file": str(out), "reason": error.strerror or type(error).__name__}
        raise Refused(Fault("preview-unwritable", Where("labels"), facts)) from error
    click.echo(say("labels-previewed", desk.lang, count=len(batch), out=out))


@labels.command("print")
@click.argument("order")
@click.option("--printer", "name", required=True, help="A printer's name, as the administrator declared it.")
@click.option("--format", "form", type=click.Choice(get_args(Format)), help="In place of the printer's own language.")
@click.option("--start", default=1, show_default=True, help="First free cell of the first sheet, from 1.")
@click.option("--from", "first", default=1, show_default=True, help="From this label on, as after a jam.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only labels of this kind; repeatable.")
@click.option("--sheet", type=int, help="Number of a sheet that was begun and lies in the printer first.")
@click.pass_obj
def print_labels(
    desk: LabelDesk,
    order: str,
    name: str,
    form: Format | None,
    start: int,
    first: int,
    kinds: tuple[str, ...],
    sheet: int | None,
) -> None:
    """Print the labels of ORDER, decoded once before. Each copy voids the one before it.

    \b
    Example: staging labels print k3m9xp --printer bench --from 37
    """
    done = desk.print_labels(
        order, printer=name, form=form, start_cell=start, first=first, kinds=frozenset(kinds) or None, sheet=sheet
    )
    click.echo(say(f"labels-{done.status}", desk.lang, count=done.labels, printer=name, detail=done.detail))
    if done.sheet is not None:
        click.echo(say("labels-sheet-begun", desk.lang, number=done.sheet))


@labels.command()
@click.argument("order")
@click.argument("equipment")
@click.argument("software")
@click.option("--serial", help="The equipment's serial number, where it has one.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day on which it was applied; today when left out.")
@click.pass_obj
def firmware(
    desk: LabelDesk, order: str, equipment: str, software: str, serial: str | None, on: datetime | None
) -> None:
    """Note that EQUIPMENT got SOFTWARE, so that ORDER has a sticker for it.

    \b
    Example: staging labels firmware k3m9xp "FortiGate 40F" "FortiOS 7.4.5" --serial FGT40F0042
    """
    day = on.date() if on else None
    item = desk.note_firmware(order, equipment=equipment, software=software, serial=serial, on=day)
    click.echo(item)


def _sheet(name: str) -> Sheet:
    sheet = find_sheet(name)
    if sheet is None:
        raise Refused(Fault("no-such-sheet", facts={"sheet": name, "known": ", ".join(sheets())}))
    return sheet
