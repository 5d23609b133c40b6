"""What do `staging labels …` need? The order's labels and printers, opened at first use."""

from collections.abc import Sequence

import click

from labels.commands import labels as label_commands
from labels.label import Label
from labels.printers.printer import Outcome, Printed, PrinterSetting
from labels.sheet import Offset
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

    def find_printer(self, name: str) -> PrinterSetting | None:
        """The printer of this name."""
        found = next((one for one in house().store.bench.printers() if one.name == name), None)
        if found is None:
            return None
        return PrinterSetting(
            found.name,
            found.url,
            found.sheet,
            Offset(found.dx_mm, found.dy_mm),
            300 if found.dpi == 300 else 203,
            "zpl" if found.language == "zpl" else "pdf",
        )

    def note_printing(self, order: str, labels: Sequence[Label], *, printer: str) -> None:
        """Write down which copies are about to leave."""
        desk_labels.note_printing(house().desk, order, labels, printer=printer, by=who())

    def note_failed(self, order: str, labels: Sequence[Label], *, printer: str) -> None:
        """Write down which copies the printer did not take."""
        desk_labels.note_printed(house().desk, order, labels, printer=printer, status="failed", by=who())

    def note_printed(self, order: str, labels: Sequence[Label], *, printer: str, outcome: Outcome) -> None:
        """Write down which copies left."""
        status = "printed" if isinstance(outcome, Printed) else "sent"
        desk_labels.note_printed(house().desk, order, labels, printer=printer, status=status, by=who())


@click.pass_context
def _give_desk(ctx: click.Context) -> None:
    ctx.obj = LabelDoor()


labels = click.Group("labels", commands=label_commands.commands, callback=_give_desk, help=label_commands.help)
"""`staging labels …` with its needs in its hands."""
