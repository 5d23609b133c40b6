"""How do the cells of a file come out of the child that reads it? Small lists, one a line, as JSON."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from numbering.cells import EMPTY, Cell, Row, Sheet, cell_name, make_row
from numbering.refusal import MAX_TEXT_CHARACTERS, too_large

SHEET, ROW, MERGE, NAME, REFUSED, END = "sheet", "row", "merge", "name", "refused", "end"
FORMULA_WITHOUT_VALUE, HIDDEN, STRUCK = 1, 2, 4

Event = list[Any]
"""`["sheet", name]`, then its `["row", number, columns, cells]` and `["merge", column, first, last]`;
`["name", name, target]`.

A cell is its text, or `[text, value, flags]` where it is more than text.
"""

_MAX_LENT = 500_000
_MAX_SHARED = 5_000
# What a cell or a name takes beside its characters, roughly: millions of one-digit cells are no plan.
_BESIDE_ITS_TEXT = 30


@dataclass(frozen=True, slots=True)
class Workbook:
    """The visible sheets of a file, and the cells that defined names of ours point to (`name` to `'Sheet'!$A$1`)."""

    sheets: tuple[Sheet, ...]
    names: Mapping[str, str]


def gather(events: Iterable[Event]) -> Workbook:
    """Put sheets together from events; merged ranges are resolved: a cell below lends itself from the one above.

    Raises PlanRefused when the sheets hold more than any plan does.
    """
    gatherer = _Gatherer()
    for event in events:
        gatherer.take(event)
    return gatherer.workbook()


def limited(events: Iterable[Event]) -> Iterator[Event]:
    """The same events, refused when their text is more than any plan holds.

    A file of a few kilobytes can name one long shared text in a million cells.
    """
    characters = 0
    for event in events:
        if event[0] == ROW:
            for cell in event[3]:
                characters += _BESIDE_ITS_TEXT + len(cell if isinstance(cell, str) else cell[0])
        elif event[0] == NAME:
            characters += _BESIDE_ITS_TEXT + len(event[1]) + len(event[2])
        if characters > MAX_TEXT_CHARACTERS:
            raise too_large("text", MAX_TEXT_CHARACTERS)
        yield event


class _Gatherer:
    """Builds sheets from events. Equal cells, and equal sets of columns, become one object: a plan repeats itself."""

    def __init__(self) -> None:
        self._sheets: list[Sheet] = []
        self._names: dict[str, str] = {}
        self._rows: list[Row] = []
        self._merges: list[tuple[int, int, int]] = []
        self._places: dict[tuple[int, ...], dict[int, int]] = {}
        self._cells: dict[str | tuple[Any, ...], Cell] = {}

    def take(self, event: Event) -> None:
        kind = event[0]
        if kind == ROW:
            self._rows.append(self._row(event[1], event[2], event[3]))
        elif kind == MERGE:
            self._merges.append((event[1], event[2], event[3]))
        elif kind == SHEET:
            self._end_sheet()
            self._sheets.append(Sheet(event[1], ()))
        elif kind == NAME:
            self._names[event[1]] = event[2]

    def workbook(self) -> Workbook:
        self._end_sheet()
        return Workbook(tuple(self._sheets), self._names)

    def _row(self, number: int, columns: list[int], items: list[Any]) -> Row:
        cells = tuple([self._cell(item if isinstance(item, str) else tuple(item)) for item in items])
        return Row(number, self._shared_places(tuple(columns)), cells)

    def _cell(self, told: str | tuple[Any, ...]) -> Cell:
        cell = self._cells.get(told)
        if cell is None:
            # Emptied when full: what repeats is soon in it again, and names that never do fill no memory.
            if len(self._cells) == _MAX_SHARED:
                self._cells.clear()
            cell = self._cells[told] = Cell(told, told) if isinstance(told, str) else _cell(*told)
        return cell

    def _shared_places(self, columns: tuple[int, ...]) -> dict[int, int]:
        places = self._places.get(columns)
        if places is None:
            places = {column: place for place, column in enumerate(columns)}
            if len(self._places) < _MAX_SHARED:
                self._places[columns] = places
        return places

    def _end_sheet(self) -> None:
        if self._sheets and self._rows:
            rows = _lent(_in_order(self._rows), self._merges)
            self._sheets[-1] = replace(self._sheets[-1], rows=tuple(rows))
        self._rows, self._merges = [], []


def _cell(text: str, value: str | int | float | bool | None, flags: int) -> Cell:
    return Cell(text, value, bool(flags & FORMULA_WITHOUT_VALUE), bool(flags & HIDDEN), bool(flags & STRUCK))


def _in_order(rows: list[Row]) -> list[Row]:
    """Rows in ascending order; where a row, or a column of one, stands twice, what was said last counts."""
    ascending = all(before.number < after.number for before, after in pairwise(rows))
    if ascending and all(len(row.places) == len(row.contents) for row in rows):
        return rows
    cells: dict[int, dict[int, Cell]] = {}
    for row in rows:
        cells.setdefault(row.number, {}).update((column, row.contents[place]) for column, place in row.places.items())
    return [make_row(number, cells[number]) for number in sorted(cells)]


def _lent(rows: list[Row], merges: list[tuple[int, int, int]]) -> list[Row]:
    """The rows with the cells of merged ranges lent downwards, where a row below has none of its own."""
    index = {row.number: place for place, row in enumerate(rows)} if merges else {}
    lent: dict[int, dict[int, Cell]] = {}
    work = 0
    for column, first, last in merges:
        source = rows[index[first]].cell(column) if first in index else EMPTY
        if source is EMPTY:
            continue
        work += min(last - first, len(rows))
        if work > _MAX_LENT:
            raise too_large("merged cells", _MAX_LENT)
        cell = replace(source, merged_from=cell_name(column, first))
        for number in index if last - first > len(rows) else range(first + 1, last + 1):
            if first < number <= last and number in index and column not in rows[index[number]].places:
                lent.setdefault(number, {}).setdefault(column, cell)
    for number, cells in lent.items():
        row = rows[index[number]]
        rows[index[number]] = make_row(number, dict(row.cells()) | cells)
    return rows
