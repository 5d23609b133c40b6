"""Where on the paper is each label? Sheets of labels and rolls, in millimetres from the top left corner."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in millimetres; x to the right, y down."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, dx: float, dy: float) -> "Rect":
        """The same rectangle, dx to the right and dy down."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    def holds(self, other: "Rect") -> bool:
        """Whether the other one lies inside, give or take a thousandth of a millimetre."""
        return (
            other.x >= self.x - _SLACK
            and other.y >= self.y - _SLACK
            and other.x + other.width <= self.x + self.width + _SLACK
            and other.y + other.height <= self.y + self.height + _SLACK
        )


@dataclass(frozen=True, slots=True)
class Offset:
    """How far one printer's picture must move to sit on the labels: dx_mm to the right, dy_mm down."""

    dx_mm: float = 0.0
    dy_mm: float = 0.0


NO_OFFSET = Offset()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of label stock. A roll has one cell, which is the page."""

    name: str
    page_width_mm: float
    page_height_mm: float
    columns: int
    rows: int
    first: Rect
    pitch_x_mm: float
    pitch_y_mm: float

    @property
    def cells(self) -> int:
        """How many labels one page carries."""
        return self.columns * self.rows

    def cell(self, number: int) -> Rect:
        """The place of a cell on its page; number counts from 1, row by row, as people read."""
        row, column = divmod(number - 1, self.columns)
        return self.first.moved(column * self.pitch_x_mm, row * self.pitch_y_mm)

    def numbers(
        self, count: int, *, start_cell: int = 1, used: frozenset[int] = frozenset()
    ) -> Iterator[tuple[int, int]]:
        """Page (from 0) and cell (from 1) of each of `count` labels; the first page begins at start_cell.

        used: cells of the first page that have no label any more; they are passed over.
        """
        page, cell = 0, start_cell
        for _ in range(count):
            while cell > self.cells or (page == 0 and cell in used):
                page, cell = (page, cell + 1) if cell < self.cells else (page + 1, 1)
            yield page, cell
            cell += 1

    def places(
        self,
        count: int,
        *,
        start_cell: int = 1,
        used: frozenset[int] = frozenset(),
        offset: Offset = NO_OFFSET,
    ) -> Iterator[tuple[int, Rect]]:
        """Page (from 0) and place of each of `count` labels, in the cells that `numbers` gives."""
        for page, cell in self.numbers(count, start_cell=start_cell, used=used):
            yield page, self.cell(cell).moved(offset.dx_mm, offset.dy_mm)


def find_sheet(name: str) -> Sheet | None:
    """The stock with this name, whatever the case; None when there is none.

    Besides those of sheets.toml, a name can be a measure: `roll-70x35` is a roll, `a4-3x8-63.5x33.9` an A4 sheet of 3
    columns and 8 rows of labels of 63.5 × 33.9 mm, edge to edge in the middle. Where there are gaps:
    `a4-3x8-63.5x33.9-7.2x12.9-66x33.9` adds the first label's corner and the pitch.
    """
    return sheets().get(name.lower()) or _measured(name.lower())


@cache
def sheets() -> Mapping[str, Sheet]:
    """All stock that sheets.toml knows, by name."""
    text = files("labels").joinpath("sheets.toml").read_text("utf-8")
    return {name: _sheet(name, entry) for name, entry in tomllib.loads(text).items()}


_SLACK = 0.001
_LEAST_MM, _MOST_MM = 10.0, 300.0
_PAIR = r"(\d{1,3}(?:\.\d{1,2})?)x(\d{1,3}(?:\.\d{1,2})?)"
_ROLL = re.compile(rf"roll-{_PAIR}")
_ON_A4 = re.compile(rf"a4-(\d{{1,2}})x(\d{{1,2}})-{_PAIR}(?:-{_PAIR}-{_PAIR})?")
_A4 = (210.0, 297.0)


def _sheet(name: str, entry: Mapping[str, Any]) -> Sheet:
    width, height = entry["width"], entry["height"]
    if entry.get("roll"):
        cell_width, cell_height = entry.get("cell_width", width), entry.get("cell_height", height)
        cell = Rect((width - cell_width) / 2, (height - cell_height) / 2, cell_width, cell_height)
        return Sheet(name, width, height, 1, 1, cell, width, height)
    first = Rect(entry["left"], entry["top"], width, height)
    return Sheet(name, *_A4, entry["columns"], entry["rows"], first, entry["pitch_x"], entry["pitch_y"])


def _measured(name: str) -> Sheet | None:
    if roll := _ROLL.fullmatch(name):
        width, height = float(roll[1]), float(roll[2])
        return _usable(Sheet(name, width, height, 1, 1, Rect(0, 0, width, height), width, height))
    if found := _ON_A4.fullmatch(name):
        columns, rows = int(found[1]), int(found[2])
        width, height = float(found[3]), float(found[4])
        given = [float(value) for value in found.groups()[4:] if value is not None]
        middle = [(_A4[0] - columns * width) / 2, (_A4[1] - rows * height) / 2, width, height]
        left, top, pitch_x, pitch_y = given or middle
        return _usable(Sheet(name, *_A4, columns, rows, Rect(left, top, width, height), pitch_x, pitch_y))
    return None


def _usable(sheet: Sheet) -> Sheet | None:
    """The sheet, unless its labels overlap, leave the paper or are too small to hold anything."""
    cell, page = sheet.first, Rect(0, 0, sheet.page_width_mm, sheet.page_height_mm)
    if not sheet.cells or min(cell.width, cell.height) < _LEAST_MM or max(cell.width, cell.height) > _MOST_MM:
        return None
    apart = sheet.pitch_x_mm >= cell.width - _SLACK and sheet.pitch_y_mm >= cell.height - _SLACK
    return sheet if apart and page.holds(cell) and page.holds(sheet.cell(sheet.cells)) else None
