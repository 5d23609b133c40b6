"""How do the cells of a file come out of the child that reads it? Small lists, one a line, as JSON."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from numbering.cells import Cell, Row, Sheet, cell_name
from numbering.refusal import MAX_TEXT_CHARACTERS, too_large

SHEET, ROW, MERGE, NAME, REFUSED, END = "sheet", "row", "merge", "name", "refused", "end"
FORMULA_WITHOUT_VALUE, HIDDEN, STRUCK = 1, 2, 4

Event = list[Any]
"""`["sheet", name]`, then its `["row", number, cells]` and `["merge", column, first, last]`; `["name", name, target]`.

A cell is `[column, text]` or `[column, text, value, number format, flags]`.
"""

_MAX_LENT = 500_000


@dataclass(frozen=True, slots=True)
class Workbook:
    """The visible sheets of a file, and the cells that its defined names point to (`name` to `'Sheet'!$A$1`)."""

    sheets: tuple[Sheet, ...]
    names: Mapping[str, str]


def gather(events: Iterable[Event]) -> Workbook:
    """Put sheets together from events; merged ranges are resolved: a cell below lends itself from the one above.

    Raises PlanRefused when the sheets hold more than any plan does.
    """
    sheets: list[Sheet] = []
    names: dict[str, str] = {}
    for event in events:
        if event[0] == SHEET:
            sheets.append(Sheet(event[1], ()))
        elif event[0] == "rows":
            sheets[-1] = replace(sheets[-1], rows=event[1])
        elif event[0] == NAME:
            names[event[1]] = event[2]
    return Workbook(tuple(sheets), names)


def by_sheet(events: Iterable[Event]) -> Iterator[Event]:
    """The same events with the rows and merged ranges of each sheet gathered in one `["rows", rows]`."""
    rows: dict[int, dict[int, Cell]] = {}
    merges: list[tuple[int, int, int]] = []
    for event in events:
        if event[0] == ROW:
            rows.setdefault(event[1], {}).update(_cells(event[1], event[2]))
        elif event[0] == MERGE:
            merges.append((event[1], event[2], event[3]))
        elif event[0] == SHEET or event[0] == END:
            yield from _rows(rows, merges)
            rows, merges = {}, []
            yield event
        else:
            yield event


def limited(events: Iterable[Event]) -> Iterator[Event]:
    """The same events, refused when their text is more than any plan holds.

    A file of a few kilobytes can name one long shared text in a million cells.
    """
    characters = 0
    for event in events:
        if event[0] == ROW:
            characters += sum(len(cell[1]) + 8 for cell in event[2])
            if characters > MAX_TEXT_CHARACTERS:
                raise too_large("text", MAX_TEXT_CHARACTERS)
        yield event


def _cells(number: int, items: Iterable[Event]) -> Iterator[tuple[int, Cell]]:
    for item in items:
        column, text = item[0], item[1]
        name = cell_name(column, number)
        if len(item) == 2:
            yield column, Cell(name, text, text)
        else:
            flags = item[4]
            yield (
                column,
                Cell(
                    name,
                    text,
                    item[2],
                    item[3],
                    bool(flags & FORMULA_WITHOUT_VALUE),
                    bool(flags & HIDDEN),
                    bool(flags & STRUCK),
                ),
            )


def _rows(rows: dict[int, dict[int, Cell]], merges: list[tuple[int, int, int]]) -> Iterator[Event]:
    lent = 0
    numbers = sorted(rows)
    for column, first, last in merges:
        source = rows.get(first, {}).get(column)
        if source is None:
            continue
        for number in numbers if last - first > len(numbers) else range(first + 1, last + 1):
            if first < number <= last and number in rows:
                lent += 1
                rows[number].setdefault(
                    column, replace(source, name=cell_name(column, number), merged_from=source.name)
                )
    if lent > _MAX_LENT:
        raise too_large("merged cells", _MAX_LENT)
    if rows:
        yield ["rows", tuple(Row(number, rows[number]) for number in numbers)]
