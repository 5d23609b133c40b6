"""Where on the paper is each label? Sheets of labels and rolls, in millimetres from the top left corner."""

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

    def places(self, count: int, *, start_cell: int = 1, offset: Offset = NO_OFFSET) -> Iterator[tuple[int, Rect]]:
        """Page (from 0) and place of each of `count` labels; the first page begins at start_cell."""
        for index in range(start_cell - 1, start_cell - 1 + count):
            page, cell = divmod(index, self.cells)
            yield page, self.cell(cell + 1).moved(offset.dx_mm, offset.dy_mm)


def find_sheet(name: str) -> Sheet | None:
    """The stock with this name, whatever the case; None when sheets.toml has none."""
    return sheets().get(name.lower())


@cache
def sheets() -> Mapping[str, Sheet]:
    """All stock that sheets.toml knows, by name."""
    text = files("labels").joinpath("sheets.toml").read_text("utf-8")
    return {name: _sheet(name, entry) for name, entry in tomllib.loads(text).items()}


_SLACK = 0.001
_A4 = (210.0, 297.0)


def _sheet(name: str, entry: Mapping[str, Any]) -> Sheet:
    width, height = entry["width"], entry["height"]
    if entry.get("roll"):
        return Sheet(name, width, height, 1, 1, Rect(0, 0, width, height), width, height)
    first = Rect(entry["left"], entry["top"], width, height)
    return Sheet(name, *_A4, entry["columns"], entry["rows"], first, entry["pitch_x"], entry["pitch_y"])
