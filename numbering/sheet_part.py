"""Which bytes of a sheet's XML change when cells are filled and a column is added? Those, and no others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from numbering.cells import cell_name, cell_position
from numbering.sheet_survey import Cursor, Position
from numbering.splice import Splice, attribute, cell_text, edited_tag, new_parser, spliced, tag_closed, tag_end

# What stands behind a sheet's comments in the order that the format prescribes.
_BEHIND_COMMENTS = {
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
    "AlternateContent",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetEdits:
    """What is to change.

    marks: severity by cell; texts: content of the added column, by cell; look: the new look of a cell, from its old
    one and its severity. cleared: the column of ours and its first row, whose content goes. heading_row, heading:
    where our heading stands, and its look. width: of the added column, None when it is there already.
    drawing: relation id of the comments' drawing to refer to, "" to refer to none, None to leave what is there.
    """

    marks: Mapping[Position, str]
    texts: Mapping[Position, str]
    look: Callable[[int, str], int]
    cleared: tuple[int, int] | None = None
    heading_row: int = 0
    heading: int = 0
    width: tuple[int, int] | None = None
    drawing: str | None = None


def edit_sheet(content: bytes, edits: SheetEdits, *, relations: str) -> bytes:
    """The sheet with its changes. relations: the address that ids of relations belong to."""
    return _Editor(content, edits, relations).result()


@dataclass(slots=True)
class _Row:
    """A row while it is passed: what is still to be put into it, and where its start tag is."""

    number: int = 0
    start: int = 0
    look: int | None = None
    waiting: list[int] = field(default_factory=list)
    spans: str = ""


class _Editor:
    """Passes through a sheet once and notes the splices."""

    def __init__(self, content: bytes, edits: SheetEdits, relations: str) -> None:
        self._content, self._edits, self._relations = content, edits, relations
        self._splices: list[Splice] = []
        self._cursor, self._prefix = Cursor(), ""
        self._wanted: dict[int, list[int]] = {}
        for row, column in sorted({*edits.marks, *edits.texts}):
            self._wanted.setdefault(row, []).append(column)
        self._rows_left = sorted(self._wanted, reverse=True)
        self._row = _Row()
        self._cell: tuple[int, int] | None = None
        self._columns: list[tuple[int, int, int]] = []
        self._depth = 0
        self._placed_drawing = edits.drawing is None
        self._placed_width = edits.width is None
        self._data_start = 0
        self._in_data = self._after_data = False

    def result(self) -> bytes:
        parser = self._parser = new_parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.Parse(self._content, True)
        return spliced(self._content, self._splices)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        name = tag.rpartition(":")[2]
        if name == "c" and self._in_data:
            self._start_cell(attributes)
        elif self._depth == 2:
            self._start_section(name, attributes)
        elif name == "row" and self._in_data:
            self._start_row(attributes)
        elif name == "col":
            self._start_column(attributes)
        elif self._depth == 1:
            self._prefix = tag[: -len(name)]

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self._depth -= 1
        if name == "c" and self._cell is not None:
            self._end_cell()
        elif name == "row" and self._in_data:
            self._end_row()
        elif self._depth == 1:
            self._end_section(name)
        elif self._depth == 0 and not self._placed_drawing:
            self._place_drawing(self._parser.CurrentByteIndex)

    # Sections: what stands directly in the sheet.

    def _start_section(self, name: str, attributes: Mapping[str, str]) -> None:
        place = self._parser.CurrentByteIndex
        inside = tag_end(self._content, place)
        if name == "dimension":
            self._widen_dimension(place, inside, attributes.get("ref", ""))
        elif name == "sheetData":
            self._place_width(place, whole=True)
            self._in_data, self._data_start = True, place
        elif name == "legacyDrawing" and self._edits.drawing is not None:
            at_once = self._content.startswith(b"/>", inside - 2)
            self._splices.append((place, inside if at_once else tag_closed(self._content, inside), b""))
        elif name in _BEHIND_COMMENTS and self._after_data and not self._placed_drawing:
            self._place_drawing(place)

    def _end_section(self, name: str) -> None:
        place = self._parser.CurrentByteIndex
        if name == "cols" and self._content.startswith(b"</", place):
            self._place_width(place, whole=False)
        elif name == "sheetData":
            self._in_data, self._after_data = False, True
            self._close(self._data_start, place, "sheetData", b"".join(self._missing_rows(None)))

    def _place_drawing(self, place: int) -> None:
        self._placed_drawing = True
        if self._edits.drawing:
            text = f'<{self._prefix}legacyDrawing xmlns:r="{attribute(self._relations)}" r:id="{self._edits.drawing}"/>'
            self._splices.append((place, place, text.encode()))

    def _widen_dimension(self, place: int, inside: int, reference: str) -> None:
        first, _, last = reference.partition(":")
        cells = [(row, column) for row, columns in self._wanted.items() for column in columns]
        if not first or not cells:
            return
        (left, top), (right, bottom) = cell_position(first), cell_position(last or first)
        rows, columns = zip(*cells, strict=True)
        start = cell_name(min(left, *columns), min(top, *rows))
        end = cell_name(max(right, *columns), max(bottom, *rows))
        self._tag(place, inside, ref=f"{start}:{end}")

    # Columns: their looks, and the width of ours.

    def _start_column(self, attributes: Mapping[str, str]) -> None:
        first, last = int(attributes.get("min", "1")), int(attributes.get("max", "1"))
        self._columns.append((first, last, int(attributes.get("style", "0"))))
        if self._placed_width or self._edits.width is None:
            return
        column, width = self._edits.width
        place = self._parser.CurrentByteIndex
        inside = tag_end(self._content, place)
        if first > column:
            self._place_width(place, whole=False)
        elif last >= column:
            self._placed_width = True
            tag = self._content[place:inside]
            split = [
                (first, column - 1, {}),
                (column, column, {**_width(width), "hidden": "0"}),
                (column + 1, last, {}),
            ]
            parts = [
                edited_tag(tag, {"min": str(low), "max": str(high), **more}) for low, high, more in split if low <= high
            ]
            closing = b"" if tag.endswith(b"/>") else f"</{self._prefix}col>".encode()
            self._splices.append((place, inside, closing.join(parts)))

    def _place_width(self, place: int, *, whole: bool) -> None:
        if self._placed_width or self._edits.width is None:
            return
        self._placed_width = True
        column, width = self._edits.width
        tag = edited_tag(f"<{self._prefix}col/>".encode(), {"min": str(column), "max": str(column), **_width(width)})
        name = f"{self._prefix}cols"
        self._splices.append((place, place, f"<{name}>".encode() + tag + f"</{name}>".encode() if whole else tag))

    # Rows and cells.

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        number = self._cursor.enter_row(attributes)
        place = self._parser.CurrentByteIndex
        before = b"".join(self._missing_rows(number))
        if before:
            self._splices.append((place, place, before))
        look = int(attributes.get("s", "0")) if attributes.get("customFormat") in ("1", "true") else None
        waiting = list(self._wanted.get(number, ()))
        self._row = _Row(number, place, look, waiting, attributes.get("spans", ""))

    def _end_row(self) -> None:
        row = self._row
        if row.number in self._wanted:
            cells = b"".join(self._missing_cells(None))
            spans = _spans(row.spans, self._wanted[row.number])
            self._close(row.start, self._parser.CurrentByteIndex, "row", cells, **spans)

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        column = self._cursor.enter_cell(attributes)
        row, edits = self._row, self._edits
        look = int(attributes.get("s", "0"))
        if row.waiting and row.waiting[0] <= column:
            before = b"".join(self._missing_cells(column))
            if before:
                place = self._parser.CurrentByteIndex
                self._splices.append((place, place, before))
            if row.waiting and row.waiting[0] == column:
                row.waiting.pop(0)
        position = row.number, column
        new = edits.look(look, edits.marks.get(position, ""))
        if new != look or self._is_ours(position):
            self._cell = self._parser.CurrentByteIndex, new

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        (start, look), self._cell = self._cell, None
        position = self._row.number, self._cursor.column
        inside = tag_end(self._content, start)
        if self._is_ours(position):
            at_once = self._content.startswith(b"/>", inside - 2)
            end = inside if at_once else tag_closed(self._content, self._parser.CurrentByteIndex)
            self._splices.append((start, end, self._written(position, look)))
        else:
            self._tag(start, inside, s=str(look))

    def _is_ours(self, position: Position) -> bool:
        """True where what stands in a cell is ours to write or to take away."""
        cleared = self._edits.cleared
        old = cleared is not None and position[1] == cleared[0] and position[0] >= cleared[1]
        return old or position in self._edits.texts

    def _missing_cells(self, before: int | None) -> Iterator[bytes]:
        row = self._row
        while row.waiting and (before is None or row.waiting[0] < before):
            column = row.waiting.pop(0)
            look = row.look if row.look is not None else self._column_look(column)
            look = self._edits.look(look, self._edits.marks.get((row.number, column), ""))
            yield self._written((row.number, column), look)

    def _missing_rows(self, before: int | None) -> Iterator[bytes]:
        while self._rows_left and (before is None or self._rows_left[-1] <= before):
            number = self._rows_left.pop()
            if number == before:
                return
            self._row = _Row(number, waiting=list(self._wanted[number]))
            cells = b"".join(self._missing_cells(None))
            yield f'<{self._prefix}row r="{number}">'.encode() + cells + f"</{self._prefix}row>".encode()

    def _written(self, position: Position, look: int) -> bytes:
        row, column = position
        text = self._edits.texts.get(position)
        if row == self._edits.heading_row and text is not None:
            look = self._edits.heading
        elif row == self._edits.heading_row and text is None and position not in self._edits.marks:
            look = self._column_look(column)
        tag, shown = f'{self._prefix}c r="{cell_name(column, row)}"', f' s="{look}"' if look else ""
        if text is None:
            return f"<{tag}{shown}/>".encode()
        p = self._prefix
        inside = f'<{p}is><{p}t xml:space="preserve">{cell_text(text)}</{p}t></{p}is>'
        return f'<{tag}{shown} t="inlineStr">{inside}</{p}c>'.encode()

    def _column_look(self, column: int) -> int:
        return next((look for first, last, look in self._columns if first <= column <= last), 0)

    def _tag(self, start: int, inside: int, **changes: str) -> None:
        self._splices.append((start, inside, edited_tag(self._content[start:inside], changes)))

    def _close(self, start: int, outside: int, name: str, content: bytes, **changes: str) -> None:
        """Put content at the end of an element, which may be written `<a/>`."""
        inside = tag_end(self._content, start)
        tag = self._content[start:inside]
        if tag.endswith(b"/>"):
            if content:
                opened = edited_tag(tag, changes).removesuffix(b"/>").rstrip() + b">"
                self._splices.append((start, inside, opened + content + f"</{self._prefix}{name}>".encode()))
            return
        if changes:
            self._tag(start, inside, **changes)
        if content:
            self._splices.append((outside, outside, content))


def _width(width: int) -> dict[str, str]:
    return {"width": str(width), "customWidth": "1"}


def _spans(spans: str, columns: list[int]) -> dict[str, str]:
    """A row may say from where to where its cells go; a reader may believe it."""
    first, _, last = spans.partition(":")
    if not (first.isdigit() and last.isdigit()):
        return {}
    wider = f"{min(int(first), *columns)}:{max(int(last), *columns)}"
    return {"spans": wider} if wider != spans else {}
