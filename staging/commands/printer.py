"""`staging printer`: where labels go."""

from dataclasses import asdict
from typing import get_args

import click

from labels.printers.printer import Format
from staging.commands.door import Door, as_json, house, json_option, lang, table
from staging.core.messages import say
from staging.desk import labels
from staging.jobs.records import Printer


@click.group(cls=Door)
def printer() -> None:
    """Printers: a CUPS queue, a Zebra or Brother on the network or a cable, a folder."""


@printer.command()
@click.argument("name")
@click.option("--url", required=True, help="cups:QUEUE, socket://HOST:9100, /dev/ttyUSB0?baud=9600 or folder:///PATH.")
@click.option("--sheet", required=True, help="The labels in it, such as roll-100x50, ql-62x29, l7159 or a4-3x8-70x37.")
@click.option("--language", type=click.Choice(get_args(Format)), help="What it is sent; chosen by address and labels.")
@click.option("--dpi", type=int, default=203, show_default=True, help="Dots per inch of a ZPL printer: 203 or 300.")
def add(name: str, url: str, sheet: str, language: str | None, dpi: int) -> None:
    """Add a printer under a name.

    Example: staging printer add bench --url folder:///srv/labels --sheet roll-100x50
    """
    spoken = language or labels.language_for(url, sheet)
    labels.add_printer(house().desk, Printer(name, url, sheet, spoken, dpi))
    click.echo(name)


@printer.command()
@click.argument("name")
def test(name: str) -> None:
    """Print a page that shows where this printer puts things, to be laid over its labels.

    Example: staging printer test bench
    """
    labels.print_test_page(house().desk, name)
    click.echo(say("test-page-sent", lang(), name=name), err=True)


@printer.command()
@click.argument("name")
@click.option(
    "--right", "dx_mm", type=float, default=0.0, help="Millimetres that its picture has to move to the right."
)
@click.option("--down", "dy_mm", type=float, default=0.0, help="Millimetres that it moves down.")
def calibrate(name: str, dx_mm: float, dy_mm: float) -> None:
    """Say how far a printer's picture has to move to sit on its labels, as read off its test page.

    Example: staging printer calibrate bench --right 1.5 --down -0.5
    """
    labels.calibrate(house().desk, name, dx_mm=dx_mm, dy_mm=dy_mm)
    click.echo(say("printer-calibrated", lang(), name=name, right=dx_mm, down=dy_mm), err=True)


@printer.command(name="list")
@json_option
def list_(json_: bool) -> None:
    """List all printers by name.

    Example: staging printer list --json
    """
    found = house().store.bench.printers()
    if json_:
        as_json([asdict(one) for one in found])
        return
    rows = [(one.name, one.url, one.sheet, _spoken(one), f"{one.dx_mm:+g} / {one.dy_mm:+g}") for one in found]
    table(rows, headings=say("printer-headings", lang()).split("|"))


def _spoken(one: Printer) -> str:
    return {"zpl": f"ZPL {one.dpi} dpi", "brother": "Brother QL"}.get(one.language, "PDF")
