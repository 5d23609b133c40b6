"""Which cells does an .xlsx file hold? Its XML, streamed: no dimension is believed, no entity is followed."""

from collections.abc import Iterator
from zipfile import ZipFile

from numbering.cells import cell_position, column_letters
from numbering.events import FORMULA_WITHOUT_VALUE, HIDDEN, MERGE, NAME, ROW, SHEET, STRUCK, Event
from numbering.formats import shown_number, stored_number
from numbering.refusal import LAST_ROW, MAX_COLUMNS, MAX_MERGES, MAX_ROWS, too_large
from numbering.xlsx_parts import (
    PLAIN,
    Book,
    WorkbookPart,
    read_strings,
    read_styles,
    relations,
    unescaped,
    workbook_path,
)
from numbering.xml_stream import Attributes, parse_part, stream_xml

_COLUMNS = {column_letters(column): column for column in range(1, MAX_COLUMNS + 1)}


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
        self._strings = book.strings
        self._events: list[Event] = []
        self._rows = self._merges = 0
        self._row, self._column = 0, 0
        self._row_is_told = False
        self._row_flags = 0
        self._columns: list[int] = []
        self._cells: list[str | Event] = []
        self._type, self._style = "n", PLAIN
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
        elif element == "row":
            self._start_row(attributes)
        elif element == "rPh":
            self._phonetic = True
        elif element == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def text(self, data: str) -> None:
        if self._pieces is not None:
            self._pieces.append(data)

    def end(self, element: str) -> None:
        if element == "c":
            self._end_cell()
        elif self._pieces is not None and element in ("v", "f", "t"):
            text, self._pieces = "".join(self._pieces), None
            if element == "v":
                self._value = text
            elif element == "f":
                self._formula = text
            else:
                self._inline.append(text)
        elif element == "row":
            self._end_row()
        elif element == "rPh":
            self._phonetic = False

    def _start_row(self, attributes: Attributes) -> None:
        told = attributes.get("r")
        self._row_is_told = told is not None
        self._row = _row_number(told) if told is not None else self._row + 1
        self._row_flags = HIDDEN if attributes.get("hidden") in ("1", "true") else 0
        self._column, self._columns, self._cells = 0, [], []

    def _start_cell(self, attributes: Attributes) -> None:
        name = attributes.get("r")
        if name is None:
            self._column += 1
        else:
            self._column = self._column_of(name)
        self._type = attributes.get("t", "n")
        style = attributes.get("s")
        self._style = PLAIN if style is None else self._book.style(int(style))
        self._value = self._formula = None
        self._inline = []

    def _column_of(self, name: str) -> int:
        letters = name.rstrip("0123456789")
        column = _COLUMNS.get(letters) or cell_position(name)[0]
        if not self._row_is_told and len(letters) < len(name):
            self._row, self._row_is_told = _row_number(name[len(letters) :]), True
        return column

    def _end_cell(self) -> None:
        read = self._read()
        if read is None:
            return
        if self._column > MAX_COLUMNS:
            raise too_large("columns", MAX_COLUMNS)
        text, value, flags = read
        flags |= self._row_flags | (STRUCK if self._style.struck else 0)
        self._columns.append(self._column)
        self._cells.append(text if flags == 0 and value is text else [text, value, flags])

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
            return self._text(self._shared(value), escaped=False)
        if self._type == "b":
            return ("VRAI", True, 0) if value.strip() in ("1", "true") else ("FAUX", False, 0)
        if self._type == "e":
            return value, value, FORMULA_WITHOUT_VALUE
        if self._type in ("str", "d"):
            return self._text(value)
        stored = stored_number(value)
        return shown_number(stored, self._style.number_format, from_1904=self._book.from_1904), stored, 0

    def _shared(self, index: str) -> str:
        place = int(index)
        # Python would take the last text for -1.
        if place < 0:
            raise ValueError(f"no shared text {place}")
        return self._strings[place]

    def _text(self, text: str, *, escaped: bool = True) -> tuple[str, str, int] | None:
        plain = unescaped(text) if escaped else text
        return None if not plain or plain.isspace() else (plain, plain, 0)

    def _end_row(self) -> None:
        if not self._cells:
            return
        self._rows += 1
        if self._rows > MAX_ROWS:
            raise too_large("rows", MAX_ROWS)
        self._events.append([ROW, self._row, self._columns, self._cells])
        self._columns, self._cells = [], []

    def _merge(self, reference: str) -> None:
        self._merges += 1
        if self._merges > MAX_MERGES:
            raise too_large("merged ranges", MAX_MERGES)
        first, _, last = reference.partition(":")
        column, top = cell_position(first)
        bottom = cell_position(last or first)[1]
        if bottom > top:
            self._events.append([MERGE, column, top, bottom])


def _row_number(told: str) -> int:
    number = int(told)
    if not 1 <= number <= LAST_ROW:
        raise ValueError(f"no row {number}")
    return number
