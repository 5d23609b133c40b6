"""How is one cell of a sheet's XML changed and not a byte beside it? Offsets found by a parser, then one splice."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from numbering.cells import cell_name, cell_position
from numbering.refusal import not_a_workbook, refused
from numbering.splice import Splice, attribute, cell_text, in_utf8, new_parser, spliced, tag_closed, tag_end

Position = tuple[int, int]
"""Column and row, both from 1."""

_SPANS = re.compile(rb"\sspans=(?:\"[^\"]*\"|'[^']*')")
# What describes a cell's old content; its style and everything else stays.
_OF_THE_VALUE = frozenset({"t", "cm", "vm"})


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, both ends included."""

    left: int
    top: int
    right: int
    bottom: int

    def holds(self, place: Position) -> bool:
        """Whether a cell lies in it."""
        return self.left <= place[0] <= self.right and self.top <= place[1] <= self.bottom

    @property
    def first(self) -> Position:
        """Its upper left cell."""
        return self.left, self.top

    @property
    def is_single(self) -> bool:
        """Whether it is one cell."""
        return (self.left, self.top) == (self.right, self.bottom)


@dataclass(frozen=True, slots=True)
class Patched:
    """A sheet's XML with its new texts. lost_formula: a formula went, so the order of calculation must go too."""

    xml: bytes
    lost_formula: bool


def parse_area(reference: str) -> Area:
    """`A1:E1` or `A1` as an area. Raises ValueError for anything else."""
    first, _, last = reference.replace("$", "").partition(":")
    (left, top), (right, bottom) = cell_position(first), cell_position(last or first)
    return Area(left, top, right, bottom)


def patch_sheet(xml: bytes, texts: Mapping[Position, str]) -> Patched:
    """Put texts into cells of a worksheet part; every byte outside of those cells stays as it is.

    A text becomes an inline string with the cell's own style, so it is never a formula or a number; an empty text
    leaves the cell empty. Raises PlanRefused for a cell inside a merged range, one whose formula others share, and
    XML that is not a sheet's; ExpatError for bytes that are no XML.
    """
    content = in_utf8(xml)
    scan = _scan(content, texts)
    _refuse_untouchable(scan, texts)
    lost = any(scan.cells[place].formula for place in texts if place in scan.cells)
    return Patched(spliced(content, _splices(content, scan, texts)), lost)


@dataclass(slots=True)
class _Cell:
    start: int
    attributes: Mapping[str, str]
    end: int = -1
    formula: bool = False
    shares: Area | None = None


@dataclass(slots=True)
class _Row:
    start: int
    tag_end: int
    is_short: bool
    end: int = -1
    columns: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Scan:
    """What the parser met: offsets in the file's bytes. below: by missing row, where the next one begins."""

    wanted: frozenset[int]
    prefix: str = ""
    data: _Row | None = None
    rows: dict[int, _Row] = field(default_factory=dict)
    cells: dict[Position, _Cell] = field(default_factory=dict)
    below: dict[int, int] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)
    arrays: list[Area] = field(default_factory=list)


def _scan(xml: bytes, texts: Mapping[Position, str]) -> _Scan:
    scan = _Scan(frozenset(row for _, row in texts))
    parser = new_parser()
    reader = _Reader(xml, scan, lambda: parser.CurrentByteIndex)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.Parse(xml, True)
    if scan.data is None:
        raise not_a_workbook("a sheet without rows")
    return scan


class _Reader:
    """Follows the parser through the rows that are wanted; counts rows and cells that do not say their place."""

    def __init__(self, xml: bytes, scan: _Scan, offset: Callable[[], int]) -> None:
        self._xml = xml
        self._scan = scan
        self._offset = offset
        self._row = self._column = 0
        self._open: _Cell | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        if local == "sheetData":
            self._scan.prefix = f"{prefix}:" if prefix else ""
            self._scan.data = self._row_at()
        elif local == "row":
            self._start_row(attributes)
        elif local == "c" and self._row in self._scan.wanted:
            self._start_cell(attributes)
        elif local == "f":
            self._formula(attributes)
        elif local == "mergeCell":
            self._scan.merged.append(parse_area(attributes.get("ref", "")))

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local == "c" and self._open is not None:
            self._open.end = self._element_end(self._open.start)
            self._open = None
        elif local == "row" and self._row in self._scan.rows:
            self._scan.rows[self._row].end = self._offset()
        elif local == "sheetData" and self._scan.data is not None:
            self._scan.data.end = self._offset()

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        self._row = int(attributes.get("r", self._row + 1))
        self._column = 0
        for missing in self._scan.wanted:
            if missing < self._row and missing not in self._scan.rows:
                self._scan.below.setdefault(missing, self._offset())
        if self._row in self._scan.wanted and self._row not in self._scan.rows:
            self._scan.rows[self._row] = self._row_at()

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        named = attributes.get("r")
        self._column = cell_position(named)[0] if named else self._column + 1
        self._scan.rows[self._row].columns.append(self._column)
        self._open = _Cell(self._offset(), attributes)
        self._scan.cells[self._column, self._row] = self._open

    def _formula(self, attributes: Mapping[str, str]) -> None:
        kind, reference = attributes.get("t", "normal"), attributes.get("ref")
        area = parse_area(reference) if reference else None
        if kind in ("array", "dataTable") and area is not None:
            self._scan.arrays.append(area)
        if self._open is not None:
            self._open.formula = True
            self._open.shares = area if kind == "shared" else None

    def _row_at(self) -> _Row:
        start = self._offset()
        inside = tag_end(self._xml, start)
        return _Row(start, inside, self._xml[inside - 2 : inside] == b"/>")

    def _element_end(self, start: int) -> int:
        """For `<c/>` the parser's offset is that of whatever follows, so its own tag tells."""
        inside = tag_end(self._xml, start)
        return inside if self._xml[inside - 2 : inside] == b"/>" else tag_closed(self._xml, self._offset())


