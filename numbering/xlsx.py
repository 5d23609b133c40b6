"""Which cells does an .xlsx file hold? Its XML, streamed: no dimension is believed, no entity is followed."""

from collections.abc import Iterator
from zipfile import ZipFile

from numbering.cells import cell_position
from numbering.events import FORMULA_WITHOUT_VALUE, HIDDEN, MERGE, NAME, ROW, SHEET, STRUCK, Event
from numbering.formats import shown_number
from numbering.refusal import MAX_COLUMNS, MAX_MERGES, MAX_ROWS, too_large
from numbering.xlsx_parts import (
    Book,
    Style,
    WorkbookPart,
    read_strings,
    read_styles,
    relations,
    unescaped,
    workbook_path,
)
from numbering.xml_stream import Attributes, parse_part, stream_xml


def read_xlsx(archive: ZipFile) -> Iterator[Event]:
    """The visible sheets of an .xlsx or .xlsm archive, cell by cell, and its defined names.

    Macros, links and drawings are never opened. Raises PlanRefused, or what expat and zipfile raise on a broken file.
    """
    workbook = WorkbookPart()
    path = workbook_path(archive)
    parse_part(archive, path, workbook.start, workbook.end, workbook.text)
    targets = relations(archive, path)
    book = Book(read_strings(archive, targets), read_styles(archive, targets), workbook.from_1904)
    for name, target in workbook.names.items():
        yield [NAME, name, target]
    for name, relation in workbook.sheets:
        part = targets.get(relation)
        if part is None or not part[0].endswith("/worksheet"):
            continue
        yield [SHEET, name]
        yield from _sheet(archive, part[1], book)


def _sheet(archive: ZipFile, path: str, book: Book) -> Iterator[Event]:
    reader = _SheetPart(book)
    with archive.open(path) as source:
        for _ in stream_xml(source, reader.start, reader.end, reader.text):
            yield from reader.take()


class _SheetPart:
    """Turns the elements of one sheet into rows and merged ranges, and counts what is really there."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._events: list[Event] = []
        self._rows = self._merges = 0
        self._row, self._column = 0, 0
        self._row_hidden = False
        self._cells: list[Event] = []
        self._type, self._style = "n", Style("General", struck=False)
        self._pieces: list[str] | None = None
        self._value: str | None = None
        self._inline: list[str] = []
        self._formula: str | None = None
        self._phonetic = False

    def take(self) -> list[Event]:
        """The events since the last time."""
        events, self._events = self._events, []
        return events

    def start(self, element: str, attributes: Attributes) -> None:
        if element == "c":
            self._start_cell(attributes)
        elif element in ("v", "f") or (element == "t" and not self._phonetic):
            self._pieces = []
        elif element == "rPh":
            self._phonetic = True
        elif element == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._row_hidden = attributes.get("hidden") in ("1", "true")
            self._column, self._cells = 0, []
        elif element == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def text(self, data: str) -> None:
        if self._pieces is not None:
            self._pieces.append(data)

    def end(self, element: str) -> None:
        if element == "c":
            self._end_cell()
        elif element == "row":
            self._end_row()
        elif element == "rPh":
            self._phonetic = False
        elif self._pieces is not None and element in ("v", "f", "t"):
            text, self._pieces = "".join(self._pieces), None
            if element == "v":
                self._value = text
            elif element == "f":
                self._formula = text
            else:
                self._inline.append(text)

    def _start_cell(self, attributes: Attributes) -> None:
        name = attributes.get("r")
        self._column = cell_position(name)[0] if name else self._column + 1
        self._type = attributes.get("t", "n")
        style = int(attributes.get("s", "0"))
        known = style < len(self._book.styles)
        self._style = self._book.styles[style] if known else Style("General", struck=False)
        self._value = self._formula = None
        self._inline = []

    def _end_cell(self) -> None:
        read = self._read()
        if read is None:
            return
        if self._column > MAX_COLUMNS:
            raise too_large("columns", MAX_COLUMNS)
        text, value, flags = read
        flags |= (HIDDEN if self._row_hidden else 0) | (STRUCK if self._style.struck else 0)
        plain = flags == 0 and isinstance(value, str) and self._style.number_format in ("General", "@")
        self._cells.append(
            [self._column, text] if plain else [self._column, text, value, self._style.number_format, flags]
        )

    def _read(self) -> tuple[str, str | int | float | bool | None, int] | None:
        """Text, value and flags of the cell that ends; None for one that only has a style."""
        value = self._value
        if self._formula is not None and (value is None or (value == "" and self._type != "str")):
            return f"={self._formula}", None, FORMULA_WITHOUT_VALUE
        if self._type == "inlineStr":
            return self._text("".join(self._inline))
        if value is None or value == "":
            return None
        if self._type == "s":
            return self._text(self._book.strings[int(value)], escaped=False)
        if self._type == "b":
            return ("VRAI", True, 0) if value == "1" else ("FAUX", False, 0)
        if self._type == "e":
            return value, value, FORMULA_WITHOUT_VALUE
        if self._type in ("str", "d"):
            return self._text(value)
        number = float(value)
        stored = int(number) if number == number // 1 and abs(number) < 1e15 else number
        return shown_number(stored, self._style.number_format, from_1904=self._book.from_1904), stored, 0

    def _text(self, text: str, *, escaped: bool = True) -> tuple[str, str, int] | None:
        plain = unescaped(text) if escaped else text
        return (plain, plain, 0) if plain.strip() else None

    def _end_row(self) -> None:
        if not self._cells:
            return
        self._rows += 1
        if self._rows > MAX_ROWS:
            raise too_large("rows", MAX_ROWS)
        self._events.append([ROW, self._row, self._cells])
        self._cells = []

    def _merge(self, reference: str) -> None:
        self._merges += 1
        if self._merges > MAX_MERGES:
            raise too_large("merged ranges", MAX_MERGES)
        first, _, last = reference.partition(":")
        column, top = cell_position(first)
        bottom = cell_position(last or first)[1]
        if bottom > top:
            self._events.append([MERGE, column, top, bottom])
