"""How is a sheet shown, and which of its rows does a page not show yet? From a look at a plan to lines of a grid."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from numbering.cells import cell_position, column_letters
from numbering.grid import Grid, GridCell, GridLine
from staging.core.faults import Fault, Severity
from staging.core.messages import Message, explain
from staging.core.words import Language
from staging.desk.drafts import Corrected, Look

WINDOW = 1000
"""Rows on one page. A browser lays out those that it shows; the others cost only their text."""

LISTED = 300
"""Faults in the list; further ones stand at their cells, and move up when these are corrected."""

_WIDTHS = (4, 7, 10, 13, 17, 22, 28)
"""Characters that fit into the columns of plan.css beside the sign of a fault, class by class."""


@dataclass(frozen=True, slots=True)
class Said:
    """One fault in words. away: the page that shows its cell when this one does not; None for the whole workbook."""

    code: str
    severity: Severity
    sheet: str | None
    cell: str | None
    value: str
    message: Message
    related: tuple[str, ...]
    away: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class ShownCorrection:
    """One corrected cell in the list of them. away: as of a fault."""

    one: Corrected
    away: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class ShownCell:
    """One cell. severity: of its worst fault, empty without one; width: the class of its column, 0 to 6."""

    name: str
    text: str
    lent_by: str
    width: int
    severity: Severity | str
    said: tuple[Said, ...]
    was: str | None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One row. mark: changes with everything that is shown of it, so that a page can tell what it lacks."""

    id: str
    line: GridLine
    cells: tuple[ShownCell, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class Heading:
    """One column's letters, and the field that it means to us, if any."""

    letters: str
    field: str
    width: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet's window. index: from 1; first: place of its first line, from 0; total: lines in all."""

    name: str
    index: int
    headings: tuple[Heading, ...]
    lines: tuple[ShownLine, ...]
    first: int
    total: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan as its page shows it. faults: those that are listed; more: how many are not."""

    look: Look
    sheet: Sheet | None
    sheets: tuple[tuple[int, str, int], ...]
    faults: tuple[Said, ...]
    more: int
    errors: int
    warnings: int
    corrected: tuple[ShownCorrection, ...]


def view_of(look: Look, lang: Language, *, sheet: int = 0, first: int = 0) -> PlanView:
    """A look in words. sheet: from 1, or 0 for the first one with a table; first: the line to begin with, from 0."""
    index = sheet if 1 <= sheet <= len(look.grids) else _first_table(look.grids)
    begin = max(0, first) // WINDOW * WINDOW
    places = _Places(look.grids, index, begin)
    said = [_say(fault, lang, places) for fault in look.reading.faults]
    severities = [fault.severity for fault in look.reading.faults]
    return PlanView(
        look=look,
        sheet=_sheet(look, index, begin, said) if look.grids else None,
        sheets=tuple(
            (number, grid.sheet, sum(one.sheet == grid.sheet for one in said))
            for number, grid in enumerate(look.grids, start=1)
        ),
        faults=tuple(said[:LISTED]),
        more=max(0, len(said) - LISTED),
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        corrected=tuple(ShownCorrection(one, places.away(one.sheet, one.cell)) for one in look.corrected.values()),
    )


def lacking(sheet: Sheet, have: Mapping[str, str]) -> frozenset[str]:
    """Ids of the lines that a page shows otherwise or not at all. have: the marks of its lines, by id."""
    return frozenset(line.id for line in sheet.lines if have.get(line.id) != line.mark)


def _first_table(grids: Sequence[Grid]) -> int:
    return next((number for number, grid in enumerate(grids, start=1) if grid.fields), 1)


class _Places:
    """Knows which page shows a cell. index, begin: the sheet, from 1, and the first line of the page in question."""

    def __init__(self, grids: Sequence[Grid], index: int, begin: int) -> None:
        self._here = (index, begin)
        self._sheets = {
            grid.sheet: (number, {line.number: place for place, line in enumerate(grid.lines)})
            for number, grid in enumerate(grids, start=1)
        }

    def away(self, sheet: str | None, cell: str | None) -> Mapping[str, int] | None:
        """The page that shows a cell when this one does not."""
        if sheet is None or sheet not in self._sheets or not cell:
            return None
        number, rows = self._sheets[sheet]
        page = rows.get(cell_position(cell)[1], 0) // WINDOW * WINDOW
        return {"sheet": number, "first": page} if (number, page) != self._here else None


def _say(fault: Fault, lang: Language, places: _Places) -> Said:
    value = fault.facts.get("value")
    return Said(
        fault.code,
        fault.severity,
        fault.at.sheet,
        fault.at.cell,
        "" if value is None else str(value),
        explain(fault, lang),
        fault.related,
        places.away(fault.at.sheet, fault.at.cell),
    )


def _sheet(look: Look, index: int, begin: int, said: Sequence[Said]) -> Sheet:
    grid = look.grids[index - 1]
    widths = [_width(length) for length in grid.widest]
    by_cell: dict[str, list[Said]] = {}
    for one in said:
        if one.sheet == grid.sheet and one.cell:
            by_cell.setdefault(one.cell, []).append(one)
    lines = grid.lines[begin : begin + WINDOW]
    corrected = _corrected(look, grid.sheet)
    shown = tuple(_line(line, grid.cells(line), widths, by_cell, corrected) for line in lines)
    return Sheet(grid.sheet, index, tuple(_headings(grid, widths)), shown, begin, len(grid.lines))


def _corrected(look: Look, sheet: str) -> Mapping[str, Corrected]:
    return {cell: one for (name, cell), one in look.corrected.items() if name == sheet}


def _headings(grid: Grid, widths: Sequence[int]) -> Iterator[Heading]:
    for column in range(1, grid.columns + 1):
        yield Heading(column_letters(column), grid.fields.get(column, ""), widths[column - 1])


def _width(characters: int) -> int:
    return next((place for place, width in enumerate(_WIDTHS) if characters <= width), len(_WIDTHS) - 1)


def _line(
    line: GridLine,
    found: Sequence[GridCell],
    widths: Sequence[int],
    by_cell: Mapping[str, list[Said]],
    corrected: Mapping[str, Corrected],
) -> ShownLine:
    cells = tuple(
        _cell(cell, width, by_cell.get(cell.name, ()), corrected.get(cell.name))
        for cell, width in zip(found, widths, strict=False)
    )
    told = repr((line.kind, line.last, [(one.text, one.lent_by, one.width, one.was, one.said or "") for one in cells]))
    mark = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
    return ShownLine(f"r-{line.number}", line, cells, mark)


def _cell(cell: GridCell, width: int, said: Sequence[Said], corrected: Corrected | None) -> ShownCell:
    worst = "error" if any(one.severity == "error" for one in said) else "warning" if said else ""
    was = corrected.was if corrected else None
    return ShownCell(cell.name, cell.text, cell.lent_by, width, worst, tuple(said), was)
