"""How is a workbook drawn in a test? Rows as lines, cells between bars, and what came of reading them."""

from collections.abc import Collection
from typing import Any

from numbering.cells import Cell, Row, Sheet, cell_name
from numbering.read import PlanOptions, Reading, read_plan


def sheet(drawn: str, *, name: str = "Plan", hidden: Collection[int] = (), struck: Collection[int] = ()) -> Sheet:
    """A sheet from lines such as `accueil | POSTE FIXE | T54W`; the first line is row 1, an empty line is a row.

    `#465710001` is a number cell; `=A1` a formula that was never calculated; `^` a cell merged with the one above.
    """
    lines = drawn.strip("\n").split("\n")
    rows: list[Row] = []
    for number, line in enumerate(lines, start=1):
        cells: dict[int, Cell] = {}
        for column, text in enumerate(line.split("|"), start=1):
            above = rows[-1].cell(column) if rows else Cell("A1")
            cell = _cell(text.strip(" "), cell_name(column, number), above, number in hidden, number in struck)
            if cell is not None:
                cells[column] = cell
        rows.append(Row(number, cells))
    return Sheet(name, tuple(rows))


def read(drawn: str, *, hidden: Collection[int] = (), struck: Collection[int] = (), **options: Any) -> Reading:
    """The reading of one drawn sheet."""
    return read_plan([sheet(drawn, hidden=hidden, struck=struck)], PlanOptions(**options), workbook="plan.xlsx")


def faults(reading: Reading) -> list[tuple[str, str | None]]:
    """Code and cell of every fault, in order."""
    return [(fault.code, fault.at.cell) for fault in reading.faults]


def codes(reading: Reading) -> set[str]:
    """The codes of all faults."""
    return {fault.code for fault in reading.faults}


def _cell(text: str, name: str, above: Cell, hidden: bool, struck: bool) -> Cell | None:
    if text == "^":
        return Cell(name, above.text, above.value, merged_from=above.merged_from or above.name)
    if not text:
        return None
    if text.startswith("#"):
        number = float(text[1:])
        return Cell(name, text[1:], int(number) if number.is_integer() else number, hidden=hidden, struck=struck)
    formula = text.startswith("=")
    text = text.replace("\\n", "\n")
    return Cell(name, text, None if formula else text, "General", formula, hidden, struck)
