"""What does a sheet hold once it has left its file? Cells as a person sees them, whatever the format was."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_CELL_NAME = re.compile(r"([A-Z]+)([0-9]+)")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. name: `B12`; text: as the person sees it; value: as it is stored.

    is_formula_without_value: a formula that was never calculated, or whose result is an error such as #REF!.
    hidden: its row is hidden; struck: its text is struck through.
    merged_from: the cell above, of the same merged range, that lends its value; empty for a cell of its own.
    """

    name: str
    text: str = ""
    value: str | int | float | bool | None = None
    number_format: str = "General"
    is_formula_without_value: bool = False
    hidden: bool = False
    struck: bool = False
    merged_from: str = ""

    @property
    def is_filled(self) -> bool:
        """True when there is something to read, its own or lent by a merged range."""
        return self.is_formula_without_value or bool(self.text.strip())

    @property
    def is_own(self) -> bool:
        """True when there is something to read that is this cell's own."""
        return self.is_filled and not self.merged_from


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: its number from 1, and the cells that hold something, by column from 1."""

    number: int
    cells: Mapping[int, Cell] = field(default_factory=lambda: MappingProxyType({}))

    def cell(self, column: int) -> Cell:
        """The cell of a column; an empty one where the file has none."""
        return self.cells.get(column) or Cell(cell_name(column, self.number))

    def own_cells(self) -> list[tuple[int, Cell]]:
        """The filled cells that are the row's own, from left to right."""
        return sorted((column, cell) for column, cell in self.cells.items() if cell.is_own)

    @property
    def is_empty(self) -> bool:
        """True when nothing in it is its own."""
        return not any(cell.is_own for cell in self.cells.values())


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet; rows without anything in them need not be there. Rows come in ascending order."""

    name: str
    rows: tuple[Row, ...]


def column_letters(column: int) -> str:
    """The letters of a column counted from 1: 1 gives A, 27 gives AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_name(column: int, row: int) -> str:
    """The name of a cell, both counted from 1: 2, 12 gives B12."""
    return f"{column_letters(column)}{row}"


def cell_position(name: str) -> tuple[int, int]:
    """Column and row, from 1, of a cell's name; raises ValueError when it is not one."""
    match = _CELL_NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"not a cell name: {name!r}")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column, int(match[2])
