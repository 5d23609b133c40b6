"""Which row is the header, and which field does each of its columns hold? One row, or two that belong together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from numbering.cells import Cell, Row, Sheet, Spot, cell_position
from numbering.columns import FIELDS, Field, Headings

HEADER_SEARCHED_ROWS = 60

_NAMES: tuple[Field, ...] = ("name", "lastname", "firstname")


@dataclass(frozen=True, slots=True)
class Header:
    """The header row: first and last row number, the column of each field, its heading, the unknown ones.

    name_fields: those that name a seat and have a column: one, or last and first name.
    """

    first: int
    last: int
    columns: Mapping[Field, int]
    headings: Mapping[Field, Spot]
    name_fields: tuple[Field, ...]
    duplicates: tuple[tuple[Field, tuple[Spot, ...]], ...]
    unknown: tuple[Spot, ...]

    @property
    def name_heading(self) -> Spot:
        """The heading of the name column: faults of a missing column stand there."""
        return self.headings[self.name_fields[0]]


def find_header(sheet: Sheet, *, skipped: Collection[int], headings: Headings) -> Header | None:
    """The header of a sheet: the first of its first 60 rows with a name column and another known one, else None.

    skipped: columns that are ours (an annotated workbook's) and count for nothing.
    """
    return _Finder(skipped, headings).find(sheet)


class _Finder:
    def __init__(self, skipped: Collection[int], headings: Headings) -> None:
        self._skipped = frozenset(skipped)
        self._headings = headings

    def find(self, sheet: Sheet) -> Header | None:
        rows = [row for row in sheet.rows if row.number <= HEADER_SEARCHED_ROWS + 1]
        by_number = {row.number: row for row in rows}
        for row in rows:
            if row.number > HEADER_SEARCHED_ROWS:
                return None
            fields = self._fields(dict(row.cells()))
            if fields.intersection(_NAMES) and fields.difference(_NAMES):
                return self._with_below(row, by_number.get(row.number + 1))
        return None

    def _with_below(self, row: Row, below: Row | None) -> Header:
        """The columns of a header row, with the row below where that completes it."""
        titles = {column: Spot(cell.merged_from or row.name(column), cell) for column, cell in row.cells()}
        alone = self._header(row.number, titles)
        if below is None:
            return alone
        lower = {column: Spot(below.name(column), cell) for column, cell in below.own_cells()}
        both = self._header(below.number, titles | lower)
        completes = both.name_fields and (
            _spans(below, row.number, lower, alone, both) or self._names_columns(lower, alone, both)
        )
        return both if completes else alone

    def _names_columns(self, lower: Mapping[int, Spot], alone: Header, both: Header) -> bool:
        """Whether the row below names the columns of groups: `Utilisateur`, and below it `Nom`, `Prénom`.

        Most of it are headings, and they tell more columns than the row above does; no seat looks so.
        """
        known = self._fields({column: spot.cell for column, spot in lower.items()})
        headings = sum(self._headings.find(spot.cell.text) is not None for spot in lower.values())
        return len(known) > 1 and 2 * headings > len(lower) and len(both.columns) > len(alone.columns)

    def _fields(self, cells: Mapping[int, Cell]) -> set[Field]:
        texts = [cell.text for column, cell in cells.items() if cell.text and column not in self._skipped]
        return {field for text in texts if (field := self._headings.find(text)) is not None}

    def _header(self, last: int, titles: Mapping[int, Spot]) -> Header:
        found: dict[Field, list[tuple[int, Spot]]] = {}
        unknown = []
        for column, spot in sorted(titles.items()):
            if column in self._skipped or not spot.cell.text.strip():
                continue
            field = self._headings.find(spot.cell.text)
            if field is None:
                unknown.append(spot)
            else:
                found.setdefault(field, []).append((column, spot))
        first = min(cell_position(spot.name)[1] for spot in titles.values())
        return _arranged(first, last, _named(found), tuple(unknown))


def _spans(below: Row, row: int, lower: Mapping[int, Spot], alone: Header, both: Header) -> bool:
    """Whether a heading is merged with the row below, which tells no fewer columns then.

    A cell merged with its heading by mistake does not make a header of the first seat.
    """
    merged = any(cell.merged_from and cell_position(cell.merged_from)[1] <= row for cell in below.contents)
    return merged and bool(lower) and len(both.columns) >= len(alone.columns)


def _named(found: dict[Field, list[tuple[int, Spot]]]) -> dict[Field, list[tuple[int, Spot]]]:
    """`Nom` alone is the whole name; beside a column for the whole name, `Nom` and `Prénom` say it twice."""
    parts: list[Field] = [field for field in ("lastname", "firstname") if field in found]
    if "name" in found or len(parts) == 1:
        for field in parts:
            found.setdefault("name", []).extend(found.pop(field))
    return found


def _arranged(
    first: int, last: int, found: Mapping[Field, list[tuple[int, Spot]]], unknown: tuple[Spot, ...]
) -> Header:
    ordered = {field: sorted(found[field], key=lambda item: item[0]) for field in FIELDS if field in found}
    return Header(
        first,
        last,
        {field: places[0][0] for field, places in ordered.items()},
        {field: places[0][1] for field, places in ordered.items()},
        tuple(field for field in _NAMES if field in ordered),
        tuple((field, tuple(spot for _, spot in places)) for field, places in ordered.items() if len(places) > 1),
        unknown,
    )
