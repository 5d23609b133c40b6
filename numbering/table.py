"""Where is the table in a sheet, and what is each of its rows? Header, columns, sections, footnotes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from numbering.cells import Cell, Row, Sheet, cell_position
from numbering.columns import FIELDS, Field, find_field, is_main_number_label
from numbering.parse import fault_at
from numbering.words import fold_spaces, fold_words
from staging.core.faults import Fault, Where

HEADER_SEARCHED_ROWS = 60

RowKind = Literal["seat", "section", "ignored", "refused"]

_NAMES: tuple[Field, ...] = ("name", "lastname", "firstname")
# What a seat may share with the rows beside it by a merged cell. A number or an address belongs to one row.
_SHARED: frozenset[Field] = frozenset(
    {"site", "name", "firstname", "lastname", "profile", "hardware", "base", "group", "mac"}
)


@dataclass(frozen=True, slots=True)
class Header:
    """The header row: first and last row number, the column of each field, its heading's cell, the unknown ones."""

    first: int
    last: int
    columns: Mapping[Field, int]
    cells: Mapping[Field, Cell]
    duplicates: tuple[tuple[Field, tuple[Cell, ...]], ...]
    unknown: tuple[Cell, ...]

    @property
    def name_cell(self) -> Cell:
        """The heading of the name column: faults of a missing column stand there."""
        return next(self.cells[field] for field in _NAMES if field in self.cells)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row below the header that is not empty. site: the one that holds for it, and `name` its name cell."""

    kind: RowKind
    row: Row
    site: str
    cells: Mapping[Field, Cell]
    name: Cell


@dataclass(frozen=True, slots=True)
class Table:
    """The table of one sheet. main_number: the cell that tells it, if any."""

    sheet: str
    header: Header
    rows: tuple[TableRow, ...]
    main_number: Cell | None


def find_table(sheet: Sheet, *, skipped: Sequence[int] = ()) -> Table | None:
    """The table of a sheet; None when none of its first 60 rows is a header row.

    skipped: columns that are ours (an annotated workbook's) and count for nothing.
    """
    header = _find_header(sheet, frozenset(skipped))
    if header is None:
        return None
    body = [row for row in sheet.rows if row.number > header.last and not _is_empty(row, skipped)]
    rows = tuple(_classify(body, header, frozenset(skipped)))
    return Table(sheet.name, header, rows, _find_main_number(sheet, header))


def check_columns(table: Table, workbook: str) -> list[Fault]:
    """Faults of the header row: columns that are missing, twice there, or unknown; a profile that is assumed."""
    header = table.header

    def at(cell: Cell, field: str | None = None) -> Where:
        return Where(workbook, table.sheet, cell.name, field)

    faults = [
        fault_at("unknown-column", at(cell), cell, severity="warning", title=cell.text.strip())
        for cell in header.unknown
    ]
    for field, cells in header.duplicates:
        faults += [_duplicate_column(cell, cells, at(cell, field), table.sheet) for cell in cells]
    if "hardware" not in header.columns:
        cell = header.name_cell
        faults.append(fault_at("missing-column", at(cell, "hardware"), cell, column="MATERIEL"))
    if "profile" not in header.columns:
        cell = header.name_cell
        faults.append(fault_at("profile-assumed", at(cell, "profile"), cell, severity="warning"))
    return faults


def _duplicate_column(cell: Cell, cells: tuple[Cell, ...], at: Where, sheet: str) -> Fault:
    others = tuple(f"{sheet}!{other.name}" for other in cells if other is not cell)
    facts = {"value": cell.text, "others": ", ".join(others), "title": cell.text.strip()}
    return Fault("duplicate-column", at, facts, related=others)


def _is_empty(row: Row, skipped: Sequence[int]) -> bool:
    return not any(cell.is_own for column, cell in row.cells.items() if column not in skipped)


def _find_header(sheet: Sheet, skipped: frozenset[int]) -> Header | None:
    by_number = {row.number: row for row in sheet.rows}
    for row in sheet.rows:
        if row.number > HEADER_SEARCHED_ROWS:
            return None
        fields = {find_field(cell.text) for column, cell in row.cells.items() if cell.text and column not in skipped}
        fields.discard(None)
        if fields & set(_NAMES) and fields - set(_NAMES):
            return _header(row, by_number.get(row.number + 1), skipped)
    return None


def _header(row: Row, below: Row | None, skipped: frozenset[int]) -> Header:
    """The columns of a header row; where a heading spans two merged rows, the row below completes it."""
    alone = _header_of(row.number, dict(row.cells), skipped)
    if below is None or not any(_starts_in(cell, row.number) for cell in below.cells.values()):
        return alone
    lower = {column: cell for column, cell in below.cells.items() if cell.is_own}
    both = _header_of(below.number, dict(row.cells) | lower, skipped)
    # A cell merged with its heading by mistake does not make a header of the first seat.
    completes = lower and len(both.columns) >= len(alone.columns) and set(_NAMES) & set(both.columns)
    return both if completes else alone


def _header_of(last: int, titles: Mapping[int, Cell], skipped: frozenset[int]) -> Header:
    origins = [cell_position(_origin(cell).name)[1] for cell in titles.values()]
    found: dict[Field, list[tuple[int, Cell]]] = {}
    unknown = []
    for column, cell in sorted(titles.items()):
        if column in skipped or not cell.text.strip():
            continue
        field = find_field(cell.text)
        if field is None:
            unknown.append(_origin(cell))
        else:
            found.setdefault(field, []).append((column, _origin(cell)))
    return _arranged(min(origins), last, _named(found), tuple(unknown))


def _starts_in(cell: Cell, row: int) -> bool:
    return bool(cell.merged_from) and cell_position(cell.merged_from)[1] <= row


def _origin(cell: Cell) -> Cell:
    return cell if not cell.merged_from else Cell(cell.merged_from, cell.text, cell.value)


def _named(found: dict[Field, list[tuple[int, Cell]]]) -> dict[Field, list[tuple[int, Cell]]]:
    """`Nom` alone is the whole name; beside a column for the whole name, `Nom` and `Prénom` say it twice."""
    parts: list[Field] = [field for field in ("lastname", "firstname") if field in found]
    if "name" in found or len(parts) == 1:
        for field in parts:
            found.setdefault("name", []).extend(found.pop(field))
    return found


def _arranged(
    first: int, last: int, found: Mapping[Field, list[tuple[int, Cell]]], unknown: tuple[Cell, ...]
) -> Header:
    ordered = {field: sorted(found[field], key=lambda item: item[0]) for field in FIELDS if field in found}
    return Header(
        first,
        last,
        {field: places[0][0] for field, places in ordered.items()},
        {field: places[0][1] for field, places in ordered.items()},
        tuple((field, tuple(cell for _, cell in places)) for field, places in ordered.items() if len(places) > 1),
        unknown,
    )


def _classify(body: Sequence[Row], header: Header, skipped: frozenset[int]) -> Iterator[TableRow]:
    kinds = [_kind(row, header, skipped) for row in body]
    site = ""
    for index, row in enumerate(body):
        kind, cells = kinds[index], _fields(row, header)
        if kind == "section" and not _seat_follows(kinds, index):
            kind = "ignored"
        own_site = fold_spaces(cells["site"].text) if "site" in cells else ""
        if own_site and kind != "ignored":
            site = own_site
        yield TableRow(kind, row, (own_site or site) if kind != "ignored" else "", cells, _name_cell(cells))


def _kind(row: Row, header: Header, skipped: frozenset[int]) -> RowKind:
    cells = _fields(row, header)
    if _repeats_header(row, header):
        return "ignored"
    if any(cells[field].is_filled for field in _NAMES if field in cells) and _has_own(row, skipped):
        return "seat"
    own = {column for column, _ in row.own_cells() if column not in skipped}
    if own == {header.columns.get("site")}:
        return "section"
    telling = {header.columns.get(field) for field in ("profile", "hardware", "number")}
    return "refused" if own & telling else "ignored"


def _has_own(row: Row, skipped: frozenset[int]) -> bool:
    return any(cell.is_own for column, cell in row.cells.items() if column not in skipped)


def _seat_follows(kinds: Sequence[RowKind], index: int) -> bool:
    for kind in kinds[index + 1 :]:
        if kind in ("seat", "section"):
            return kind == "seat"
    return False


def _repeats_header(row: Row, header: Header) -> bool:
    """True for a header printed again further down, as at the top of a second page."""
    if len(header.cells) < 2:
        return False
    return all(
        fold_words(row.cell(header.columns[field]).text) == fold_words(cell.text)
        for field, cell in header.cells.items()
    )


def _fields(row: Row, header: Header) -> dict[Field, Cell]:
    return {field: _own_or_shared(row.cell(column), field) for field, column in header.columns.items()}


def _own_or_shared(cell: Cell, field: Field) -> Cell:
    return cell if not cell.merged_from or field in _SHARED else Cell(cell.name, hidden=cell.hidden)


def _name_cell(cells: Mapping[Field, Cell]) -> Cell:
    named = [cells[field] for field in _NAMES if field in cells]
    return next((cell for cell in named if cell.is_filled), named[0])


def _find_main_number(sheet: Sheet, header: Header) -> Cell | None:
    above = [row for row in sheet.rows if row.number < header.first]
    by_number = {row.number: row for row in above}
    for row in above:
        for column, cell in row.own_cells():
            if not is_main_number_label(cell.text):
                continue
            beside = [other for place, other in row.own_cells() if place > column]
            below = by_number.get(row.number + 1, Row(row.number + 1)).cell(column)
            value = beside[0] if beside else below if below.is_own else None
            if value is not None:
                return value
    return None
