"""What must be known of a sheet before it is marked? One pass over its XML: merged ranges, and its last column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from numbering.cells import cell_position
from numbering.splice import new_parser

LAST_COLUMN = 16_384

Position = tuple[int, int]
"""Row and column, from 1: in the order in which a sheet is written."""

Area = tuple[int, int, int, int]
"""First column, first row, last column, last row of a merged range."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What must be known of a sheet before it is changed.

    last_column: the last one with content from a row on, merged ranges included. formulas: a formula stands in a
    column asked about. heading: the look of the last cell with content in that first row.
    drawing: relation id of the drawing that holds its comments, empty when there is none.
    """

    merged: tuple[Area, ...]
    last_column: int
    heading: int
    formulas: bool
    drawing: str

    def anchors(self, names: Iterable[str]) -> dict[str, Position]:
        """Where the content of cells stands: in the first cell of a merged range, else in the cell itself."""
        places = {name: (row, column) for name in names for column, row in (cell_position(name),)}
        in_row: dict[int, list[str]] = {}
        for name, (row, _) in places.items():
            in_row.setdefault(row, []).append(name)
        for left, top, right, bottom in self.merged:
            rows = range(top, bottom + 1) if bottom - top < len(in_row) else [r for r in in_row if top <= r <= bottom]
            for name in (name for row in rows for name in in_row.get(row, ())):
                if left <= cell_position(name)[0] <= right:
                    places[name] = top, left
        return places


def survey_sheet(content: bytes, *, from_row: int, column: int | None) -> Survey:
    """Look through a sheet once. from_row: where its table begins; column: ours, which does not count."""
    return _Surveyor(content, from_row, column).survey()


class Cursor:
    """Where a pass stands: cells and rows without a position follow the one before."""

    def __init__(self) -> None:
        self.row = self.column = 0

    def enter_row(self, attributes: Mapping[str, str]) -> int:
        """The number of the row that begins."""
        self.row, self.column = int(attributes.get("r", self.row + 1)), 0
        return self.row

    def enter_cell(self, attributes: Mapping[str, str]) -> int:
        """The column of the cell that begins."""
        name = attributes.get("r")
        self.column = cell_position(name)[0] if name else self.column + 1
        return self.column


class _Surveyor:
    def __init__(self, content: bytes, from_row: int, column: int | None) -> None:
        self._from_row, self._ours = from_row, column
        self._cursor = Cursor()
        self._merged: list[Area] = []
        self._last = self._look = self._heading = 0
        self._formulas = False
        self._drawing = ""
        self._contents: set[str] = set()
        parser = new_parser()
        parser.StartElementHandler = self._start
        parser.Parse(content, True)

    def survey(self) -> Survey:
        below = [area[2] for area in self._merged if area[3] >= self._from_row]
        last = max([self._last, *(right for right in below if right < LAST_COLUMN)])
        return Survey(tuple(self._merged), last, self._heading, self._formulas, self._drawing)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._cursor.enter_cell(attributes)
            self._look = int(attributes.get("s", "0"))
        elif tag in self._contents:
            self._content(name)
        elif name == "row":
            self._cursor.enter_row(attributes)
        elif name == "legacyDrawing":
            self._drawing = next((value for key, value in attributes.items() if key.endswith(":id")), "")
        elif name == "sheetData":
            # With the sheet's own prefix: extensions behind the rows hold an `f` of their own.
            self._contents = {tag[: -len(name)] + content for content in ("v", "is", "f")}
        elif name == "mergeCell":
            first, _, last = attributes.get("ref", "").partition(":")
            self._merged.append((*cell_position(first), *cell_position(last or first)))

    def _content(self, name: str) -> None:
        row, column = self._cursor.row, self._cursor.column
        if row < self._from_row:
            return
        if column == self._ours:
            self._formulas = self._formulas or name == "f"
            return
        self._last = max(self._last, column)
        if row == self._from_row:
            self._heading = self._look
