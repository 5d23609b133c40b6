"""`staging printer`: where labels go."""

import click

from staging.commands.door import Door, as_json, house, json_option, lang, table
from staging.core.messages import say
from staging.desk import labels
from staging.jobs.records import Printer


@click.group(cls=Door)
def printer() -> None:
    """Printers: a CUPS queue, a Zebra on the network, a folder."""


@printer.command()
@click.argument("name")
@click.option("--url", required=True, help="cups:QUEUE, socket://HOST:9100 or folder:///PATH.")
@click.option("--sheet", required=True, help="The labels in it, such as roll-100x50 or l7159.")
def add(name: str, url: str, sheet: str) -> None:
    """Add a printer under a name.

    Example: staging printer add bench --url folder:///srv/labels --sheet roll-100x50
    """
    labels.add_printer(house().desk, Printer(name, url, sheet))
    click.echo(name)


@printer.command(name="list")
@json_option
def list_(json_: bool) -> None:
    """List all printers by name.

    Example: staging printer list --json
    """
    found = house().store.bench.printers()
    if json_:
        as_json([{"name": one.name, "url": one.url, "sheet": one.sheet} for one in found])
        return
    table([(one.name, one.url, one.sheet) for one in found], headings=say("printer-headings", lang()).split("|"))
