"""Where is the table in a sheet, and what is each of its rows? Sections, seats, footnotes."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from numbering.cells import EMPTY, Cell, Row, Sheet, Spot
from numbering.columns import Field, FindNearest, Headings, shipped_headings
from numbering.header import Header, find_header
from numbering.parse import clip, fault_at
from numbering.words import fold_spaces, fold_words
from staging.core.faults import Fault, Where

RowKind = Literal["seat", "section", "ignored", "refused"]

_TELLING: tuple[Field, ...] = ("profile", "hardware", "number")
# What a seat may share with the rows beside it by a merged cell. A number or an address belongs to one row.
_SHARED: frozenset[Field] = frozenset(
    {"site", "name", "firstname", "lastname", "profile", "hardware", "base", "group", "mac"}
)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row below the header that is not empty. site: the one that holds for it."""

    kind: RowKind
    row: Row
    site: str
    header: Header

    def cell(self, field: Field) -> Cell | None:
        """The row's cell of a field, None when the sheet has no such column."""
        column = self.header.columns.get(field)
        if column is None:
            return None
        cell = self.row.cell(column)
        return EMPTY if cell.merged_from and field not in _SHARED else cell

    def filled(self) -> dict[Field, Cell]:
        """Its filled cells by field."""
        places, contents = self.row.places, self.row.contents
        found: dict[Field, Cell] = {}
        for field, column in self.header.columns.items():
            place = places.get(column)
            if place is not None:
                cell = contents[place]
                if cell.is_filled and (not cell.merged_from or field in _SHARED):
                    found[field] = cell
        return found

    def spot(self, field: Field) -> Spot:
        """The cell on which a fault of a field stands: its own, or the name cell when the column is absent."""
        cell = self.cell(field)
        return self.name if cell is None else Spot(self.row.name(self.header.columns[field]), cell)

    @property
    def name_field(self) -> Field:
        """The field of `name`."""
        fields = self.header.name_fields
        if len(fields) == 1:
            return fields[0]
        return next((field for field in fields if (cell := self.cell(field)) and cell.is_filled), fields[0])

    @property
    def name(self) -> Spot:
        """The name cell: the first one that is filled."""
        return self.row.spot(self.header.columns[self.name_field])


@dataclass(frozen=True, slots=True)
class Table:
    """The table of one sheet. main_number: the cell that tells it, if any."""

    sheet: str
    header: Header
    rows: tuple[TableRow, ...]
    main_number: Spot | None


def find_table(sheet: Sheet, *, skipped: Collection[int] = (), headings: Headings | None = None) -> Table | None:
    """The table of a sheet; None when none of its first 60 rows is a header row.

    skipped: columns that are ours (an annotated workbook's) and count for nothing.
    headings: what headings mean, the shipped ones unless told.
    """
    headings = headings or shipped_headings()
    header = find_header(sheet, skipped=skipped, headings=headings)
    if header is None:
        return None
    below = [row for row in sheet.rows if row.number > header.last]
    rows = tuple(_classify(below, header, skipped))
    return Table(sheet.name, header, rows, _find_main_number(sheet, header, headings))


def check_columns(table: Table, workbook: str, headings: Headings, find_nearest: FindNearest) -> list[Fault]:
    """Faults of the header row: columns that are missing, twice there, or unknown; a profile that is assumed.

    headings: those that the table was found with; find_nearest: which of them unknown ones may stand for.
    """
    header = table.header

    def at(spot: Spot, field: str | None = None) -> Where:
        return Where(workbook, table.sheet, spot.name, field)

    faults = [_unknown_column(spot, at(spot), header, find_nearest) for spot in header.unknown]
    for field, spots in header.duplicates:
        faults += [_duplicate_column(spot, spots, at(spot, field), table.sheet) for spot in spots]
    name = header.name_heading
    if "hardware" not in header.columns:
        faults.append(fault_at("missing-column", at(name, "hardware"), name.cell, column=headings.shown["hardware"]))
    if "profile" not in header.columns:
        faults.append(fault_at("profile-assumed", at(name, "profile"), name.cell, severity="warning"))
    return faults


def _unknown_column(spot: Spot, at: Where, header: Header, find_nearest: FindNearest) -> Fault:
    title = spot.cell.text.strip()
    nearest = ", ".join(find_nearest(title, header.columns))
    return fault_at("unknown-column", at, spot.cell, severity="warning", title=clip(title), nearest=nearest)


def _duplicate_column(spot: Spot, spots: Iterable[Spot], at: Where, sheet: str) -> Fault:
    others = tuple(f"{sheet}!{other.name}" for other in spots if other is not spot)
    facts = {"value": clip(spot.cell.text), "others": ", ".join(others), "title": clip(spot.cell.text.strip())}
    return Fault("duplicate-column", at, facts, related=others)


def _classify(rows: Iterable[Row], header: Header, skipped: Collection[int]) -> Iterator[TableRow]:
    kind_of = _Kinds(header, skipped)
    body = [(row, kind) for row in rows if (kind := kind_of(row)) is not None]
    site, site_column = "", header.columns.get("site")
    for (row, kind), opens in zip(body, _followed_by_seat([kind for _, kind in body]), strict=True):
        if kind == "ignored" or (kind == "section" and not opens):
            yield TableRow("ignored", row, "", header)
            continue
        own_site = fold_spaces(row.cell(site_column).text) if site_column else ""
        site = own_site or site
        yield TableRow(kind, row, site, header)


class _Kinds:
    """Tells what a row is; None for an empty one."""

    def __init__(self, header: Header, skipped: Collection[int]) -> None:
        self._skipped = frozenset(skipped)
        self._names = [header.columns[field] for field in header.name_fields]
        self._site = {header.columns.get("site")}
        self._telling = {header.columns[field] for field in _TELLING if field in header.columns}
        self._headings = [
            (header.columns[field], fold_words(spot.cell.text)) for field, spot in header.headings.items()
        ]

    def __call__(self, row: Row) -> RowKind | None:
        own = {column for column, cell in row.cells() if cell.is_own} - self._skipped
        if not own:
            return None
        if self._repeats_header(row):
            return "ignored"
        if any(row.cell(column).is_filled for column in self._names):
            return "seat"
        if own == self._site:
            return "section"
        return "refused" if own & self._telling else "ignored"

    def _repeats_header(self, row: Row) -> bool:
        """True for a header printed again further down, as at the top of a second page."""
        return len(self._headings) > 1 and all(
            fold_words(row.cell(column).text) == heading for column, heading in self._headings
        )


def _followed_by_seat(kinds: Sequence[RowKind]) -> list[bool]:
    """For each row, whether a seat comes before the next section, or at all where none comes."""
    followed, seat_follows = [], False
    for kind in reversed(kinds):
        followed.append(seat_follows)
        if kind in ("seat", "section"):
            seat_follows = kind == "seat"
    return followed[::-1]


def _find_main_number(sheet: Sheet, header: Header, headings: Headings) -> Spot | None:
    above = [row for row in sheet.rows if row.number < header.first]
    by_number = {row.number: row for row in above}
    for row in above:
        for column, cell in row.own_cells():
            if not headings.is_main_number_label(cell.text):
                continue
            beside = [place for place, _ in row.own_cells() if place > column]
            if beside:
                return row.spot(beside[0])
            below = by_number.get(row.number + 1)
            if below is not None and below.cell(column).is_own:
                return below.spot(column)
    return None
