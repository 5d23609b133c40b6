"""What do `staging labels …` need? The order's labels and printers, opened at first use."""

from collections.abc import Sequence
from datetime import date

import click

from labels.commands import labels as label_commands
from labels.design import Designs
from labels.label import Label
from labels.printers.printer import Format, PrintDone
from staging.commands.door import house, lang, who
from staging.core.words import Language
from staging.desk import labels as desk_labels


class LabelDoor:
    """Stands on `ctx.obj` of the whole program; opens the store only when a label command runs."""

    @property
    def lang(self) -> Language:
        """The terminal's language."""
        return lang()

    def order_labels(self, order: str) -> Sequence[Label]:
        """Labels with the numbers of their next copies."""
        return desk_labels.labels_to_print(house().desk, order)

    def designs(self, order: str) -> Designs:
        """The house's and the customer's own designs."""
        return house().desk.paper.own_designs(house().store.orders.get(order))

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
        """Print, and write down which copies left."""
        return desk_labels.print_labels(
            house().desk, order, printer=printer, by=who(), form=form, start_cell=start_cell, first=first,
            kinds=kinds, sheet_number=sheet,
        )  # fmt: skip

    def note_firmware(self, order: str, *, equipment: str, software: str, serial: str | None, on: date | None) -> str:
        """Note software that was applied."""
        return desk_labels.note_firmware(
            house().desk, order, equipment=equipment, software=software, serial=serial, on=on, by=who()
        )


@click.pass_context
def _give_desk(ctx: click.Context) -> None:
    ctx.obj = LabelDoor()


labels = click.Group("labels", commands=label_commands.commands, callback=_give_desk, help=label_commands.help)
"""`staging labels …` with its needs in its hands."""