def _refuse_untouchable(scan: _Scan, texts: Mapping[Position, str]) -> None:
    for place in texts:
        for area in scan.merged:
            if area.holds(place) and area.first != place:
                raise refused("correction-in-merged", cell=cell_name(*place), first=cell_name(*area.first))
        cell = scan.cells.get(place)
        shares = cell.shares if cell is not None else None
        if any(area.holds(place) and not area.is_single for area in [*scan.arrays, *([shares] if shares else [])]):
            raise refused("correction-in-shared-formula", cell=cell_name(*place))


def _splices(xml: bytes, scan: _Scan, texts: Mapping[Position, str]) -> Iterator[Splice]:
    new: list[Position] = []
    for place, text in texts.items():
        cell = scan.cells.get(place)
        if cell is not None:
            yield cell.start, cell.end, _cell_xml(scan.prefix, place, text, cell.attributes)
        elif text:
            new.append(place)
    ordered = sorted(new, key=lambda place: (place[1], place[0]))
    missing: list[tuple[int, bytes]] = []
    for number, places in groupby(ordered, key=lambda place: place[1]):
        cells = [(place[0], _cell_xml(scan.prefix, place, texts[place], {})) for place in places]
        if number in scan.rows:
            yield from _in_row(xml, scan, scan.rows[number], number, cells)
        else:
            missing.append((number, _element(scan.prefix, "row", f' r="{number}"', b"".join(xml for _, xml in cells))))
    yield from _new_rows(scan, missing)


def _in_row(xml: bytes, scan: _Scan, row: _Row, number: int, cells: list[tuple[int, bytes]]) -> Iterator[Splice]:
    """New cells of a row that is there, each before the first cell to its right."""
    spans = _SPANS.search(xml, row.start, row.tag_end)
    if spans is not None:
        # It tells the row's first and last column, and would no longer be true.
        yield spans.start(), spans.end(), b""
    if row.is_short:
        inside = b"".join(new for _, new in cells)
        yield row.tag_end - 2, row.tag_end, b">" + inside + f"</{scan.prefix}row>".encode()
        return
    by_offset: dict[int, bytes] = {}
    for column, new in cells:
        right = [scan.cells[other, number].start for other in row.columns if other > column]
        offset = min(right, default=row.end)
        by_offset[offset] = by_offset.get(offset, b"") + new
    for offset, new in by_offset.items():
        yield offset, offset, new


def _new_rows(scan: _Scan, rows: list[tuple[int, bytes]]) -> Iterator[Splice]:
    data = scan.data
    if data is None or not rows:
        return
    if data.is_short:
        inside = b"".join(new for _, new in rows)
        yield data.tag_end - 2, data.tag_end, b">" + inside + f"</{scan.prefix}sheetData>".encode()
        return
    by_offset: dict[int, bytes] = {}
    for number, new in rows:
        offset = scan.below.get(number, data.end)
        by_offset[offset] = by_offset.get(offset, b"") + new
    for offset, new in by_offset.items():
        yield offset, offset, new


def _cell_xml(prefix: str, place: Position, text: str, attributes: Mapping[str, str]) -> bytes:
    kept = {"r": cell_name(*place), **{key: value for key, value in attributes.items() if key not in _OF_THE_VALUE}}
    told = "".join(f' {key}="{attribute(value)}"' for key, value in kept.items())
    if not text:
        return f"<{prefix}c{told}/>".encode()
    inside = f'<{prefix}is><{prefix}t xml:space="preserve">{cell_text(text)}</{prefix}t></{prefix}is>'.encode()
    return _element(prefix, "c", f'{told} t="inlineStr"', inside)


def _element(prefix: str, name: str, told: str, inside: bytes) -> bytes:
    return f"<{prefix}{name}{told}>".encode() + inside + f"</{prefix}{name}>".encode()
