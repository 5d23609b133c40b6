"""What does a sheet hold once it has left its file? Cells as a person sees them, whatever the format was.

A cell does not know where it stands, its row does: a hundred thousand cells that say POSTE FIXE are one object.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

_CELL_NAME = re.compile(r"([A-Z]+)([0-9]+)")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell holds. text: as the person sees it; value: as it is stored.

    is_formula_without_value: a formula that was never calculated, or whose result is an error such as #REF!.
    hidden: its row is hidden; struck: its text is struck through.
    merged_from: the name of the cell above, of the same merged range, that lends its value; empty otherwise.
    """

    text: str = ""
    value: str | int | float | bool | None = None
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
        return not self.merged_from and self.is_filled


EMPTY = Cell()
"""What stands where a file has no cell."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell with the name of its place, `B12`."""

    name: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet. number: from 1; places: where in `contents` the cell of a column, from 1, is found.

    Rows that fill the same columns may share one `places`.
    """

    number: int
    places: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    contents: tuple[Cell, ...] = ()

    def cell(self, column: int) -> Cell:
        """The cell of a column; an empty one where the file has none."""
        place = self.places.get(column)
        return EMPTY if place is None else self.contents[place]

    def name(self, column: int) -> str:
        """The name of its cell in a column: `B12`."""
        return cell_name(column, self.number)

    def spot(self, column: int) -> Spot:
        """Its cell in a column, with its name."""
        return Spot(self.name(column), self.cell(column))

    def cells(self) -> Iterator[tuple[int, Cell]]:
        """Column and cell, for each that the file has, in the file's order."""
        return zip(self.places, self.contents, strict=True)

    def own_cells(self) -> list[tuple[int, Cell]]:
        """The filled cells that are the row's own, from left to right."""
        return sorted(((column, cell) for column, cell in self.cells() if cell.is_own), key=_column)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet; rows without anything in them need not be there. Rows come in ascending order."""

    name: str
    rows: tuple[Row, ...]


def make_row(number: int, cells: Mapping[int, Cell]) -> Row:
    """A row from its cells by column, counted from 1."""
    return Row(number, {column: place for place, column in enumerate(cells)}, tuple(cells.values()))


@lru_cache(maxsize=512)
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
    return column_number(match[1]), int(match[2])


def column_number(letters: str) -> int:
    """The number of a column, from 1, by its capital letters."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column


def _column(item: tuple[int, Cell]) -> int:
    return item[0]
