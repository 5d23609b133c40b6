"""How does a workbook look to whoever filled it in? Rows and columns, each row with what it counts as."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from numbering.cells import Row, Sheet, cell_position
from numbering.columns import Field, Headings
from numbering.refusal import MAX_COLUMNS
from numbering.table import Table, find_table

LineKind = Literal["above", "header", "seat", "section", "ignored", "refused", "blank", "gap"]
"""above: before the headings; refused: a seat's row without a name; gap: several empty rows, told as one."""

_SHOWN_BLANKS = 3
_HEADING = 15
"""Characters that a heading may claim of its column's width: headings are longer than what stands below them."""
_MEASURED = 2_000


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell. lent_by: the upper cell of the same merged range that it repeats, empty for a cell of its own."""

    name: str
    text: str
    lent_by: str = ""


@dataclass(frozen=True, slots=True)
class GridLine:
    """One row as it is shown. last: number of the last row that it stands for, more than its own for a gap."""

    number: int
    last: int
    kind: LineKind
    row: Row


@dataclass(frozen=True, slots=True)
class Grid:
    """One visible sheet.

    columns: how many are shown, one more than are filled, so that a missing column can be written; fields: what the
    columns mean, by number from 1; widest: characters of the longest line of each column, from the first one on.
    """

    sheet: str
    columns: int
    fields: Mapping[int, Field]
    widest: tuple[int, ...]
    lines: tuple[GridLine, ...]

    def cells(self, line: GridLine) -> tuple[GridCell, ...]:
        """The cells of one of its lines, one for each column; none of a gap. Made when asked for: sheets are long."""
        if line.kind == "gap":
            return ()
        spots = (line.row.spot(column) for column in range(1, self.columns + 1))
        return tuple(GridCell(spot.name, spot.cell.text, spot.cell.merged_from) for spot in spots)


def draw_grid(sheet: Sheet, *, skipped: Sequence[int] = (), headings: Headings | None = None) -> Grid:
    """A sheet as rows and columns, with one empty row and column more than are filled.

    skipped: columns that are ours in an annotated workbook: they are shown, and mean nothing.
    headings: what headings mean, the shipped ones unless told.
    """
    table = find_table(sheet, skipped=skipped, headings=headings)
    columns = _columns(sheet)
    kinds = _kinds(table)
    first = table.header.first if table else 0
    lines = tuple(_lines(sheet.rows, kinds, first))
    return Grid(sheet.name, columns, _fields(table), _widest(lines, columns), lines)


def find_text(sheet: Sheet, cell: str) -> str | None:
    """What a cell says; None for one that the grid of its sheet does not hold. Raises ValueError for no cell's name."""
    column, row = cell_position(cell)
    last = sheet.rows[-1].number if sheet.rows else 0
    if not (1 <= column <= _columns(sheet) and 1 <= row <= last + 1):
        return None
    return next((one.cell(column).text for one in sheet.rows if one.number == row), "")


def _columns(sheet: Sheet) -> int:
    filled = max((max(row.places, default=1) for row in sheet.rows), default=1)
    return min(filled + 1, MAX_COLUMNS)


def _kinds(table: Table | None) -> Mapping[int, LineKind]:
    if table is None:
        return {}
    kinds: dict[int, LineKind] = {row.row.number: row.kind for row in table.rows}
    return kinds | dict.fromkeys(range(table.header.first, table.header.last + 1), "header")


def _fields(table: Table | None) -> Mapping[int, Field]:
    return {column: field for field, column in table.header.columns.items()} if table else {}


def _lines(rows: Sequence[Row], kinds: Mapping[int, LineKind], first: int) -> Iterator[GridLine]:
    expected = 1
    for row in rows:
        yield from _blanks(expected, row.number - 1)
        above: LineKind = "above" if row.number < first else "blank"
        yield GridLine(row.number, row.number, kinds.get(row.number, above), row)
        expected = row.number + 1
    yield from _blanks(expected, expected)


def _blanks(first: int, last: int) -> Iterator[GridLine]:
    if last - first >= _SHOWN_BLANKS:
        yield GridLine(first, last, "gap", Row(first))
        return
    for number in range(first, last + 1):
        yield GridLine(number, number, "blank", Row(number))


def _widest(lines: Sequence[GridLine], columns: int) -> tuple[int, ...]:
    """A title above the table runs over its neighbours, so only the table's own rows count, and the first of them."""
    widest = [0] * columns
    for line in lines[:_MEASURED]:
        if line.kind in ("above", "ignored"):
            continue
        for column, cell in line.row.cells():
            length = max(map(len, cell.text.split("\n")))
            claimed = min(length, _HEADING) if line.kind == "header" else length
            if column <= columns:
                widest[column - 1] = max(widest[column - 1], claimed)
    return tuple(widest)
