"""Which cells does an .ods file hold? Its content.xml, streamed; repeated rows and columns are not believed."""

from collections.abc import Callable, Iterator, Mapping
from zipfile import ZipFile

from numbering.events import FORMULA_WITHOUT_VALUE, HIDDEN, MERGE, ROW, SHEET, STRUCK, Event
from numbering.formats import stored_number
from numbering.refusal import LAST_ROW, MAX_COLUMNS, MAX_ROWS, too_large
from numbering.xml_stream import Attributes, stream_xml


def read_ods(archive: ZipFile) -> Iterator[Event]:
    """The visible sheets of an OpenDocument spreadsheet, cell by cell."""
    reader = _Content()
    # Whether a sheet is hidden is told by a style of the same file that stands before it.
    with archive.open("content.xml") as source:
        for _ in stream_xml(source, reader.start, reader.end, reader.text, bare_attributes=True):
            yield from reader.take()


class _Content:
    """Turns the elements of content.xml into sheets, rows and merged ranges."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._hidden_styles: set[str] = set()
        self._struck_styles: set[str] = set()
        self._style = ""
        self._sheet_visible = False
        self._row = self._repeat = self._real_rows = 0
        self._row_hidden = False
        self._column = 0
        self._columns: list[int] = []
        self._cells: list[str | Event] = []
        self._cell: dict[str, str] = {}
        self._covered = False
        self._paragraphs: list[list[str]] = []
        self._in_paragraph = 0
        self._aside = 0
        self._starts: Mapping[str, Callable[[Attributes], None]] = {
            "style": self._start_style,
            "table-properties": self._table_properties,
            "text-properties": self._text_properties,
            "table": self._start_table,
            "table-row": self._start_row,
            "table-cell": self._start_cell,
            "covered-table-cell": self._start_covered,
        }

    def take(self) -> list[Event]:
        """The events since the last time."""
        events, self._events = self._events, []
        return events

    def start(self, element: str, attributes: Attributes) -> None:
        if element in ("annotation", "shapes", "tracked-changes"):
            self._aside += 1
        elif self._aside:
            return
        elif element in self._starts:
            self._starts[element](attributes)
        elif element == "p":
            self._in_paragraph += 1
            self._paragraphs.append([])
        elif self._in_paragraph and element in ("s", "tab", "line-break"):
            spaces = " " * min(_count(attributes, "c"), 1000)
            self._paragraphs[-1].append({"s": spaces, "tab": "\t", "line-break": "\n"}[element])

    def text(self, data: str) -> None:
        if self._in_paragraph and not self._aside:
            self._paragraphs[-1].append(data)

    def end(self, element: str) -> None:
        if element in ("annotation", "shapes", "tracked-changes"):
            self._aside -= 1
        elif self._aside:
            return
        elif element == "p":
            self._in_paragraph -= 1
        elif element in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif element == "table-row":
            self._end_row()

    def _start_style(self, attributes: Attributes) -> None:
        self._style = attributes.get("name", "")

    def _table_properties(self, attributes: Attributes) -> None:
        if attributes.get("display") == "false":
            self._hidden_styles.add(self._style)

    def _text_properties(self, attributes: Attributes) -> None:
        if attributes.get("text-line-through-style", "none") != "none":
            self._struck_styles.add(self._style)

    def _start_table(self, attributes: Attributes) -> None:
        self._sheet_visible = attributes.get("style-name") not in self._hidden_styles
        self._row = self._real_rows = 0
        if self._sheet_visible:
            self._events.append([SHEET, attributes.get("name", "")])

    def _start_row(self, attributes: Attributes) -> None:
        self._row += 1
        self._repeat = _count(attributes, "number-rows-repeated")
        self._row_hidden = attributes.get("visibility", "visible") != "visible"
        self._column, self._columns, self._cells = 0, [], []

    def _start_covered(self, attributes: Attributes) -> None:
        self._start_cell(attributes)
        self._covered = True

    def _start_cell(self, attributes: Attributes) -> None:
        self._column += 1
        self._cell, self._covered, self._paragraphs = dict(attributes), False, []

    def _end_cell(self) -> None:
        repeat = _count(self._cell, "number-columns-repeated")
        cell = None if self._covered else self._read()
        if cell is not None:
            if self._column + repeat - 1 > MAX_COLUMNS:
                raise too_large("columns", MAX_COLUMNS)
            self._columns += range(self._column, self._column + repeat)
            self._cells += [cell] * repeat
            below = _count(self._cell, "number-rows-spanned")
            if below > 1 and self._sheet_visible:
                self._events.append([MERGE, self._column, self._row, self._row + below - 1])
        self._column += repeat - 1
        self._cell, self._covered, self._paragraphs = {}, False, []

    def _read(self) -> str | Event | None:
        text = "\n".join("".join(pieces) for pieces in self._paragraphs)
        kind, formula = self._cell.get("value-type", ""), self._cell.get("formula")
        flags = HIDDEN if self._row_hidden else 0
        flags |= STRUCK if self._cell.get("style-name") in self._struck_styles else 0
        # LibreOffice says `error` beside the standard's own `string`; other writers only show it.
        error = kind == "error" or (kind == "string" and text.startswith(("#", "Err:")) and formula is not None)
        if (formula is not None and not kind) or error:
            return [text or formula or "=", None, flags | FORMULA_WITHOUT_VALUE]
        if not text.strip():
            return None
        value: str | float | int = text
        if kind in ("float", "currency", "percentage"):
            value = stored_number(self._cell.get("value", ""))
        return text if flags == 0 and value is text else [text, value, flags]

    def _end_row(self) -> None:
        if self._cells and self._sheet_visible:
            self._real_rows += self._repeat
            if self._real_rows > MAX_ROWS:
                raise too_large("rows", MAX_ROWS)
            if self._row + self._repeat - 1 > LAST_ROW:
                raise ValueError(f"no row {self._row}")
            self._events += [[ROW, self._row + offset, self._columns, self._cells] for offset in range(self._repeat)]
        self._row += self._repeat - 1
        self._cells = []


def _count(attributes: Attributes, name: str) -> int:
    count = int(attributes.get(name, "1"))
    if count < 1:
        raise ValueError(f"{name} is {count}")
    return count
